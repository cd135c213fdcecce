"""Hours and days of runbooks, on a server whose clocks can be moved."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client import Tocsin
from records.database import Pool
from settings import Settings
from tests.engagement.conftest import env as env
from tests.runbooks.conftest import Runbooks
from worker.host import make_worker, sandbox
from worker.rehearsal.clock import Clock


@pytest_asyncio.fixture
async def timed(
    env: WorkflowEnvironment, settings: Settings, pool: Pool, tmp_path: Path
) -> AsyncIterator[Runbooks]:
    tocsin = Tocsin(pool=pool, temporal=env.client, author="chi", task_queue=settings.task_queue)
    async with (
        httpx2.AsyncClient() as http,
        make_worker(env.client, pool, settings, http, workflow_runner=sandbox()),
    ):
        yield Runbooks(tocsin, tmp_path, settings.task_queue)


async def test_the_steps_after_on_cancel_have_two_minutes_together(
    timed: Runbooks, env: WorkflowEnvironment
) -> None:
    await timed.apply(
        slow="""
        mainSteps:
          - {name: work, action: 'aws:sleep', onCancel: 'step:first', inputs: {Duration: PT1H}, isEnd: true}
          - {name: first, action: 'tocsin:runShell', inputs: {Commands: ['true']}}
          - {name: rest, action: 'aws:sleep', inputs: {Duration: PT100S}}
          - {name: second, action: 'aws:sleep', inputs: {Duration: PT100S}}
        """
    )
    id_ = await timed.tocsin.run_runbook("slow")
    await timed.runs(id_, "work")
    await timed.tocsin.stop_runbook(id_)
    clock = Clock(env, id_)
    stopped_at = await clock.now()
    await clock.move_to(stopped_at + timedelta(seconds=112))
    await timed.runs(id_, "second")
    await clock.move_to(stopped_at + timedelta(seconds=121))
    assert (await timed.ended(id_)).status == "Cancelled"
    assert await timed.trace(id_) == [
        ("work", "Cancelled"),
        ("first", "Success"),
        ("rest", "Success"),
        ("second", "Cancelled"),
    ]


async def test_nobody_approves_for_a_week_and_the_execution_times_out(
    timed: Runbooks, env: WorkflowEnvironment
) -> None:
    await timed.apply(asks="mainSteps: [{name: ask, action: 'aws:approve', inputs: {Approvers: [dora]}}]")
    id_ = await timed.tocsin.run_runbook("asks")
    await timed.waits(id_, "ask")
    clock = Clock(env, id_)
    await clock.move_to(timedelta(days=6, hours=23))
    await timed.waits(id_, "ask")
    await clock.move_to(timedelta(days=7, minutes=1))
    result = await timed.ended(id_)
    assert result.status == "TimedOut"
    assert "nobody answered" in str(result.failure_message)
