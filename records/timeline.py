"""The one timeline of an incident: what happened, when, and who did it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from records.base import Record


class EventType(StrEnum):
    """Types of timeline event. The first eight are AWS's, byte for byte; ours follow their style."""

    CUSTOM = "Custom Event"
    NOTE = "Note"
    TRIGGER = "SSM Incident Trigger"
    START = "SSM Incident Start"
    UPDATE = "SSM Incident Record Update"
    PAGE = "SSM Contacts Page for Incident"
    ACKNOWLEDGEMENT = "SSM Contacts Page Acknowledgement for Incident"
    AUTOMATION_START_FAILURE = "SSM Automation Execution Start Failure for Incident"
    PAGE_FAILURE = "SSM Contacts Page Failure for Incident"
    PAGE_STOP = "SSM Contacts Page Stop for Incident"
    PAGE_DELIVERY = "SSM Contacts Page Delivery for Incident"
    PAGE_HELD = "SSM Contacts Page Held Back for Incident"
    PAGE_DECLINE = "SSM Contacts Page Decline for Incident"
    PAGE_UNACKNOWLEDGEMENT = "SSM Contacts Page Unacknowledgement for Incident"
    PAGE_SNOOZE = "SSM Contacts Page Snooze for Incident"
    PAGE_HAND_OVER = "SSM Contacts Page Hand Over for Incident"
    CHANNEL_DEACTIVATION = "SSM Contacts Channel Deactivation for Incident"
    REFUSED_ANSWER = "SSM Contacts Page Answer Refusal for Incident"
    ENGAGEMENT_START = "SSM Contacts Engagement Start for Incident"
    ENGAGEMENT_STAGE = "SSM Contacts Engagement Stage for Incident"
    ENGAGEMENT_STOP = "SSM Contacts Engagement Stop for Incident"
    ENGAGEMENT_END = "SSM Contacts Engagement End for Incident"
    AUTOMATION_START = "SSM Automation Execution Start for Incident"
    AUTOMATION_STEP = "SSM Automation Step Update for Incident"
    AUTOMATION_DECISION = "SSM Automation Signal for Incident"
    AUTOMATION_END = "SSM Automation Execution End for Incident"
    EVENT_EDIT = "SSM Incident Timeline Event Edit"
    EVENT_DELETION = "SSM Incident Timeline Event Deletion"
    ANALYSIS_REMINDER = "SSM Incident Analysis Reminder"
    ANALYSIS_END = "SSM Incident Analysis End"
    REFUSED_SIGNAL = "SSM Incident Signal Refusal"


WRITTEN_BY_PEOPLE = frozenset({EventType.CUSTOM, EventType.NOTE})
"""Only these may be created, edited and deleted by people (AWS: system events are read-only)."""

MAX_EVENT_DATA = 12_000
"""Characters of an event's data (AWS: eventData)."""

SYSTEM = "tocsin"
"""Author of what nobody did by hand."""


class TimelineEvent(Record):
    """One event. `position` is the order of writing; an edit writes the same `event_id` again, later."""

    event_id: str
    event_type: EventType
    event_time: datetime
    updated_time: datetime
    author: str = SYSTEM
    data: dict[str, Any] = {}
    references: list[str] = []
    position: int
    deleted: bool = False


def fold(writings: Iterable[TimelineEvent]) -> list[TimelineEvent]:
    """The timeline that a series of writings amounts to: last writing of each event, deleted ones gone, by time."""
    latest: dict[str, TimelineEvent] = {}
    for event in writings:
        known = latest.get(event.event_id)
        if known is None or event.position >= known.position:
            latest[event.event_id] = event
    kept = [event for event in latest.values() if not event.deleted]
    return sorted(kept, key=lambda event: (event.event_time, event.position))
