"""Commands for timelines: timeline, note, event edit, event delete."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from rich.text import Text

from client.cli.arguments import IncidentId, Time
from client.cli.session import Asked
from client.cli.story import Story
from client.cli.times import read_time
from client.errors import InvalidInputError, NotFoundError
from client.tocsin import Tocsin
from definitions.automation.state import ExecutionStatus
from records.engagements import EngagementStatus
from records.timeline import WRITTEN_BY_PEOPLE, TimelineEvent

INTERVAL = 1.0
"""Seconds between two looks at a timeline that is followed."""


async def timeline(
    subject: str,
    /,
    *,
    from_history: bool = False,
    follow: bool = False,
    session: Asked,
) -> None:
    """Print what happened, oldest first.

    Parameters
    ----------
    subject
        The id of an incident, runbook execution or page; its first four characters are enough.
    from_history
        Take it from the workflow's history in Temporal alone; where the two differ, this one is right.
    follow
        Go on printing what happens until it ends; with -o json, an event a line.
    """
    async with session.connect() as tocsin:
        full = await tocsin.full_id(subject)
        if follow:
            await print_as_it_happens(session, tocsin, full, from_history=from_history)
            return
        events = await _read(tocsin, full, from_history=from_history)
        if not events:
            await has_ended(tocsin, full)
    session.answer(events, Story(events, datetime.now(UTC)))


async def note(
    incident: IncidentId,
    text: str,
    /,
    *,
    event: bool = False,
    at: Time = None,
    session: Asked,
) -> None:
    """Write a note on an incident's timeline.

    Parameters
    ----------
    text
        What to write, in up to 12000 characters.
    event
        Write it as a custom event: something that happened, and not a remark.
    """
    event_time = read_time(at)
    async with session.connect() as tocsin:
        event_id = await tocsin.add_event(incident, text, note=not event, event_time=event_time)
    session.answer({"event_id": event_id}, Text(f"{event_id}  written"))


async def edit_event(
    incident: IncidentId, event: str, text: str, /, *, at: Time = None, session: Asked
) -> None:
    """Replace the text of a note or custom event.

    Parameters
    ----------
    event
        The event's id, as `tocsin timeline` prints it in brackets.
    text
        What it shall say, in up to 12000 characters.
    """
    event_time = read_time(at)
    async with session.connect() as tocsin:
        event_id = await tocsin.edit_event(
            incident, await _event_id(tocsin, incident, event), text, event_time=event_time
        )
    session.answer({"event_id": event_id}, Text(f"{event_id}  changed"))


async def delete_event(incident: IncidentId, event: str, /, *, session: Asked) -> None:
    """Take a note or custom event off the timeline; that there was one stays on it.

    Parameters
    ----------
    event
        The event's id, as `tocsin timeline` prints it in brackets.
    """
    async with session.connect() as tocsin:
        event_id = await tocsin.delete_event(incident, await _event_id(tocsin, incident, event))
    session.answer({"event_id": event_id}, Text(f"{event_id}  deleted"))


async def print_as_it_happens(
    session: Asked, tocsin: Tocsin, subject_id: str, *, from_history: bool = False
) -> None:
    """Print each event, and again when it changes, until the subject ends or Ctrl-C."""
    try:
        async for event in _happening(tocsin, subject_id, from_history=from_history):
            session.answer_line(event, Story([event], datetime.now(UTC)))
    except asyncio.CancelledError:
        return  # Ctrl-C is how this ends


async def has_ended(tocsin: Tocsin, subject_id: str) -> bool:
    """Whether nothing more will happen to an incident, execution or page; raises NotFoundError."""
    try:
        return (await tocsin.get_incident(subject_id)).incident.closed_at is not None
    except NotFoundError:
        pass
    try:
        return ExecutionStatus((await tocsin.get_automation(subject_id)).automation.status).final
    except NotFoundError:
        pass
    try:
        return (await tocsin.get_engagement(subject_id)).status is not EngagementStatus.ENGAGED
    except NotFoundError:
        raise NotFoundError(f"no incident, runbook execution or page {subject_id}") from None


async def _happening(tocsin: Tocsin, subject_id: str, *, from_history: bool) -> AsyncIterator[TimelineEvent]:
    told: dict[str, int] = {}
    while True:
        ended = await has_ended(tocsin, subject_id)
        for event in await _read(tocsin, subject_id, from_history=from_history):
            if told.get(event.event_id, -1) < event.position:
                told[event.event_id] = event.position
                yield event
        if ended:
            return
        await asyncio.sleep(INTERVAL)


async def _read(tocsin: Tocsin, subject_id: str, *, from_history: bool) -> Sequence[TimelineEvent]:
    return await (tocsin.timeline_from_history if from_history else tocsin.timeline)(subject_id)


async def _event_id(tocsin: Tocsin, incident: str, given: str) -> str:
    """The id of the one note or custom event of the incident that begins so."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        pass
    events = [event for event in await tocsin.timeline(incident) if event.event_type in WRITTEN_BY_PEOPLE]
    found = [event.event_id for event in events if event.event_id.startswith(given.lower())]
    if not found:
        raise NotFoundError(f"no note or custom event of this incident has an id that begins with {given!r}")
    if len(found) > 1:
        raise InvalidInputError(f"more than one event's id begins with {given!r}; give more of it")
    return found[0]
