"""People hear when their shift begins and when it has ended: once each, days ahead in virtual time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.hand_offs import HandOffQuestion, look
from client import Tocsin
from definitions.base import Kind
from definitions.catalog import Catalog
from definitions.durations import format_duration, parse_duration
from definitions.loader import load
from records.database import Pool
from settings import Settings
from settings.temporal import connect_temporal
from tests.engagement.story import Story
from tests.mailbox import Mailbox
from worker.hand_offs import start_missing
from worker.host import WORKFLOWS, make_worker, sandbox
from workflows.hand_offs import HandOffsWorkflow, WatchHandOffs
from workflows.watching_hand_offs import workflow_id

NOW = datetime.now(UTC)
TURNS_AT = (NOW + timedelta(hours=2)).replace(second=0, microsecond=0)
"""Shifts change each day at this time: two hours from when this was read, and the clocks of these tests are moved
there, however long after that they begin."""

PEOPLE = """
kind: Contact
name: {name}
display_name: {display}
channels:
  - {{name: phone, type: VOICE, address: "+4915112345678", activation: VOUCHED}}
  - {{name: hook, type: WEBHOOK, address: "http://127.0.0.1:9/{name}"}}
  - {{name: mail, type: EMAIL, address: {name}@shop.example}}
---
"""

SCHEDULE = """
kind: Rotation
name: days
contacts: [ana, ben]
time_zone: Asia/Kathmandu
start_time: {start}
recurrence: {{daily_settings: ["{clock}"]}}
---
kind: OnCallSchedule
name: shop
display_name: The shop
rotations: [days]
notify_hand_offs: {notify}
"""


def definitions(folder: Path, *, notify: bool = True) -> Path:
    """Ana until `TURNS_AT`, then Ben, and so on each day; Carla stands by."""
    start = TURNS_AT - timedelta(days=3)
    local = TURNS_AT + timedelta(hours=5, minutes=45)
    people = [("ana", "Ana Reis"), ("ben", '""'), ("carla", "Carla")]
    text = "".join(PEOPLE.format(name=name, display=display) for name, display in people)
    text += SCHEDULE.format(start=start.isoformat(), clock=f"{local:%H:%M}", notify=str(notify).lower())
    path = folder / "shop.yaml"
    path.write_text(text)
    return path


class Watched:
    """The watch over the shop's schedule, whose clock these tests move on, and the mail it sends."""

    def __init__(
        self,
        env: WorkflowEnvironment,
        tocsin: Tocsin,
        mailbox: Mailbox,
        folder: Path,
        worker: Callable[[], AbstractAsyncContextManager[Worker]],
    ) -> None:
        self.tocsin = tocsin
        self._worker = worker
        self._running = AsyncExitStack()
        self.folder = folder
        self.mailbox = mailbox
        self._story = Story(env, tocsin, workflow_id("shop"))

    async def start_worker(self) -> None:
        """A worker of its own, that knows nothing of what another has done."""
        await self._running.enter_async_context(self._worker())

    async def stop_worker(self) -> None:
        """No worker."""
        await self._running.aclose()

    async def apply(self, *, notify: bool = True) -> None:
        """Put the shop's definitions in force."""
        await self.tocsin.apply([definitions(self.folder, notify=notify)])

    async def at(self, when: str) -> None:
        """Let time pass until so long after `NOW`."""
        begun = await self._story.began() - NOW
        await self._story.at(format_duration(max(parse_duration(when) - begun, timedelta(0))))
        await self._story.settled()

    @property
    def handle(self) -> WorkflowHandle[object, object]:
        """The workflow, whichever run it is in."""
        return self.tocsin.temporal.get_workflow_handle(workflow_id("shop"))

    async def runs(self) -> int:
        """How many runs it has had."""
        return len(await self._story.runs())

    def told(self) -> list[str]:
        """Who was mailed what, in order of the recipients of each moment."""
        subjects = [" ".join(str(one.message["Subject"]).split()) for one in self.mailbox.letters]
        return [
            f"{one.to.split('@')[0]}: {subject}"
            for one, subject in zip(self.mailbox.letters, subjects, strict=True)
        ]

    async def until_told(self, count: int) -> list[str]:
        """What was mailed, once it is so much."""
        deadline = time.monotonic() + 15
        while len(self.mailbox.letters) < count:
            assert time.monotonic() < deadline, self.told()
            await asyncio.sleep(0.02)
        return self.told()

    async def looked(self) -> None:
        """Wait until it has nothing to do but wait."""
        await self._story.settled()

    async def ended(self) -> None:
        """Wait until the watch is over."""
        async with asyncio.timeout(15):
            await self.handle.result()

    async def check_replay(self) -> None:
        """Every run replays."""
        replayer = Replayer(
            workflows=WORKFLOWS, workflow_runner=sandbox(), data_converter=pydantic_data_converter
        )
        for history in await self._story.runs():
            await replayer.replay_workflow(history)


@pytest_asyncio.fixture
async def watched(
    env: WorkflowEnvironment, settings: Settings, pool: Pool, mailbox: Mailbox, tmp_path: Path
) -> AsyncIterator[Watched]:
    """Definitions in force, a worker running; whatever is watched is given up at the end."""
    tocsin = Tocsin(pool=pool, temporal=env.client, author="chi", task_queue=settings.task_queue)
    async with httpx2.AsyncClient() as http:

        def worker() -> Worker:
            return make_worker(env.client, pool, settings, http, workflow_runner=sandbox())

        watched = Watched(env, tocsin, mailbox, tmp_path, worker)
        await watched.start_worker()
        await watched.apply()
        await watched.looked()
        try:
            yield watched
        finally:
            if (await watched.handle.describe()).status is WorkflowExecutionStatus.RUNNING:
                await watched.handle.terminate("the test is over")
            await watched.stop_worker()


def ended(who: str) -> str:
    return f"{who}: Your shift for The shop has ended"


def begins(who: str, until: datetime) -> str:
    local = until + timedelta(hours=5, minutes=45)
    return f"{who}: Your shift for The shop begins, until {local:%a %d %b %Y %H:%M} (Asia/Kathmandu)"


async def test_each_hand_off_is_told_once_to_who_comes_and_to_who_goes(watched: Watched) -> None:
    await watched.at("1h")
    assert watched.told() == []
    await watched.at("2h30m")
    assert sorted(watched.told()) == [ended("ana"), begins("ben", TURNS_AT + timedelta(days=1))]
    await watched.at("10h")
    assert len(watched.told()) == 2
    await watched.at("26h30m")
    assert sorted(watched.told()[2:]) == [begins("ana", TURNS_AT + timedelta(days=2)), ended("ben")]
    await watched.check_replay()


async def test_an_override_that_begins_now_is_told_at_once(watched: Watched) -> None:
    end = TURNS_AT - timedelta(minutes=30)
    await watched.tocsin.add_override("days", end=end, contacts=["carla"])
    told = await watched.until_told(2)
    assert sorted(told) == [ended("ana"), begins("carla", end)]


async def test_a_worker_that_is_restarted_tells_nobody_twice(watched: Watched) -> None:
    await watched.at("1h")
    await watched.stop_worker()
    await watched.start_worker()
    await watched.at("2h30m")
    await watched.stop_worker()
    await watched.start_worker()
    await watched.at("4h")
    assert sorted(watched.told()) == [ended("ana"), begins("ben", TURNS_AT + timedelta(days=1))]
    ids = [letter.message_id for letter in watched.mailbox.letters]
    assert len(set(ids)) == 2


async def test_a_notice_that_is_not_taken_is_handed_over_again(watched: Watched) -> None:
    watched.mailbox.answer = "451 later"
    await watched.at("2h2m")
    assert watched.told() == []
    watched.mailbox.answer = None
    await watched.at("2h30m")
    assert len(watched.told()) == 2


async def test_people_who_cannot_be_told_do_not_hold_up_the_next_shift(watched: Watched) -> None:
    start, end = TURNS_AT + timedelta(minutes=10), TURNS_AT + timedelta(hours=2)
    await watched.tocsin.add_override("days", start=start, end=end, contacts=["carla"])
    watched.mailbox.answer = "550 unknown"
    await watched.at("2h5m")
    watched.mailbox.answer = None
    await watched.at("2h30m")
    assert sorted(watched.told()) == [ended("ben"), begins("carla", end)]


async def test_a_long_watch_goes_on_in_a_new_run_and_forgets_nobody(
    watched: Watched, task_queue: str
) -> None:
    await watched.handle.terminate("a shorter one takes its place")
    await watched.tocsin.temporal.start_workflow(
        HandOffsWorkflow.run,
        WatchHandOffs(schedule="shop", rounds=3),
        id=workflow_id("shop"),
        task_queue=task_queue,
    )
    await watched.looked()
    for hours in range(1, 6):
        await watched.at(f"{hours}h")
    assert sorted(watched.told()) == [ended("ana"), begins("ben", TURNS_AT + timedelta(days=1))]
    assert await watched.runs() > 1
    await watched.check_replay()


async def test_the_watch_ends_with_the_flag_and_begins_with_it_again(watched: Watched) -> None:
    await watched.apply(notify=False)
    await watched.ended()
    await watched.apply(notify=True)
    await watched.at("2h30m")
    assert len(watched.told()) == 2


async def test_the_watch_ends_with_the_schedule(watched: Watched) -> None:
    await watched.tocsin.delete_definition(Kind.ON_CALL_SCHEDULE, "shop")
    await watched.ended()


async def test_a_watch_that_is_missing_is_started_by_the_worker_and_only_once(
    watched: Watched, pool: Pool, settings: Settings
) -> None:
    first = (await watched.handle.describe()).run_id
    await start_missing(watched.tocsin.temporal, pool, task_queue=settings.task_queue)
    assert (await watched.handle.describe()).run_id == first
    await watched.handle.terminate("lost")
    await start_missing(watched.tocsin.temporal, pool, task_queue=settings.task_queue)
    description = await watched.handle.describe()
    assert description.run_id != first
    assert description.status is WorkflowExecutionStatus.RUNNING


async def test_definitions_are_applied_while_temporal_is_away_and_the_worker_starts_the_watch_later(
    env: WorkflowEnvironment, settings: Settings, pool: Pool, tmp_path: Path
) -> None:
    nowhere = settings.model_copy(update={"temporal_address": "127.0.0.1:9"})
    temporal = await connect_temporal(nowhere, lazy=True)
    tocsin = Tocsin(pool=pool, temporal=temporal, author="chi", task_queue=settings.task_queue)
    await tocsin.apply([definitions(tmp_path)])
    handle = env.client.get_workflow_handle(workflow_id("shop"))
    await start_missing(env.client, pool, task_queue=settings.task_queue)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.terminate("the test is over")


def catalog(folder: Path) -> Catalog:
    return Catalog.of(load([definitions(folder)]).definitions)


def test_a_shift_is_told_by_mail_first_and_never_by_a_call(tmp_path: Path) -> None:
    question = HandOffQuestion(schedule="shop", at=TURNS_AT, on_call=["ana"])
    answer = look(question, catalog(tmp_path))
    assert answer.on_call == ["ben"]
    assert [
        (telling.contact, [one.channel.name for one in telling.notices]) for telling in answer.tellings
    ] == [
        ("ben", ["mail", "hook"]),
        ("ana", ["mail", "hook"]),
    ]
    assert "ben has it now" in answer.tellings[1].notices[0].body
    assert look(question, catalog(tmp_path)) == answer


def test_a_channel_that_must_not_be_paged_is_left_out(tmp_path: Path) -> None:
    silent = catalog(tmp_path).model_copy(update={"silent_channels": {"ben": {"mail": "opted out"}}})
    answer = look(HandOffQuestion(schedule="shop", at=TURNS_AT, on_call=["ana"]), silent)
    assert [notice.channel.name for notice in answer.tellings[0].notices] == ["hook"]


def test_the_calendar_is_looked_at_again_when_somebody_comes_or_goes_or_in_an_hour(tmp_path: Path) -> None:
    shop = catalog(tmp_path)
    soon = TURNS_AT - timedelta(minutes=20)
    assert look(HandOffQuestion(schedule="shop", at=soon), shop).look_again_at == TURNS_AT
    early = TURNS_AT - timedelta(hours=5)
    assert look(HandOffQuestion(schedule="shop", at=early), shop).look_again_at == early + timedelta(hours=1)
    assert look(HandOffQuestion(schedule="gone", at=early), shop).watched is False
