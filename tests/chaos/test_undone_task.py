"""A worker that dies after saving its facts but before its workflow task is done: the task is done anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from client import Tocsin
from records.timeline import EventType
from settings import Settings
from tests.chaos.story import LOOK, Story
from tests.chaos.workers import RunWorker
from tests.mailbox import Mailbox

pytestmark = pytest.mark.timeout(90)

# The commit of an update of the record takes its time: enough to be noticed, within the worker's patience.
SLOW_UPDATES = f"""
create function take_time() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
create constraint trigger slow_updates after insert on timeline_events deferrable initially deferred
   for each row when (new.event_type = '{EventType.UPDATE}') execute function take_time()
"""


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(settings.require_database_url())
    yield connection
    await connection.close()


async def test_what_a_lost_worker_saved_gives_way_to_what_then_happened(
    tocsin: Tocsin,
    mailbox: Mailbox,
    settings: Settings,
    run_worker: RunWorker,
    database: asyncpg.Connection[asyncpg.Record],
    tmp_path: Path,
) -> None:
    worker = run_worker(settings)
    story = Story(tocsin, mailbox, traces=tmp_path / "traces")
    await story.begin("shop-slow")
    async with asyncio.timeout(60):
        await story.approve()
        await database.execute(SLOW_UPDATES)
        lowered = asyncio.create_task(tocsin.update_incident(story.incident_id, impact=3))
        await _somebody_sleeps(database)
        worker.kill()
        await database.execute("drop trigger slow_updates on timeline_events")  # waits for the commit
        [saved] = [e for e in await tocsin.timeline(story.incident_id) if e.event_type is EventType.UPDATE]
        assert saved not in await tocsin.timeline_from_history(story.incident_id)

        incident = tocsin.temporal.get_workflow_handle(story.incident_id)
        await incident.signal("acknowledge", "ana")
        await incident.signal("acknowledge", "nobody-at-all")
        worker.start()
        assert (await lowered).impact == 3
    timeline = await tocsin.timeline(story.incident_id)
    assert timeline == await tocsin.timeline_from_history(story.incident_id)
    types = [event.event_type for event in timeline]
    assert types.count(EventType.ACKNOWLEDGEMENT) == types.count(EventType.REFUSED_SIGNAL) == 1
    assert types.count(EventType.UPDATE) == 1
    assert saved not in timeline


async def _somebody_sleeps(database: asyncpg.Connection[asyncpg.Record]) -> None:
    asked = "select 1 from pg_stat_activity where wait_event = 'PgSleep'"
    while not await database.fetchval(asked):  # noqa: ASYNC110 - it happens in another process
        await asyncio.sleep(LOOK / 10)
