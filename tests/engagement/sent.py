"""The pages and notices that a history tells of."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.history.v1 import HistoryEvent as Event
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.paging.messages import Delivery, Notice, Outcome, PageMessage
from definitions.durations import format_duration, parse_duration

T = TypeVar("T")

LATENESS = timedelta(seconds=10)
"""How late a page may leave on a busy machine. None may leave early."""

MESSAGES: dict[str, type[PageMessage] | type[Notice]] = {"send_page": PageMessage, "send_notice": Notice}
"""What the activities that hand over are given."""


@dataclass(frozen=True)
class Sent:
    """One attempt to hand a page over."""

    at: timedelta
    message: PageMessage | Notice
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


def sent_in(history: WorkflowHistory, began: datetime) -> list[Sent]:
    """Every attempt of one run, in the order in which the workflow decided on them."""
    found: list[Sent] = []
    places: dict[int, int] = {}
    for event in history.events:
        scheduled = event.activity_task_scheduled_event_attributes
        if model := MESSAGES.get(scheduled.activity_type.name):
            message = decoded(scheduled.input, model)
            places[event.event_id] = len(found)
            found.append(Sent(event.event_time.ToDatetime(tzinfo=UTC) - began, message, "UNDER WAY"))
        elif (ended := _ended(event)) and ended[0] in places:
            place = places[ended[0]]
            outcome = decoded(ended[1], Delivery).outcome if isinstance(ended[1], Payloads) else ended[1]
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


def decoded(payloads: Payloads, model: type[T]) -> T:
    """A payload as the model that was sent."""
    value: T = pydantic_data_converter.payload_converter.from_payload(payloads.payloads[0], model)
    return value
