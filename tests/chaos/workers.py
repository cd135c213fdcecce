"""Worker processes that die as machines do: at once and without a word."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from settings import Settings
from worker.stack.processes import ChildProcess

ROOT = Path(__file__).resolve().parents[2]


class WorkerProcess:
    """`python -m worker` on the settings' task queue, ended with this process at the latest."""

    def __init__(self, settings: Settings, *, log: Path) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "TOCSIN_DATA": str(settings.data),
            "DATABASE_URL": settings.require_database_url(),
            "TOCSIN_TEMPORAL_ADDRESS": settings.temporal_address or "",
            "TOCSIN_TASK_QUEUE": settings.task_queue,
            "TOCSIN_SMTP_URL": settings.smtp_url or "",
            "TOCSIN_MAIL_FROM": settings.mail_from,
            "AWS_EC2_METADATA_DISABLED": "true",  # nobody is asked where AWS calls would go
        }
        self.process = ChildProcess(
            "worker", [sys.executable, "-P", "-m", "worker"], log=log, environment=environment
        )

    def start(self) -> None:
        """Starts it, or another one in its place."""
        self.process.start()

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.process.pid is not None
        assert self.process.running, f"the worker {self.process.ending}:{self.process.log_tail()}"
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.stop()

    def stop(self) -> None:
        """Ends it at once, if it runs: its drain is not what is tested here."""
        if self.process.running:
            self.kill()


RunWorker = Callable[[Settings], WorkerProcess]
"""Starts a worker process that ends with the test."""
