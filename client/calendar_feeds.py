"""Shifts for people's own calendars: an address that nobody can guess, and what it serves."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

from client.definitions import Definitions
from client.errors import NotFoundError
from definitions.base import Kind
from definitions.catalog import Catalog
from definitions.contacts import Contact
from definitions.on_call_schedules import OnCallSchedule
from definitions.rotations import Rotation
from records.base import Record
from records.definitions import catalog_version, read_catalog
from records.revisions import revisions_in_force
from records.signing import ForgedLinkError, read_signer

BACK = timedelta(days=31)
AHEAD = timedelta(days=366)
"""What a feed shows, around today."""


class CalendarFeed(Record):
    """A calendar file (RFC 5545). It is another one only when `etag` is; `content` is empty where that was known."""

    etag: str
    content: bytes = b""


class CalendarFeeds(Definitions):
    """What can be done with calendar feeds."""

    async def calendar_feed_path(self, alias: str) -> str:
        """The path on the server, below its public URL, of the feed of an on-call schedule or of a contact's shifts.

        Whoever knows it can read the feed. Raises NotFoundError.
        """
        async with self._database() as database:
            catalog = await read_catalog(database)
            signer = await read_signer(database)
        _owner(catalog, alias)
        return f"/calendars/{signer.calendar(alias)}.ics"

    async def calendar_feed(
        self, token: str, *, known: str | None = None, now: datetime | None = None
    ) -> CalendarFeed:
        """The feed that a token stands for; without content if its etag is `known` to whoever asks.

        Raises NotFoundError for a token we did not make, or whose schedule or contact is gone.
        """
        now = now or datetime.now(UTC)
        async with self._database() as database:
            signer = await read_signer(database)
            try:
                alias = signer.read_calendar(token)
            except ForgedLinkError as error:
                raise NotFoundError(str(error)) from error
            etag = _etag(alias, await catalog_version(database), now)
            if etag == known:
                return CalendarFeed(etag=etag)
            catalog = await read_catalog(database)
            revisions = await revisions_in_force(database, Kind.ROTATION, catalog.rotations)
            if alias not in catalog.on_call_schedules and alias not in catalog.contacts:
                # Whoever asks may long be gone, too: they are not told who is still there.
                raise NotFoundError("the schedule or contact of this calendar is gone")
        owner = _owner(catalog, alias)
        # The library takes a moment to load, and the `tocsin` command never needs it.
        from client.ics import render

        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
        content = await asyncio.to_thread(
            render,
            title=f"{owner.display_name or alias} on call",
            rotations=_rotations(catalog, owner),
            revisions=revisions,
            contacts=catalog.contacts,
            only=alias if isinstance(owner, Contact) else None,
            start=midnight - BACK,
            end=midnight + AHEAD,
        )
        return CalendarFeed(etag=etag, content=content)


def _owner(catalog: Catalog, alias: str) -> OnCallSchedule | Contact:
    found = catalog.on_call_schedules.get(alias) or catalog.contacts.get(alias)
    if found is None:
        known = ", ".join(sorted({*catalog.on_call_schedules, *catalog.contacts})) or "none"
        raise NotFoundError(f"no on-call schedule or contact {alias!r}; known: {known}")
    return found


def _rotations(catalog: Catalog, owner: OnCallSchedule | Contact) -> list[Rotation]:
    """The schedule's; for a contact those of any schedule in which they take turns or stand in."""
    if isinstance(owner, OnCallSchedule):
        return [catalog.rotations[name] for name in owner.rotations]
    scheduled = dict.fromkeys(
        name for schedule in catalog.on_call_schedules.values() for name in schedule.rotations
    )
    rotations = [catalog.rotations[name] for name in scheduled]
    return [
        rotation
        for rotation in rotations
        if owner.name in rotation.contacts
        or any(owner.name in override.contacts for override in rotation.overrides)
    ]


def _etag(alias: str, version: int, now: datetime) -> str:
    """Changes with any definition and with the day, which moves what a feed shows."""
    return hashlib.sha256(f"{alias} {version} {now:%Y-%m-%d}".encode()).hexdigest()[:32]
