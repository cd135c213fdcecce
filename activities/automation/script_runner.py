"""Runs one script in this process: reads the request from standard input, writes the result to a file.

Started with the number of the process that wants the result and the file to write. Knows nothing of Tocsin.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import traceback
from types import ModuleType
from typing import Any

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    """Leave no script behind when the worker is killed (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def _outcome(request: dict[str, Any]) -> dict[str, Any]:
    module = ModuleType("script")
    try:
        exec(compile(request["script"], "<script>", "exec"), module.__dict__)  # noqa: S102 - running it is the task
        handler = getattr(module, request["handler"], None)
        if not callable(handler):
            return {"error": f"the script defines no function {request['handler']!r}"}
        value = handler(request["events"], request["context"])
        json.dumps(value)
    except SystemExit as error:
        return {"error": f"SystemExit - {error.code}"}
    except BaseException as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__} - {error}"}
    return {"value": value}


def main() -> None:
    """Read, run, write."""
    _die_with(int(sys.argv[1]))
    outcome = _outcome(json.load(sys.stdin))
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(outcome, file)


if __name__ == "__main__":
    main()
