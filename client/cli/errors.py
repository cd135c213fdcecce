"""How a command ends when it cannot do what it was told."""

import sys
from enum import IntEnum

from cyclopts import CycloptsError

from client.cli.plain import plain
from client.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    QuotaExceededError,
    TocsinError,
    UnavailableError,
)


class ExitCode(IntEnum):
    """What a script can tell from a command's end."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130


_CODES: dict[type[Exception], ExitCode] = {
    CycloptsError: ExitCode.BAD_INPUT,
    InvalidInputError: ExitCode.BAD_INPUT,
    NotFoundError: ExitCode.NOT_FOUND,
    ConflictError: ExitCode.CONFLICT,
    QuotaExceededError: ExitCode.CONFLICT,
    UnavailableError: ExitCode.UNAVAILABLE,
    TocsinError: ExitCode.FAILED,
}


def exit_code(error: Exception) -> ExitCode | None:
    """The exit code an error stands for; None if it is a bug and deserves its traceback."""
    # Loaded here because whoever raised one of these has loaded them already.
    from settings import SettingsError

    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return code
    return ExitCode.UNAVAILABLE if isinstance(error, SettingsError) else None


def complain(message: str) -> None:
    """Tell on stderr what was wrong."""
    print(f"tocsin: {plain(message)}", file=sys.stderr)
