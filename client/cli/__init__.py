"""The `tocsin` command: `client.Tocsin` for people, one file per noun."""

from client.cli.app import main, run_command

__all__ = ["main", "run_command"]
