"""Who runs the steps: Tocsin through its front door, and a bare workflow. Each run is started by one call."""

import asyncio
import contextlib
import uuid
from collections.abc import Sequence
from typing import Protocol

from temporalio.client import Client

from benchmarks.runbook_documents import MIX_NAME, Kind, equal_steps, equal_steps_name
from benchmarks.runbook_floor import TASK_QUEUE, BareWorkflow
from client import Tocsin


class Runner(Protocol):
    """Something that runs steps."""

    name: str
    pid: int

    async def run_equal(self, kind: Kind, steps: int) -> str:
        """Run so many steps of a kind to their end; the workflow's id."""
        ...

    async def run_mix(self, free: asyncio.Semaphore | None = None) -> str:
        """Run the mixture to its end; the workflow's id. `free` limits the calls that start it."""
        ...


class TocsinRunner:
    """Executions of runbooks."""

    name = "Tocsin"

    def __init__(self, tocsin: Tocsin, pid: int) -> None:
        self._tocsin = tocsin
        self.pid = pid

    async def run_equal(self, kind: Kind, steps: int) -> str:
        """Run the kind's document; RuntimeError if it does not succeed."""
        return await self._run(equal_steps_name(kind, steps))

    async def run_mix(self, free: asyncio.Semaphore | None = None) -> str:
        """Run the mixture's document; RuntimeError if it does not succeed."""
        return await self._run(MIX_NAME, free)

    async def _run(self, name: str, free: asyncio.Semaphore | None = None) -> str:
        async with free or contextlib.nullcontext():
            execution_id = await self._tocsin.run_runbook(name)
        result = await self._tocsin.temporal.get_workflow_handle(execution_id).result()
        if result["status"] != "Success":
            raise RuntimeError(f"{name} ended {result['status']}: {result['failure_message']}")
        return execution_id


class BareRunner:
    """Bare workflows; `mix` is what the mixture comes to for them."""

    def __init__(self, name: str, temporal: Client, pid: int, mix: Sequence[Kind]) -> None:
        self.name = name
        self.pid = pid
        self._temporal = temporal
        self._mix = mix

    async def run_equal(self, kind: Kind, steps: int) -> str:
        """Run a workflow of so many of the kind."""
        return await self._run(equal_steps(kind, steps))

    async def run_mix(self, free: asyncio.Semaphore | None = None) -> str:
        """Run a workflow of the mixture."""
        return await self._run(self._mix, free)

    async def _run(self, kinds: Sequence[Kind], free: asyncio.Semaphore | None = None) -> str:
        id_ = str(uuid.uuid4())
        given = [kind.value for kind in kinds]
        async with free or contextlib.nullcontext():
            handle = await self._temporal.start_workflow(
                BareWorkflow.run, given, id=id_, task_queue=TASK_QUEUE
            )
        await handle.result()
        return id_
