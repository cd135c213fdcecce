"""Whole stacks, run as a user runs them, and the processes they leave."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from settings import StackFile

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import sys
from pathlib import Path
from worker.stack.command import up
sys.exit(up(data=Path(sys.argv[1]), port=int(sys.argv[2])))
"""
READY_SECONDS = 40.0


@dataclass(frozen=True)
class Seen:
    """A process that cannot be mistaken for a later one of the same id."""

    pid: int
    born: str
    command: str

    @property
    def alive(self) -> bool:
        stat = process_stat(self.pid)
        return stat is not None and stat[0] != "Z" and stat[19] == self.born


def process_stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on, None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def descendants(pid: int) -> list[Seen]:
    """Every process below `pid`."""
    parents: dict[int, list[Seen]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        stat = process_stat(int(entry.name))
        if stat is None:
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(int(stat[1]), []).append(Seen(int(entry.name), stat[19], command))
    found: list[Seen] = []
    waiting = [pid]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += [process.pid for process in below]
    return found


def eventually(fact: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether `fact` becomes true in time."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class RunningStack:
    """`tocsin up` in a process of its own."""

    def __init__(self, data: Path, *, port: int = 0, environment: dict[str, str] | None = None) -> None:
        self.data = data
        self._output = data.with_name(f"{data.name}-{time.monotonic_ns()}.out")
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, str(data), str(port)],
                env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
                cwd=data.parent,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self._output.read_text()

    def wait_until_up(self) -> StackFile:
        """The stack file, which is there before the stack says that it is up."""
        eventually(lambda: "Tocsin is up." in self.output or self.process.poll() is not None, READY_SECONDS)
        file = StackFile.read(self.data)
        assert "Tocsin is up." in self.output, self.output
        assert file is not None
        return file

    def child(self, text: str) -> Seen:
        """The stack's own child whose command line has `text` in it."""
        children = [seen for seen in descendants(self.process.pid) if self._is_direct(seen)]
        return next(seen for seen in children if text in seen.command)

    def has_child(self, text: str) -> bool:
        return any(text in seen.command for seen in descendants(self.process.pid) if self._is_direct(seen))

    def replaced(self, victim: Seen, text: str) -> bool:
        """Whether `victim` is gone and another child runs its command."""
        return not victim.alive and self.has_child(text)

    def interrupt(self) -> int:
        """Ctrl-C: the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        """Ends it if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def _is_direct(self, seen: Seen) -> bool:
        stat = process_stat(seen.pid)
        return stat is not None and int(stat[1]) == self.process.pid
