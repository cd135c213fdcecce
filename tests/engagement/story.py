"""A page story: definitions, something that starts paging, time that passes, and exactly the pages one expects.

Each workflow has a clock of its own that tests move on; between moves it runs as the real one does. A page's time is
when the workflow handed it over, since the start of the story.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import TypeVar

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent as Event
from temporalio.client import WorkflowHandle, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from activities.paging.messages import Delivery, Outcome, PageMessage
from client import Tocsin
from client.history import history_runs
from client.incidents import on_shift
from definitions.catalog import Catalog
from definitions.durations import format_duration, parse_duration
from records.engagements import EngagementRecord, Page, Receipt
from records.incidents import IncidentRecord
from tests.mailbox import Mailbox
from workflows.inputs import EngagementInput
from workflows.messages import (
    Acknowledge,
    DeactivateChannel,
    Decline,
    DeliveryReport,
    HandOver,
    Message,
    Snooze,
    Unacknowledge,
)
from workflows.stand_alone import EngagementWorkflow

T = TypeVar("T")

LATENESS = timedelta(seconds=10)
"""How late a page may leave on a busy machine. None may leave early."""

MARGIN = timedelta(seconds=3)
"""Clocks are moved this far beyond what is due, so that it is done, in real time, before the clock stands: the server
would jump on to the next timer otherwise."""

PATIENCE = 15.0
"""Real seconds to wait for what is due."""

FAULTS = {
    HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
}


class RefusedError(Exception):
    """The workflow refused what it was told."""


@dataclass(frozen=True)
class Sent:
    """One attempt to hand a page over."""

    at: timedelta
    message: PageMessage
    outcome: str
    """An Outcome; UNDER WAY, STOPPED before it was handed over, or FAILED (a bug, or workers that died)."""

    def __str__(self) -> str:
        words = [format_duration(self.at), self.message.contact, self.message.channel.name]
        if self.outcome != Outcome.SENT:
            words.append(self.outcome)
        return " ".join(words)

    def is_what_was_expected(self, line: str) -> bool:
        """Whether this is `TIME CONTACT CHANNEL [OUTCOME]`, at most a little late."""
        when, *words = line.split()
        late = self.at - parse_duration(when)
        return timedelta(0) <= late < LATENESS and str(self).split()[1:] == words


class Story:
    """One incident or stand-alone engagement, and the pages it sends."""

    def __init__(self, env: WorkflowEnvironment, tocsin: Tocsin, id_: str) -> None:
        self.id = id_
        self._env = env
        self._tocsin = tocsin
        self._began: datetime | None = None
        self._expected: list[str] | None = None

    @property
    def handle(self) -> WorkflowHandle[object, object]:
        """The workflow, whichever run it is in."""
        return self._tocsin.temporal.get_workflow_handle(self.id)

    async def at(self, when: str) -> None:
        """Let time pass until `when` after the start (or the end), and everything that is due by then happen.

        The clock is moved from timer to timer: a timer that comes due while another one's work is going on would be
        jumped over by a longer move, and fire with the next.
        """
        target = await self.began() + parse_duration(when) + MARGIN
        async with asyncio.timeout(PATIENCE * 2):
            await self.settled()
            while not await self.over() and (now := await self._env.get_current_time(self.handle)) < target:
                stop = min([target, *(due + MARGIN for due in await self._timers() if due > now)])
                with suppress_end():
                    await self._env.fast_forward(self.handle, stop - now)
                await self.settled()

    async def began(self) -> datetime:
        """When the workflow's first run started."""
        if self._began is None:
            self._began = _time((await self.runs())[0].events[0])
        return self._began

    async def now(self) -> timedelta:
        """How long the story has lasted."""
        return await self._env.get_current_time(self.handle) - await self.began()

    async def settled(self) -> None:
        """Wait until the workflow waits for nothing but time and people."""
        deadline = time.monotonic() + PATIENCE
        while busy := await self._busy():
            assert time.monotonic() < deadline, f"still busy: {busy}"
            await asyncio.sleep(0.01)

    async def _busy(self) -> set[str]:
        about = (await self.handle.describe()).raw_description
        # Catching up with PostgreSQL holds nothing up, and goes on for as long as PostgreSQL is away.
        busy = {activity.activity_type.name for activity in about.pending_activities}
        busy -= {"save_records", "archive_history"}
        if about.HasField("pending_workflow_task"):
            busy.add("a workflow task")
        if not busy and not about.workflow_execution_info.HasField("close_time"):
            now = await self._env.get_current_time(self.handle)
            busy |= {f"the timer of {due}" for due in await self._timers() if due <= now}
        return busy

    async def _timers(self) -> list[datetime]:
        """When the timers that run now will fire."""
        due: dict[str, datetime] = {}
        for event in (await self.handle.fetch_history()).events:
            if event.event_type == HistoryEvent.EVENT_TYPE_TIMER_STARTED:
                timer = event.timer_started_event_attributes
                due[timer.timer_id] = _time(event) + timer.start_to_fire_timeout.ToTimedelta()
            elif event.event_type == HistoryEvent.EVENT_TYPE_TIMER_FIRED:
                del due[event.timer_fired_event_attributes.timer_id]
            elif event.event_type == HistoryEvent.EVENT_TYPE_TIMER_CANCELED:
                del due[event.timer_canceled_event_attributes.timer_id]
        return list(due.values())

    async def runs(self) -> list[WorkflowHistory]:
        """The histories of all runs, first one first."""
        return [history for _, history in await history_runs(self._tocsin.temporal, self.id)]

    async def sent(self) -> list[Sent]:
        """Every attempt so far, in the order in which the workflow decided on them."""
        began = await self.began()
        return [sent for history in await self.runs() for sent in _sent(history, began)]

    async def answers_and_pages(self) -> list[tuple[str, str]]:
        """`answer` or `page` and whose, in the order in which the workflow took answers and decided on pages."""
        found: list[tuple[str, str]] = []
        for history in await self.runs():
            for event in history.events:
                scheduled = event.activity_task_scheduled_event_attributes
                if event.event_type == HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                    accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
                    found.append(("answer", _decoded(accepted.input.args, Acknowledge).contact))
                elif scheduled.activity_type.name == "send_page":
                    found.append(("page", _decoded(scheduled.input, PageMessage).contact))
        return found

    async def expect(self, *lines: str) -> None:
        """Exactly these pages have been sent since the start: `TIME CONTACT CHANNEL [OUTCOME]`, SENT unless said."""
        await self.settled()
        self._expected = [" ".join(line.split()) for line in lines]
        await self._pages_are_as_expected()

    async def expect_in_time(self, *lines: str) -> None:
        """The same, once real time has brought so many pages: clocks do not move on while PostgreSQL is away."""
        deadline = time.monotonic() + PATIENCE
        while len(await self.sent()) < len(lines):
            assert time.monotonic() < deadline, (
                f"expected {lines}, sent {[str(page) for page in await self.sent()]}"
            )
            await asyncio.sleep(0.05)
        await self.expect(*lines)

    async def _pages_are_as_expected(self) -> None:
        expected = self._expected
        assert expected is not None, "a story says which pages it expects"
        sent = await self.sent()
        missing, unexpected = [], list(sent)
        for line in sorted(expected, key=lambda line: parse_duration(line.split()[0])):
            page = next((page for page in unexpected if page.is_what_was_expected(line)), None)
            if page is None:
                missing.append(line)
            else:
                unexpected.remove(page)
        sent_at_all = [str(page) for page in sent]
        assert not missing, f"missing {missing} among {sent_at_all}"
        assert not unexpected, f"expected {expected}, sent {sent_at_all}"

    async def record(self, contact: str | None = None) -> EngagementRecord:
        """The only engagement, or the only one of `contact`, as its workflow sees it."""
        state = await self.handle.query("state")
        assert isinstance(state, dict)
        found = [
            record
            for record in map(EngagementRecord.model_validate, state.get("engagements", [state]))
            if contact in (None, record.contact)
        ]
        assert len(found) == 1, f"{len(found)} engagements of {contact or 'anybody'}"
        return found[0]

    async def acknowledge(self, contact: str, *, note: str = "") -> None:
        """The contact says they have it, in a stand-alone engagement."""
        await self._tocsin.acknowledge_page(self.id, contact, note=note)

    async def acknowledge_by_link(self, contact: str, link: str | None) -> None:
        """The contact says they have it by the link in a message; `link` is its key."""
        await self._tell("acknowledge", Acknowledge(contact=contact, link=link))

    async def decline(self, contact: str, *, link: str | None = None) -> None:
        """The contact says they cannot."""
        await self._tell("decline", Decline(contact=contact, link=link))

    async def unacknowledge(self, contact: str) -> None:
        """The contact takes back what they said."""
        await self._tell("unacknowledge", Unacknowledge(contact=contact))

    async def unacknowledge_once_possible(self, contact: str) -> None:
        """The same, in the moment in which there is something to take back."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(RefusedError):
                    return await self.unacknowledge(contact)

    async def snooze(self, contact: str, duration: str) -> None:
        """The contact says they have it for so long."""
        await self._tell("snooze", Snooze(contact=contact, duration=parse_duration(duration)))

    async def hand_over(self, contact: str, to: str) -> None:
        """The contact gives it to another."""
        catalog = (await self._tocsin.catalog()).part_for_engagement(to)
        await self._tell("hand_over", HandOver(contact=contact, to=to, catalog=catalog))

    async def _tell(self, update: str, message: Message) -> None:
        """Say something to the workflow; raises RefusedError."""
        try:
            await self.handle.execute_update(update, message)
        except WorkflowUpdateFailedError as error:
            if not isinstance(error.cause, ApplicationError):
                raise
            raise RefusedError(error.cause.message) from error

    async def report_delivery(self, page: Page, *, delivered: bool, detail: str = "") -> None:
        """The provider tells what became of a page, once everything else is done."""
        report = DeliveryReport(page_id=page.page_id, delivered=delivered, detail=detail)
        await self.handle.signal("report_delivery", report)
        await self.settled()

    async def deactivate_channel(self, contact: str, channel: str, *, reason: str = "opted out") -> None:
        """A channel is not to be paged any more."""
        message = DeactivateChannel(contact=contact, channel=channel, reason=reason)
        await self.handle.signal("deactivate_channel", message)
        await self.settled()

    async def page_of(self, contact: str, channel: str = "mail") -> Page:
        """The page of somebody on a channel, in the only engagement."""
        [page] = [page for page in (await self.record()).people[contact].pages if page.channel == channel]
        return page

    async def receipts(self, contact: str, channel: str = "mail") -> list[Receipt]:
        """What became of that page."""
        return (await self.page_of(contact, channel)).receipts

    async def keys(self, contact: str, channel: str = "mail") -> list[str]:
        """The keys of the messages to somebody on a channel, in their order; each attempt counts."""
        return [
            sent.message.key
            for sent in await self.sent()
            if (sent.message.contact, sent.message.channel.name) == (contact, channel)
        ]

    async def stop(self, reason: str = "") -> None:
        """Somebody stops a stand-alone engagement."""
        await self._tocsin.stop_page(self.id, reason=reason)

    async def told(self) -> list[str]:
        """The types of the timeline's events, in the order in which they were written."""
        events = await self._tocsin.timeline_from_history(self.id)
        return [event.event_type for event in sorted(events, key=lambda event: event.position)]

    async def end(self, replayer: Replayer) -> None:
        """Whatever happened: no page nobody expected, no failed task, one timeline, a history that replays."""
        await self.settled()
        await self._pages_are_as_expected()
        runs = await self.runs()
        for history in runs:
            failures = [event for event in history.events if _is_fault(event)]
            assert not failures, failures
        assert await self._tocsin.timeline(self.id) == await self._tocsin.timeline_from_history(self.id)
        for history in runs:
            await replayer.replay_workflow(history)

    async def over(self) -> bool:
        """Whether the workflow has ended."""
        return (await self.handle.describe()).close_time is not None


class IncidentStory(Story):
    """An incident: its engagements are acknowledged and stopped through it."""

    incident: IncidentRecord

    async def acknowledge(self, contact: str, *, note: str = "", engagement_id: str | None = None) -> None:
        """The contact says they have it, in all engagements or in one."""
        await self._tocsin.acknowledge(self.id, contact, note=note, engagement_id=engagement_id)

    async def stop(self, reason: str = "") -> None:
        """Somebody stops the only engagement."""
        engagement = await self.record()
        await self._tocsin.disengage(self.id, engagement.engagement_id, reason=reason)


@dataclass
class Stories:
    """Starts stories on one Tocsin, and checks at the end that each went as it said."""

    env: WorkflowEnvironment
    tocsin: Tocsin
    mailbox: Mailbox
    folder: Path
    replayer: Replayer
    task_queue: str
    started: list[Story] = field(default_factory=list)

    async def given(self, *definitions: str) -> None:
        """Put definitions in force."""
        path = self.folder / "definitions.yaml"
        path.write_text("\n---\n".join(dedent(text) for text in definitions))
        await self.tocsin.apply([path])

    async def page(self, contact: str, *, at_rest: bool = True) -> Story:
        """Page somebody without an incident; `at_rest`: return when what is due at once has been done."""
        record = await self.tocsin.page(contact, subject="The shop is down")
        story = Story(self.env, self.tocsin, record.engagement_id)
        await self._begin(story, at_rest=at_rest)
        return story

    async def page_with_silent_channels(self, contact: str, silent: dict[str, dict[str, str]]) -> Story:
        """Page somebody, when channels must not be paged: the reasons, by contact and channel."""
        catalog = (await self.tocsin.catalog()).part_for_engagement(contact)
        given = self._input(contact, catalog.model_copy(update={"silent_channels": silent}))
        await self.tocsin.temporal.start_workflow(
            EngagementWorkflow.run,
            given,
            id=given.engagement.engagement_id,
            task_queue=self.task_queue,
        )
        story = Story(self.env, self.tocsin, given.engagement.engagement_id)
        await self._begin(story, at_rest=True)
        return story

    def _input(self, contact: str, catalog: Catalog) -> EngagementInput:
        now = datetime.now(UTC)
        record = EngagementRecord(
            engagement_id=str(uuid.uuid4()),
            contact=contact,
            sender="chi",
            subject="The shop is down",
            started_at=now,
        )
        return EngagementInput(engagement=record, catalog=catalog, on_call=on_shift(catalog, now))

    async def incident(self, plan: str, *, history_limit: int | None = None) -> IncidentStory:
        """Open an incident."""
        opened = await self.tocsin.start_incident(plan, history_limit=history_limit)
        assert opened.running
        story = IncidentStory(self.env, self.tocsin, opened.incident.incident_id)
        story.incident = opened.incident
        await self._begin(story, at_rest=True)
        return story

    async def _begin(self, story: Story, *, at_rest: bool) -> None:
        self.started.append(story)
        if at_rest:
            await story.settled()

    async def caught_up(self, story: Story) -> None:
        """Wait until the records tell what the history does, after PostgreSQL was away."""
        deadline = time.monotonic() + PATIENCE
        while await self.tocsin.timeline(story.id) != await self.tocsin.timeline_from_history(story.id):
            assert time.monotonic() < deadline, "the records did not catch up"
            await asyncio.sleep(0.05)

    async def end(self) -> None:
        """Every story went as it said, and nobody got a mail that no page explains."""
        explained = set()
        for story in self.started:
            await story.end(self.replayer)
            explained |= {sent.message.key for sent in await story.sent()}
        unexplained = [
            letter.to
            for letter in self.mailbox.letters
            if letter.message_id.strip("<>").split("@")[0] not in explained
        ]
        assert not unexplained

    async def stop(self) -> None:
        """Nothing keeps running."""
        for story in self.started:
            if not await story.over():
                await story.handle.terminate("the story is told")


@contextmanager
def suppress_end() -> Iterator[None]:
    """The workflow may end while its clock is about to be moved."""
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def until(ready: Callable[[], bool]) -> None:
    """Wait for something that happens elsewhere; fails when it does not happen in time."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


def _is_fault(event: Event) -> bool:
    # A task that ends a run while a message arrives is refused by the server and done anew: that is no fault.
    cause = event.workflow_task_failed_event_attributes.cause
    unhandled = cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    return event.event_type in FAULTS and not unhandled


def _time(event: Event) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)


def _sent(history: WorkflowHistory, began: datetime) -> list[Sent]:
    found: list[Sent] = []
    places: dict[int, int] = {}
    for event in history.events:
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == "send_page":
            message = _decoded(scheduled.input, PageMessage)
            places[event.event_id] = len(found)
            found.append(Sent(_time(event) - began, message, "UNDER WAY"))
        elif (ended := _ended(event)) and ended[0] in places:
            place = places[ended[0]]
            outcome = _decoded(ended[1], Delivery).outcome if isinstance(ended[1], Payloads) else ended[1]
            found[place] = replace(found[place], outcome=outcome)
    return found


def _ended(event: Event) -> tuple[int, Payloads | str] | None:
    """The activity that ended with this event, by its scheduling event, and its result or how else it ended."""
    match event.event_type:
        case HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            completed = event.activity_task_completed_event_attributes
            return completed.scheduled_event_id, completed.result
        case HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
            return event.activity_task_canceled_event_attributes.scheduled_event_id, "STOPPED"
        case HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_FAILED:
            return event.activity_task_failed_event_attributes.scheduled_event_id, "FAILED"
        case HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
            return event.activity_task_timed_out_event_attributes.scheduled_event_id, "FAILED"
    return None


def _decoded(payloads: Payloads, model: type[T]) -> T:
    decoded: T = pydantic_data_converter.payload_converter.from_payload(payloads.payloads[0], model)
    return decoded
