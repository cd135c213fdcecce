"""Runbooks on a whole Tocsin in one process: real PostgreSQL, real Temporal, real scripts."""

from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest_asyncio
from temporalio.client import Client

from client import Tocsin
from client.automations import AutomationDetails
from settings import Settings
from tests.incidents.conftest import until
from workflows.automation import AutomationWorkflow
from workflows.inputs import AutomationInput, AutomationResult


class Runbooks:
    """Applies documents, and looks at their executions."""

    def __init__(self, tocsin: Tocsin, folder: Path, task_queue: str) -> None:
        self.tocsin = tocsin
        self.task_queue = task_queue
        self._folder = folder

    async def apply(self, **documents: str) -> None:
        """Put runbooks in force, each from the YAML of its document's parts but for schemaVersion."""
        for name, text in documents.items():
            written = "".join(f"  {line}\n" for line in dedent(text).strip().splitlines())
            path = self._folder / f"{name}.yaml"
            head = f"kind: Runbook\nname: {name.replace('_', '-')}\ndocument:\n  schemaVersion: '0.3'\n"
            path.write_text(head + written)
            await self.tocsin.apply([path])

    async def start(self, given: AutomationInput) -> None:
        """Start an execution as no client does."""
        await self.tocsin.temporal.start_workflow(
            AutomationWorkflow.run, given, id=given.execution_id, task_queue=self.task_queue
        )

    async def state(self, id_: str) -> dict[str, Any]:
        """The interpreter's state, as the workflow has it."""
        state: dict[str, Any] = await self.tocsin.temporal.get_workflow_handle(id_).query("state")
        return state

    async def waits(self, id_: str, step: str) -> None:
        """Wait until the execution waits for a person at that step."""

        async def waiting() -> bool:
            state = await self.state(id_)
            return state.get("status") == "Waiting" and state["current_step"] == step

        await until(waiting)

    async def runs(self, id_: str, step: str) -> None:
        """Wait until that step runs."""

        async def running() -> bool:
            state = await self.state(id_)
            statuses = {one["name"]: one["status"] for one in state.get("steps", [])}
            return statuses.get(step) == "InProgress"

        await until(running)

    async def ended(self, id_: str) -> AutomationResult:
        """The execution's result, once it has ended; its timeline in the records is that of its history."""
        handle = self.tocsin.temporal.get_workflow_handle(id_, result_type=AutomationResult)
        result: AutomationResult = await until(lambda: handle.result(), seconds=60)
        assert await self.tocsin.timeline(id_) == await self.tocsin.timeline_from_history(id_)
        return result

    async def details(self, id_: str) -> AutomationDetails:
        """The execution as its records show it."""
        return await self.tocsin.get_automation(id_)

    async def trace(self, id_: str) -> list[tuple[str, str]]:
        """Every time a step ran, and how it ended, in the order they began."""
        runs = (await self.details(id_)).runs
        return [(run.state["name"], run.status) for run in runs]


@pytest_asyncio.fixture
async def runbooks(
    settings: Settings, temporal: Client, worker: None, tmp_path: Path
) -> AsyncIterator[Runbooks]:
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        yield Runbooks(tocsin, tmp_path, settings.task_queue)
