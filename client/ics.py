"""Shifts as a calendar file (RFC 5545): one event a shift, as it is with overrides, in UTC."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from definitions.contacts import Contact
from definitions.rotations import Rotation
from definitions.shifts import Shift, ShiftType, shifts
from records.revisions import Revision

EVENTS = uuid.UUID("8f7d5b0e-2c0f-5f0b-9a53-6a3a4e2d8a11")
"""The namespace of event ids: the same shift has the same id for ever, or calendars would keep both."""

REFRESH = timedelta(hours=1)


def render(
    *,
    title: str,
    rotations: Sequence[Rotation],
    revisions: Mapping[str, Revision],
    contacts: Mapping[str, Contact],
    only: str | None,
    start: datetime,
    end: datetime,
) -> bytes:
    """A calendar with every shift that has a part in [start, end); `only` leaves those of one contact."""
    calendar = Calendar()
    calendar.add("prodid", "-//Tocsin//On-call calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for rotation in rotations:
        for shift in shifts(rotation, start, end):
            if only is None or only in shift.contacts:
                event = _event(shift, rotation, revisions[rotation.name], contacts)
                calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(shift: Shift, rotation: Rotation, revision: Revision, contacts: Mapping[str, Contact]) -> Event:
    event = Event()
    event.add("uid", f"{uuid.uuid5(EVENTS, f'{rotation.name} {shift.start.isoformat()}')}@tocsin")
    event.add("dtstamp", revision.made_at.replace(microsecond=0))
    event.add("last-modified", revision.made_at.replace(microsecond=0))
    event.add("sequence", revision.number)
    event.add("dtstart", shift.start)
    event.add("dtend", shift.end)
    event.add("summary", f"{_names(shift.contacts, contacts)} on call: {rotation.name}")
    if shift.type is ShiftType.OVERRIDDEN:
        event.add("description", f"Override, in place of {_names(shift.overridden, contacts)}.")
    event.add("categories", ["on call"])
    event.add("transp", "TRANSPARENT")
    event.add("x-tocsin-contacts", " ".join(shift.contacts))
    event.add("x-tocsin-overridden", " ".join(shift.overridden))
    event.add("x-tocsin-type", shift.type.value)
    return event


def _names(aliases: Sequence[str], contacts: Mapping[str, Contact]) -> str:
    known = [contacts[alias].display_name or alias for alias in aliases if alias in contacts]
    return ", ".join(known) or "Nobody"
