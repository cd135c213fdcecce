"""On call: who has it when, who takes over from whom, and how it is shared."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from activities.on_call import contacts_on_call
from client.definitions import Definitions, Paths
from client.errors import InvalidInputError, NotFoundError
from definitions.calendars import hand_offs, hours_per_person, next_edge, stretches
from definitions.catalog import Catalog
from definitions.contacts import Contact
from definitions.rotations import Rotation
from records.base import Record

LONGEST_CALENDAR = 750
"""Days that a calendar or a sum of hours may span."""


class OnCallNow(Record):
    """Who is on call for a schedule, and when the next shift begins or ends."""

    schedule: str
    at: datetime
    contacts: list[Contact]
    until: datetime | None


class HandOff(Record):
    """People of a rotation who go and people who come; either may be nobody. Times are UTC."""

    rotation: str
    time_zone: str
    at: datetime
    before: list[str]
    after: list[str]


class Stretch(Record):
    """Time in which the same people are on call, UTC; `contacts` is empty where nobody is."""

    start: datetime
    end: datetime
    contacts: list[str]
    overridden: bool


class RotationCalendar(Record):
    """Who is on call for a rotation over a time, without a gap in the telling."""

    rotation: str
    time_zone: str
    stretches: list[Stretch]


class PersonHours(Record):
    """Hours on call; `nights` (22:00 to 06:00) and `weekends` are parts of the total and overlap."""

    contact: str
    hours: float
    nights: float
    weekends: float


class Preview(Record):
    """What rotations that are not in force would do."""

    hand_offs: list[HandOff]
    calendars: list[RotationCalendar]


class OnCallCalendar(Definitions):
    """What can be asked of on-call schedules and their rotations."""

    async def on_call(self, schedule: str | None = None, *, at: datetime | None = None) -> list[OnCallNow]:
        """Who is on call at an instant (default: now) for a schedule, or for each. Raises NotFoundError."""
        catalog = await self.catalog()
        if schedule is not None and schedule not in catalog.on_call_schedules:
            known = ", ".join(sorted(catalog.on_call_schedules)) or "none"
            raise NotFoundError(f"no on-call schedule {schedule!r}; known: {known}")
        names = [schedule] if schedule else sorted(catalog.on_call_schedules)
        return [_on_call_now(catalog, name, at or datetime.now(UTC)) for name in names]

    async def next_hand_offs(
        self, name: str | None = None, *, count: int = 10, after: datetime | None = None
    ) -> list[HandOff]:
        """The next hand-offs of a schedule's rotations or of one rotation, or of all there are, in order of time.

        Raises NotFoundError; InvalidInputError unless 1 <= `count` <= 500.
        """
        if not 1 <= count <= 500:
            raise InvalidInputError(f"{count} hand-offs: ask for 1 to 500")
        catalog = await self.catalog()
        return await asyncio.to_thread(
            _hand_offs, rotations_of(catalog, name), after or datetime.now(UTC), count
        )

    async def calendar(
        self, name: str, *, start: datetime | None = None, days: int = 30
    ) -> list[RotationCalendar]:
        """Who is on call in so many days from an instant (default: now), for each rotation of a schedule or for one.

        Raises NotFoundError; InvalidInputError for less than a day or more than 750.
        """
        start, end = _span(start, days)
        rotations = rotations_of(await self.catalog(), name)
        return await asyncio.to_thread(lambda: [_calendar(one, start, end) for one in rotations])

    async def on_call_hours(
        self, name: str, *, start: datetime | None = None, days: int = 90
    ) -> list[PersonHours]:
        """How many hours each person is on call for a schedule or rotation, those with most first."""
        start, end = _span(start, days)
        rotations = rotations_of(await self.catalog(), name)
        found = await asyncio.to_thread(hours_per_person, rotations, start, end)
        return [
            PersonHours(
                contact=one.contact,
                hours=_hours(one.total),
                nights=_hours(one.nights),
                weekends=_hours(one.weekends),
            )
            for one in found
        ]

    async def preview_rotations(
        self, paths: Paths, *, count: int = 10, days: int = 30, start: datetime | None = None
    ) -> Preview:
        """What the rotations in files would do, from an instant or their own start; nothing is stored.

        Raises InvalidInputError for files that could not be applied or hold no rotation.
        """
        loaded, catalog = await self._checked_files(paths)
        names = [one.name for one in loaded.definitions if isinstance(one, Rotation)]
        if not names:
            raise InvalidInputError("there is no rotation in these files; name one with `kind: Rotation`")
        rotations = [catalog.rotations[name] for name in names]
        begin = start or max(datetime.now(UTC), min(one.start_time for one in rotations))
        begin, end = _span(begin, days)
        return Preview(
            hand_offs=_hand_offs(rotations, begin, count),
            calendars=[_calendar(one, begin, end) for one in rotations],
        )


def rotations_of(catalog: Catalog, name: str | None) -> list[Rotation]:
    """The rotations of a schedule, the one of that name, or without a name all; raises NotFoundError."""
    if name is None:
        return [catalog.rotations[one] for one in sorted(catalog.rotations)]
    if name in catalog.on_call_schedules:
        return [catalog.rotations[one] for one in catalog.on_call_schedules[name].rotations]
    if name in catalog.rotations:
        return [catalog.rotations[name]]
    known = ", ".join(sorted({*catalog.on_call_schedules, *catalog.rotations})) or "none"
    raise NotFoundError(f"no on-call schedule or rotation {name!r}; known: {known}")


def _on_call_now(catalog: Catalog, name: str, at: datetime) -> OnCallNow:
    schedule = catalog.on_call_schedules[name]
    return OnCallNow(
        schedule=name,
        at=at,
        contacts=contacts_on_call(schedule, catalog, at),
        until=next_edge(rotations_of(catalog, name), at),
    )


def _hand_offs(rotations: Sequence[Rotation], after: datetime, count: int) -> list[HandOff]:
    found = [
        HandOff(
            rotation=one.name,
            time_zone=one.time_zone,
            at=change.at,
            before=list(change.before),
            after=list(change.after),
        )
        for one in rotations
        for change in hand_offs([one], after, count)
    ]
    return sorted(found, key=lambda change: (change.at, change.rotation))[:count]


def _calendar(rotation: Rotation, start: datetime, end: datetime) -> RotationCalendar:
    return RotationCalendar(
        rotation=rotation.name,
        time_zone=rotation.time_zone,
        stretches=[
            Stretch(start=one.start, end=one.end, contacts=list(one.contacts), overridden=one.overridden)
            for one in stretches([rotation], start, end)
        ],
    )


def _span(start: datetime | None, days: int) -> tuple[datetime, datetime]:
    if not 1 <= days <= LONGEST_CALENDAR:
        raise InvalidInputError(f"{days} days: ask for 1 to {LONGEST_CALENDAR}")
    begin = start or datetime.now(UTC)
    return begin, begin + timedelta(days=days)


def _hours(span: timedelta) -> float:
    return round(span / timedelta(hours=1), 2)
