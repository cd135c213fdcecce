"""Hosting: the worker process, and the embedded stack that runs everything in one command."""
