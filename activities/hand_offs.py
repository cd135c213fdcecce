"""Telling people that their shift begins or has ended: the calendar's side of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from temporalio import activity

from activities.paging.messages import Notice
from definitions.calendars import on_call_until, stretches
from definitions.catalog import Catalog
from definitions.contacts import Channel, ChannelType, Contact
from definitions.on_call_schedules import OnCallSchedule
from definitions.rotations import Rotation
from definitions.shifts import on_call
from definitions.wall_clock import time_zone
from records.base import Record
from records.bounded import acquire_within
from records.definitions import read_catalog

if TYPE_CHECKING:
    from records.database import Pool

LOOK_AHEAD = timedelta(hours=1)
"""How far ahead a change is looked for: whoever waits longer for one asks again."""

PATIENCE = 5.0
"""Seconds that PostgreSQL may take; after that the question fails, and is asked again."""


class HandOffQuestion(Record):
    """A schedule, the instant to look at, and who was on call at the last look (None: nobody has looked yet)."""

    schedule: str
    at: datetime
    on_call: list[str] | None = None


class Telling(Record):
    """What to tell one person: the same on each channel that suits, best first; one that gets through is enough."""

    contact: str
    notices: list[Notice]


class HandOffAnswer(Record):
    """Who is on call, whom to tell, and when to look again; not `watched`: nobody wants to be told any more."""

    watched: bool
    on_call: list[str] = []
    tellings: list[Telling] = []
    look_again_at: datetime | None = None


class HandOffs:
    """Activities that look at the calendar for people who come and go."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @activity.defn
    async def look_at_hand_offs(self, question: HandOffQuestion) -> HandOffAnswer:
        """Compare who is on call, by the definitions in force, with who was; fails until they can be read."""
        async with acquire_within(self._pool, PATIENCE) as connection:
            catalog = await read_catalog(connection)
        return await asyncio.to_thread(look, question, catalog)


def look(question: HandOffQuestion, catalog: Catalog) -> HandOffAnswer:
    """Who came and who went since the last look, with the words for each of them."""
    schedule = catalog.on_call_schedules.get(question.schedule)
    if schedule is None or not schedule.notify_hand_offs:
        return HandOffAnswer(watched=False)
    rotations = [catalog.rotations[name] for name in schedule.rotations]
    first, *later = stretches(rotations, question.at, question.at + LOOK_AHEAD)
    there = list(first.contacts)
    before = there if question.on_call is None else question.on_call
    came = [alias for alias in there if alias not in before]
    went = [alias for alias in before if alias not in there]
    tellings = [_begins(catalog, schedule, rotations, alias, question.at) for alias in came]
    tellings += [_ended(catalog, schedule, alias, there, question.at) for alias in went]
    return HandOffAnswer(
        watched=True,
        on_call=there,
        tellings=[telling for telling in tellings if telling.notices],
        look_again_at=later[0].start if later else question.at + LOOK_AHEAD,
    )


def _begins(
    catalog: Catalog, schedule: OnCallSchedule, rotations: list[Rotation], alias: str, at: datetime
) -> Telling:
    until = on_call_until(rotations, alias, at)
    own = next(rotation for rotation in rotations if alias in on_call(rotation, at))
    ends = "until further notice" if until is None else f"until {_local(until, own.time_zone)}"
    subject = f"Your shift for {_title(schedule)} begins, {ends}"
    body = f"You are on call for {_title(schedule)} from now {ends}."
    return _telling(catalog, alias, f"{schedule.name}-{alias}-begins-{at.isoformat()}", subject, body)


def _ended(catalog: Catalog, schedule: OnCallSchedule, alias: str, there: list[str], at: datetime) -> Telling:
    has_it = "Nobody has" if not there else f"{_names(catalog, there)} {'has' if len(there) == 1 else 'have'}"
    subject = f"Your shift for {_title(schedule)} has ended"
    body = f"You are no longer on call for {_title(schedule)}. {has_it} it now."
    return _telling(catalog, alias, f"{schedule.name}-{alias}-ended-{at.isoformat()}", subject, body)


def _telling(catalog: Catalog, alias: str, key: str, subject: str, body: str) -> Telling:
    contact = catalog.contacts.get(alias)
    if contact is None:  # deleted since it went off call
        return Telling(contact=alias, notices=[])
    notices = [
        Notice(
            key=f"hand-off-{key}-{channel.name}",
            channel=channel,
            contact=alias,
            display_name=contact.display_name,
            subject=subject,
            body=body,
        )
        for channel in _suitable(contact, catalog)
    ]
    return Telling(contact=alias, notices=notices)


def _suitable(contact: Contact, catalog: Catalog) -> list[Channel]:
    """Channels that may be paged and do not ring, mail first, else in the contact's own order."""
    silent = catalog.silent_channels.get(contact.name, {})
    quiet = [
        channel
        for channel in contact.channels
        if channel.type is not ChannelType.VOICE and channel.name not in silent
    ]
    return sorted(quiet, key=lambda channel: channel.type is not ChannelType.EMAIL)


def _names(catalog: Catalog, aliases: list[str]) -> str:
    names = [catalog.contacts[alias].display_name or alias for alias in aliases]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _title(schedule: OnCallSchedule) -> str:
    return schedule.display_name or schedule.name


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(time_zone(zone)):%a %d %b %Y %H:%M} ({zone})"
