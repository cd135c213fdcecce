"""Runs one script in this process: the request comes on standard input, the outcome goes to a pipe.

Started as text on the command line of an interpreter without site-packages; knows nothing of Tocsin. The variable
TOCSIN_ANSWER names the file descriptor of the pipe.
"""

import contextlib
import json
import os
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_SCRIPT = "<script>"


class _Context(dict[str, str]):
    """A map (AWS: `context` is one); a few scripts take it for a Lambda function's context."""

    @property
    def invoked_function_arn(self) -> str:
        return (
            f"arn:{self['global:AWS_PARTITION']}:ssm:{self['global:REGION']}:{self['global:ACCOUNT_ID']}"
            f":automation-execution/{self['automation:EXECUTION_ID']}"
        )


def _handler(request: dict[str, Any]) -> Any:
    """The function to call: of the attached file that `file.function` names if there is one, else of the script.

    Some published documents have both, their script being a placeholder.
    """
    file, _, name = request["handler"].rpartition(".")
    inline = request["script"] is not None and not _is_attached(file, request["attached"])
    if not inline:
        module = __import__(file, fromlist=[name]) if file else None
    else:
        # Registered, because dataclasses and pickle look modules up by name.
        module = sys.modules["runbook_script"] = ModuleType("runbook_script")
        # Some scripts look for attached files beside themselves.
        module.__file__ = os.path.join(os.getcwd(), "runbook_script.py")
        exec(compile(request["script"], _SCRIPT, "exec"), module.__dict__)  # noqa: S102 - running it is the task
    found = getattr(module, name, None)
    if not callable(found):
        where = "the script" if inline else f"the attached file {file!r}"
        raise LookupError(f"{where} defines no function {name!r}")
    return found


def _is_attached(module: str, attached: list[str]) -> bool:
    """Whether an attached file, or a folder of them, is the module or the package it is in."""
    first = module.partition(".")[0]
    return bool(first) and PathFinder.find_spec(first, attached) is not None


def _place(attached: list[str]) -> None:
    """Attached files into the working folder too, where some scripts look for them; what is there already stays."""
    for folder in attached:
        for name in os.listdir(folder):
            with contextlib.suppress(FileExistsError):
                os.symlink(os.path.join(folder, name), name)


def _outcome(request: dict[str, Any]) -> dict[str, Any]:
    try:
        value = _handler(request)(request["events"], _Context(request["context"]))
    except SystemExit as error:
        return {"error": f"SystemExit - {error.code}"}
    except BaseException as error:
        _print_traceback(request["script"])
        return {"error": f"{type(error).__name__} - {error}"}
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return {"error": f"the result is not JSON: {error}"}
    if len(text) > request["largest"]:
        return {
            "error": f"the result is {len(text)} bytes as JSON; at most {request['largest']} may be returned"
        }
    if isinstance(value, list | tuple) and len(value) > request["longest"]:
        return {
            "error": f"the result is a list of {len(value)} items; at most {request['longest']} may be returned"
        }
    return {"value": value}


def _print_traceback(script: str | None) -> None:
    """To the log, from where the script begins, with the script's lines."""
    import linecache
    import traceback

    if script is not None:
        linecache.cache[_SCRIPT] = (len(script), None, script.splitlines(keepends=True), _SCRIPT)
    kind, error, frames = sys.exc_info()
    while frames is not None and frames.tb_frame.f_globals is globals():
        frames = frames.tb_next
    traceback.print_exception(kind, error, frames)


def main() -> None:
    """Read, run, write."""
    answer, process = int(os.environ.pop("TOCSIN_ANSWER")), os.getpid()
    os.set_inheritable(answer, False)
    request = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a file, in the process that we start
    sys.path[:0] = request["attached"]
    _place(request["attached"])
    sys.path += request["libraries"]
    outcome = _outcome(request)
    sys.stdout.flush()
    if os.getpid() != process:
        os._exit(0)  # a fork that came all the way back; the result is its parent's
    with open(answer, "w", encoding="utf-8") as pipe:
        json.dump(outcome, pipe)
    # Threads that the script left behind are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
