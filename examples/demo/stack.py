"""A stack of the demo's own: `tocsin up` on a temporary folder, and the process id of its worker."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from examples.demo.waiting import DemoFailed, until
from settings import Settings, StackFile
from worker.stack.processes import ChildProcess

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("TOCSIN_", "TEMPORAL_", "AWS_", "DATABASE_URL")
UP_SECONDS = 60.0
STOP_SECONDS = 30.0


def forget_other_systems() -> None:
    """Whatever Tocsin, Temporal, database or AWS the shell points at: the demo is not about them."""
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


class DemoStack:
    """`tocsin up` as a child process; it ends with the demo, however the demo ends."""

    def __init__(self, data: Path, environment: Mapping[str, str]) -> None:
        self._data = data
        self._process = ChildProcess(
            "tocsin up",
            [sys.executable, "-P", "-m", "client.cli", "up", "--port", "0"],
            log=data / "logs" / "up.log",
            environment={**os.environ, "PYTHONPATH": str(ROOT), "TOCSIN_DATA": str(data), **environment},
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGTERM,
            stop_seconds=STOP_SECONDS,
        )

    def start(self) -> None:
        """Starts it; call from the main thread."""
        self._process.start()

    async def ready(self) -> tuple[Settings, StackFile]:
        """Waits until it serves; how to reach it. Raises DemoFailed with what it said last."""

        async def looked() -> StackFile | None:
            if not self._process.running:
                raise DemoFailed(f"`tocsin up` {self._process.ending}:{self._process.log_tail()}")
            return StackFile.read(self._data)

        file = await until("the stack is up", looked, seconds=UP_SECONDS)
        return Settings.load(self._data), file

    def stop(self) -> None:
        """Stops it as Ctrl-C does, and waits."""
        self._process.stop()

    def last_words(self) -> str:
        """The ends of all logs, for when something went wrong."""
        logs = sorted((self._data / "logs").glob("*.log"))
        return "\n".join(f"{log.name}:{_tail(log)}" for log in logs)


async def worker_pids(temporal: Client, task_queue: str) -> set[int]:
    """The workers that Temporal has heard of in the last minutes; an identity is PID@HOST."""
    answer = await temporal.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=temporal.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    return {int(poller.identity.partition("@")[0]) for poller in answer.pollers}


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
    return "".join(f"\n    {line}" for line in lines) or " (empty)"
