"""Handing pages over to the outside: one file per channel type."""
