"""PostgreSQL away in the middle of an incident: people are paged and heard all the same, and the records catch up."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from client import Tocsin, UnavailableError
from records.migrations import migrate
from records.timeline import EventType, TimelineEvent
from settings import Settings
from tests.chaos.conftest import DEFINITIONS
from tests.chaos.story import LOOK, STEPS, Story, failed_tasks, second_stage_due
from tests.chaos.workers import RunWorker
from tests.mailbox import Mailbox
from tests.stack.running import descendants
from worker.stack.postgres import EmbeddedPostgres

STAGE_SECONDS = 6
ON_TIME = 3.0
"""Seconds after its due time in which the second stage must be paged, on a machine that is busy with other tests."""

ANSWERED = 6.0
"""Seconds in which an update is answered, though its facts cannot be saved."""

HEARD = 10.0
CAUGHT_UP = 30.0


class Outages:
    """Takes an own PostgreSQL away and gives it back."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self.postgres = postgres
        self._held: list[int] = []

    def begin(self, kind: str) -> None:
        """`refuses`: it crashes, and nothing listens. `hangs`: it takes connections and says nothing."""
        pid = self.postgres.process.pid
        assert pid is not None
        if kind == "refuses":
            os.kill(pid, signal.SIGQUIT)  # "immediate": no goodbye, and recovery at the next start
            self.postgres.process.stop()
            return
        self._held = [pid, *[seen.pid for seen in descendants(pid)]]
        for held in self._held:
            os.kill(held, signal.SIGSTOP)

    def end(self) -> None:
        """It answers again."""
        for held in self._held:
            os.kill(held, signal.SIGCONT)
        self._held = []
        if not self.postgres.process.running:
            self.postgres.start()
        self.postgres.wait_until_ready()


@pytest.fixture
def outages(tmp_path: Path) -> Iterator[Outages]:
    """A PostgreSQL server of this test's own."""
    outages = Outages(EmbeddedPostgres(tmp_path / "postgres"))
    outages.end()
    yield outages
    outages.end()
    outages.postgres.stop()


@pytest_asyncio.fixture
async def own_settings(settings: Settings, outages: Outages) -> Settings:
    url = outages.postgres.database_url
    await migrate(url)
    return settings.model_copy(update={"database_url": url})


@pytest_asyncio.fixture
async def story(
    own_settings: Settings, temporal: object, mailbox: Mailbox, tmp_path: Path
) -> AsyncIterator[Story]:
    async with await Tocsin.connect(own_settings, author="chi") as tocsin:
        await tocsin.apply([DEFINITIONS])
        yield Story(tocsin, mailbox, traces=tmp_path / "traces")


@pytest.mark.timeout(150)
@pytest.mark.parametrize(
    ("kind", "seconds"), [("refuses", 10), ("hangs", 10), ("refuses", 60)], ids=lambda value: str(value)
)
async def test_people_are_paged_and_heard_while_postgresql_is_away_and_the_records_catch_up(
    kind: str,
    seconds: int,
    story: Story,
    outages: Outages,
    own_settings: Settings,
    run_worker: RunWorker,
    capsys: pytest.CaptureFixture[str],
) -> None:
    worker = run_worker(own_settings)
    await story.begin("shop-slow")
    incident = story.tocsin.temporal.get_workflow_handle(story.incident_id)
    async with asyncio.timeout(20):
        await story.paged("ana")
        execution = (await asked_for_approval(story)).data["executionId"]

    outages.begin(kind)
    ends_at = time.monotonic() + seconds
    async with asyncio.timeout(ANSWERED):
        assert await story.tocsin.approve(execution, comment="go") == "Approved"
    async with asyncio.timeout(STAGE_SECONDS + ON_TIME):
        letter = await story.paged("ben")
    async with asyncio.timeout(HEARD):
        await incident.signal("acknowledge", "ben")
        acknowledged = await in_the_history(story, EventType.ACKNOWLEDGEMENT)
        await in_the_history(story, EventType.AUTOMATION_END)
    assert acknowledged.data["contact"] == "ben"
    assert set(story.traced()) == set(STEPS)
    with pytest.raises(OSError):  # noqa: PT011 - refused or timed out, by the kind of outage
        await asyncpg.connect(own_settings.require_database_url(), timeout=0.5)
    await asyncio.sleep(max(0.0, ends_at - time.monotonic()))
    known = await story.tocsin.timeline_from_history(story.incident_id)
    lateness = letter.at - second_stage_due(known, stage=timedelta(seconds=STAGE_SECONDS))

    outages.end()
    back = time.monotonic()
    async with asyncio.timeout(CAUGHT_UP):
        await caught_up(story)
    with capsys.disabled():
        print(f"\n{kind} for {seconds} s: second stage {lateness:.2f} s late; ", end="")
        print(f"records caught up {time.monotonic() - back:.1f} s after")
    assert lateness < ON_TIME
    async with asyncio.timeout(30):
        await story.finish()
    timeline = await story.tocsin.timeline(story.incident_id)
    assert timeline == await story.tocsin.timeline_from_history(story.incident_id)
    assert timeline[: len(known)] == known
    assert [len(story.letters(contact)) for contact in ("ana", "ben")] == [1, 1]
    assert failed_tasks(await story.history(story.incident_id)) == []
    assert worker.process.running


async def asked_for_approval(story: Story) -> TimelineEvent:
    """The event of the step that waits for approval."""
    while True:
        for event in await story.tocsin.timeline(story.incident_id):
            if event.data.get("stepStatus") == "Waiting":
                return event
        await asyncio.sleep(LOOK)


async def in_the_history(story: Story, event_type: EventType) -> TimelineEvent:
    """The first event of a type, once the history has it."""
    while True:
        for event in await story.tocsin.timeline_from_history(story.incident_id):
            if event.event_type is event_type:
                return event
        await asyncio.sleep(LOOK)


async def caught_up(story: Story) -> None:
    """Wait until the records of the incident and its runbook say what the histories say."""
    while not await _agree(story):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(LOOK)


async def _agree(story: Story) -> bool:
    try:
        for id_ in (story.incident_id, await story.execution()):
            if await story.tocsin.timeline(id_) != await story.tocsin.timeline_from_history(id_):
                return False
    except UnavailableError:
        return False
    return True
