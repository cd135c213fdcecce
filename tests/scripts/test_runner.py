"""A runner as people start it: a process of its own that has Temporal, and nothing else of ours."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.automation.steps import StepAttempt, runner_queue
from tests.scripts.steps import SYSTEM, alive
from tests.scripts.test_sandbox import until
from worker.stack.processes import ChildProcess

ROOT = Path(__file__).resolve().parents[2]


@workflow.defn
class OneStep:
    """Has one step done by a runner."""

    @workflow.run
    async def run(self, queue: str, activity: str, inputs: dict[str, Any]) -> dict[str, Any]:
        attempt = StepAttempt(key="e:s", step="s", inputs=inputs, timeout_seconds=20, system=SYSTEM)
        response: dict[str, Any] = await workflow.execute_activity(
            activity,
            attempt,
            task_queue=queue,
            result_type=dict,
            start_to_close_timeout=timedelta(seconds=20),
            heartbeat_timeout=timedelta(seconds=4),
        )
        return response


class Runner:
    """`python -m worker --runner edge` without a database."""

    def __init__(self, temporal_address: str, task_queue: str, folder: Path) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "TOCSIN_DATA": str(folder),
            "TOCSIN_TEMPORAL_ADDRESS": temporal_address,
            "TOCSIN_TASK_QUEUE": task_queue,
            "TOCSIN_SECRET_API": "geheimnis",
        }
        command = [sys.executable, "-P", "-m", "worker", "--runner", "edge"]
        self.process = ChildProcess("runner", command, log=folder / "runner.log", environment=environment)

    async def started(self) -> str:
        """What it said when it was ready."""
        self.process.start()
        async with asyncio.timeout(30):
            while "runner edge:" not in (said := self.process.log.read_text()):
                assert self.process.running, said
                await asyncio.sleep(0.05)
        return said


@pytest.fixture
def runner(temporal_address: str, task_queue: str, tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(temporal_address, task_queue, tmp_path)
    yield runner
    runner.process.stop()


@pytest_asyncio.fixture
async def workflows(temporal: Client, task_queue: str) -> AsyncIterator[None]:
    async with Worker(
        temporal, task_queue=task_queue, workflows=[OneStep], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        yield


async def test_a_runner_does_steps_of_its_name_and_finishes_them_when_asked_to_stop(
    runner: Runner, temporal: Client, task_queue: str, workflows: None, tmp_path: Path
) -> None:
    said = await runner.started()
    assert f"task queue {task_queue}-runner-edge; scripts run with bubblewrap; no DATABASE_URL" in said

    async def do(activity: str, **inputs: Any) -> dict[str, Any]:
        response: dict[str, Any] = await temporal.execute_workflow(
            OneStep.run,
            args=[runner_queue(task_queue, "edge"), activity, inputs],
            id=f"{task_queue}-{activity}",
            task_queue=task_queue,
        )
        return response

    script = await do("execute_script", Runtime="bash", Script="echo 7 > $OUTPUT_PAYLOAD")
    assert script["Payload"] == 7
    begun = tmp_path / "begun"
    slow = asyncio.ensure_future(
        do("tocsin_run_shell", Commands=[f"touch {begun}", "sleep 1.5", "echo done"])
    )
    while not begun.exists():  # noqa: ASYNC110 - it is another process that makes it
        await asyncio.sleep(0.05)
    await asyncio.to_thread(runner.process.stop)
    assert (await slow)["Output"] == "done"
    assert runner.process.ending == "ended with exit code 0"


async def test_scripts_die_with_their_runner(
    runner: Runner, temporal: Client, task_queue: str, workflows: None
) -> None:
    await runner.started()
    seconds = f"300.{uuid4().int % 10**9}"
    inputs = {"Runtime": "bash", "Script": f"setsid -f sleep {seconds}; sleep {seconds}"}
    step = await temporal.start_workflow(
        OneStep.run,
        args=[runner_queue(task_queue, "edge"), "execute_script", inputs],
        id=f"{task_queue}-lost",
        task_queue=task_queue,
    )
    await until(lambda: len(alive(f"sleep\0{seconds}")) == 2, 15)
    assert runner.process.pid is not None
    os.kill(runner.process.pid, signal.SIGKILL)
    await until(lambda: not alive(seconds), 2)
    await step.terminate()


async def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "worker", "--runner", "no spaces"),
        env=os.environ | {"PYTHONPATH": str(ROOT), "TOCSIN_DATA": str(tmp_path)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    assert process.returncode == 1
    assert complaint.decode().startswith(
        "tocsin worker: 'no spaces' cannot name a runner; use letters, digits"
    )
