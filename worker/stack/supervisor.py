"""Keeps the stack's children running: starts them, restarts the ones that die, stops them in order."""

import contextlib
import subprocess
import sys
import time
from dataclasses import dataclass

from worker.stack.processes import ChildProcess

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0
"""A child that ran this long is trusted again: its next restart comes at once."""


@dataclass
class Watch:
    """What the supervisor remembers of one child."""

    child: ChildProcess
    started_at: float
    pause: float = FIRST_PAUSE
    restart_at: float | None = None
    failures: int = 0
    """How often it ended without having run steadily."""


class Supervisor:
    """Runs children; `stop` ends them last started first."""

    def __init__(self) -> None:
        self._watches: list[Watch] = []

    def adopt(self, child: ChildProcess, *, first: bool = False) -> None:
        """Watches over a child that was started already; as the `first` it will be stopped last."""
        watch = Watch(child, started_at=time.monotonic())
        self._watches.insert(0 if first else len(self._watches), watch)

    def start(self, child: ChildProcess) -> None:
        """Starts a child and watches over it."""
        self.adopt(child)
        child.start()

    def failures(self, child: ChildProcess) -> int:
        """How often the child ended without having run steadily."""
        return next(watch.failures for watch in self._watches if watch.child is child)

    def restart_ended(self) -> None:
        """One round: notices who ended, and starts again whose pause is over."""
        now = time.monotonic()
        for watch in self._watches:
            if watch.child.running:
                if now - watch.started_at > STEADY_SECONDS:
                    watch.pause, watch.failures = FIRST_PAUSE, 0
            elif watch.restart_at is None:
                self._notice(watch, now)
            elif now >= watch.restart_at:
                self._restart(watch, now)

    def _notice(self, watch: Watch, now: float) -> None:
        child = watch.child
        say(f"{child.name} {child.ending}; starting it again in {watch.pause:.1f} s, see {child.log}")
        watch.restart_at = now + watch.pause
        watch.pause = min(watch.pause * 2, LONGEST_PAUSE)
        watch.failures += 1

    def _restart(self, watch: Watch, now: float) -> None:
        watch.restart_at = None
        watch.started_at = now
        try:
            watch.child.start()
        except (OSError, subprocess.SubprocessError) as error:  # tried again after its pause
            say(f"{watch.child.name} cannot be started: {error}")

    def stop(self) -> None:
        """Stops every child, last started first, and waits for each."""
        while self._watches:
            self._watches.pop().child.stop()


def say(text: str) -> None:
    """A line for whoever watches the stack."""
    with contextlib.suppress(OSError):  # nobody listens any more: the stack runs on
        print(f"tocsin: {text}", file=sys.stderr, flush=True)
