"""Listening: everything that speaks HTTP."""
