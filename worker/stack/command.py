"""`tocsin up`: the whole system in one command."""

import os
import signal
import sys
from pathlib import Path

from settings import Settings, StackFile
from worker.migrate import SETUP_ERRORS
from worker.stack.errors import StackError
from worker.stack.folder_lock import FolderLock
from worker.stack.ports import choose_port
from worker.stack.stack import Stack

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(*, data: Path | None = None, port: int = 8130) -> int:
    """Runs PostgreSQL, Temporal, a worker and the server until Ctrl-C; returns the exit code.

    Parameters
    ----------
    data
        The data folder, else TOCSIN_DATA, else one in your data home.
    port
        The server's port; Temporal takes the next one, its Web UI the one after. 0 takes free ones.
    """
    os.umask(0o077)  # whatever the folder's own mode, its contents are their owner's
    try:
        settings = Settings.from_environment(data)
        with FolderLock(settings.data):
            return _run(Stack(settings, port=choose_port(port)), settings.data)
    except (StackError, OSError, *SETUP_ERRORS) as error:
        print(f"tocsin: {error}", file=sys.stderr)
        return 1


def _run(stack: Stack, data: Path) -> int:
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup asked for that
            signal.signal(number, signal.default_int_handler)
    try:
        print(describe(stack.bring_up(), data), flush=True)
        stack.watch()
    except KeyboardInterrupt:
        print("tocsin: stopping", file=sys.stderr)
    finally:
        for number in STOP_SIGNALS:  # a second Ctrl-C does not cut a clean stop short
            signal.signal(number, signal.SIG_IGN)
        stack.take_down()
    return 0


def describe(file: StackFile, data: Path) -> str:
    """What a person wants to know of a stack that is up."""
    return "\n".join(
        [
            "Tocsin is up.",
            f"  Server           {file.server}",
            f"  Temporal         {file.temporal}",
            f"  Temporal Web UI  {file.temporal_ui or '(external)'}",
            f"  API token        {file.api_token}",
            f"  Data             {data} (logs in logs/, addresses for scripts in stack.json)",
            "Ctrl-C stops it.",
        ]
    )
