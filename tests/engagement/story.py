"""A page story: definitions, something that starts paging, time that passes, and exactly the pages one expects.

Each workflow has a clock of its own that tests move on; between moves it runs as the real one does. A page's time is
when the workflow handed it over, since the start of the story.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import TypeVar

from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent as Event
from temporalio.client import WorkflowHandle, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from activities.paging.messages import PageMessage
from client import Tocsin
from client.history import history_runs
from client.incidents import on_shift
from definitions.catalog import Catalog
from definitions.durations import parse_duration
from records.engagements import EngagementRecord, Page, Receipt
from records.incidents import IncidentRecord
from tests.engagement.sent import Sent, decoded, sent_in
from tests.mailbox import Mailbox
from worker.rehearsal.clock import Clock
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

PATIENCE = 15.0
"""Real seconds to wait for what is due."""

FAULTS = {
    HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
}


class RefusedError(Exception):
    """The workflow refused what it was told."""


class Story:
    """One incident or stand-alone engagement, and the pages it sends."""

    def __init__(self, env: WorkflowEnvironment, tocsin: Tocsin, id_: str) -> None:
        self.id = id_
        self._tocsin = tocsin
        self._clock = Clock(env, id_)
        self._expected: list[str] | None = None

    @property
    def handle(self) -> WorkflowHandle[object, object]:
        """The workflow, whichever run it is in."""
        return self._clock.handle

    async def at(self, when: str) -> None:
        """Let time pass until `when` after the start (or the end), and everything that is due by then happen."""
        async with asyncio.timeout(PATIENCE * 2):
            await self._clock.move_to(parse_duration(when))

    async def began(self) -> datetime:
        """When the workflow's first run started."""
        return await self._clock.began()

    async def now(self) -> timedelta:
        """How long the story has lasted."""
        return await self._clock.now()

    async def settled(self) -> None:
        """Wait until the workflow waits for nothing but time and people."""
        await self._clock.settled()

    async def runs(self) -> list[WorkflowHistory]:
        """The histories of all runs, first one first."""
        return [history for _, history in await history_runs(self._tocsin.temporal, self.id)]

    async def sent(self) -> list[Sent]:
        """Every attempt so far, in the order in which the workflow decided on them."""
        began = await self.began()
        return [sent for history in await self.runs() for sent in sent_in(history, began)]

    async def answers_and_pages(self) -> list[tuple[str, str]]:
        """`answer` or `page` and whose, in the order in which the workflow took answers and decided on pages."""
        found: list[tuple[str, str]] = []
        for history in await self.runs():
            for event in history.events:
                scheduled = event.activity_task_scheduled_event_attributes
                if event.event_type == HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                    accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
                    found.append(("answer", decoded(accepted.input.args, Acknowledge).contact))
                elif scheduled.activity_type.name == "send_page":
                    found.append(("page", decoded(scheduled.input, PageMessage).contact))
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
        await self.tell("acknowledge", Acknowledge(contact=contact, link=link))

    async def decline(self, contact: str, *, link: str | None = None) -> None:
        """The contact says they cannot."""
        await self.tell("decline", Decline(contact=contact, link=link))

    async def unacknowledge(self, contact: str) -> None:
        """The contact takes back what they said."""
        await self.tell("unacknowledge", Unacknowledge(contact=contact))

    async def unacknowledge_once_possible(self, contact: str) -> None:
        """The same, in the moment in which there is something to take back."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(RefusedError):
                    return await self.unacknowledge(contact)

    async def snooze(self, contact: str, duration: str) -> None:
        """The contact says they have it for so long."""
        await self.tell("snooze", Snooze(contact=contact, duration=parse_duration(duration)))

    async def hand_over(self, contact: str, to: str) -> None:
        """The contact gives it to another."""
        catalog = (await self._tocsin.catalog()).part_for_engagement(to)
        await self.tell("hand_over", HandOver(contact=contact, to=to, catalog=catalog))

    async def tell(self, update: str, message: Message) -> None:
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
        return await self._clock.over()


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
