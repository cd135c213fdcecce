"""What people write on the timeline: adding, editing and deleting custom events and notes."""

from temporalio import workflow

from workflows.inputs import EditableEvent
from workflows.journal import Journal
from workflows.messages import AddEvent, DeleteEvent, EditEvent, Refusal, refuse

with workflow.unsafe.imports_passed_through():
    from records.timeline import WRITTEN_BY_PEOPLE, EventType, TimelineEvent

MOST_EDITABLE = 1000
"""How many of the latest custom events and notes can still be edited."""


class TimelineEdits:
    """Applies people's changes to the timeline. System events are not theirs to change (AWS: read-only)."""

    def __init__(self, journal: Journal, editable: dict[str, EditableEvent]) -> None:
        self.editable = editable
        self._journal = journal

    def check_add(self, message: AddEvent) -> None:
        """Refuse types that only the system writes."""
        if message.event_type not in WRITTEN_BY_PEOPLE:
            allowed = " or ".join(sorted(WRITTEN_BY_PEOPLE))
            raise refuse(
                Refusal.INVALID, f"{message.event_type.value!r} is written by the system; use {allowed}"
            )

    def check_known(self, message: EditEvent | DeleteEvent) -> None:
        """Refuse to change an event that people did not write."""
        if message.event_id not in self.editable:
            raise refuse(
                Refusal.NOT_FOUND,
                f"no custom event or note {message.event_id} on this incident; system events cannot be changed",
            )

    def add(self, message: AddEvent) -> TimelineEvent | None:
        """Put the event on the timeline; None if it is there already."""
        if message.event_id in self.editable:
            return None
        event = self._journal.note(
            message.event_type,
            {"text": message.text},
            author=message.author,
            at=message.event_time,
            references=message.references,
            event_id=message.event_id,
        )
        self.editable[event.event_id] = EditableEvent(
            event_type=event.event_type, event_time=event.event_time
        )
        while len(self.editable) > MOST_EDITABLE:
            self.editable.pop(next(iter(self.editable)))
        return event

    def edit(self, message: EditEvent) -> TimelineEvent:
        """Replace the event's text and references, and its time if one is given."""
        known = self.editable[message.event_id]
        known.event_time = message.event_time or known.event_time
        self._journal.note(EventType.EVENT_EDIT, {"eventId": message.event_id}, author=message.author)
        return self._journal.note(
            known.event_type,
            {"text": message.text, "edited": True},
            author=message.author,
            at=known.event_time,
            references=message.references,
            event_id=message.event_id,
        )

    def delete(self, message: DeleteEvent) -> None:
        """Take the event off the timeline; that it was there, and who removed it, stays on it."""
        known = self.editable.pop(message.event_id)
        self._journal.note(EventType.EVENT_DELETION, {"eventId": message.event_id}, author=message.author)
        self._journal.note(
            known.event_type,
            {},
            author=message.author,
            at=known.event_time,
            event_id=message.event_id,
            deleted=True,
        )
