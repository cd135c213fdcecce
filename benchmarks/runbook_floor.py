"""The floor of runbooks: the same effects as activities of a bare Temporal workflow, done the plainest way.

Its worker is a process of the same kind as Tocsin's: `python -m benchmarks.runbook_floor`.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from typing import Any

import boto3
import httpx2
from temporalio import activity, workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.runbook_documents import Kind
from settings import Settings
from settings.temporal import connect_temporal
from worker.host import STICKY

TASK_QUEUE = "floor"
ENDPOINT = "BENCH_ENDPOINT"
"""The variable that says where plain requests go."""

_ECHO = "import json, sys; print(json.dumps(json.load(sys.stdin)))"


class Bare:
    """The effects, without heartbeats, secrets, sandboxes or records."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._queues = boto3.client("sqs")

    @activity.defn
    async def nothing(self, given: dict[str, Any]) -> dict[str, Any]:
        """What a branch or a variable comes to."""
        return {}

    @activity.defn
    async def call_api(self, given: dict[str, Any]) -> dict[str, Any]:
        """The AWS API, in a thread."""
        answer = await asyncio.to_thread(self._queues.list_queues)
        return {"QueueUrls": answer.get("QueueUrls", [])}

    @activity.defn
    async def run_script(self, given: dict[str, Any]) -> dict[str, Any]:
        """Python in a process of its own, JSON in and out."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _ECHO, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await process.communicate(json.dumps(given).encode())
        answer: dict[str, Any] = json.loads(printed)
        return answer

    @activity.defn
    async def ask(self, given: dict[str, Any]) -> dict[str, Any]:
        """A plain request."""
        answer = await self._http.get(os.environ[ENDPOINT])
        return {"StatusCode": answer.status_code, "Body": answer.json()}


_ACTIVITIES: dict[str, Any] = {
    Kind.SCRIPT: Bare.run_script,
    Kind.API: Bare.call_api,
    Kind.HTTP: Bare.ask,
    Kind.BRANCH: Bare.nothing,
    Kind.VARIABLE: Bare.nothing,
}


@workflow.defn
class BareWorkflow:
    """One activity or timer after the other."""

    @workflow.run
    async def run(self, kinds: list[str]) -> None:
        """Do each of the kinds."""
        for kind in kinds:
            if kind == Kind.SLEEP:
                await workflow.sleep(0)
            else:
                await workflow.execute_activity_method(
                    _ACTIVITIES[kind], {"n": 1}, start_to_close_timeout=timedelta(seconds=60)
                )


async def host() -> None:
    """Run the worker until SIGTERM."""
    settings = Settings.load()
    told_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.set)
    client = await connect_temporal(settings, patience=60.0)
    async with httpx2.AsyncClient() as http:
        bare = Bare(http)
        async with Worker(
            client,
            task_queue=settings.task_queue,
            workflows=[BareWorkflow],
            activities=[bare.nothing, bare.call_api, bare.run_script, bare.ask],
            workflow_runner=UnsandboxedWorkflowRunner(),
            sticky_queue_schedule_to_start_timeout=STICKY,
        ):
            await told_to_stop.wait()


if __name__ == "__main__":
    asyncio.run(host())
