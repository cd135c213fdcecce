"""Calendars of rotations that answer together: who has it when, hand-offs from people to people, hours per person.

Everything here follows from `definitions.shifts`; like that, it is never called in a workflow.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise

from definitions.day_windows import windows
from definitions.intervals import Interval, aware, clipped, joined
from definitions.rotations import Coverage, DayOfWeek, Rotation
from definitions.shifts import Shift, ShiftType, next_hand_off, shifts
from definitions.wall_clock import time_zone

FIRST_LOOK = timedelta(days=16)
"""How far ahead a change is looked for at first: each day of the week comes twice."""

_NIGHT = dict.fromkeys(DayOfWeek, (Coverage(start=time(22), end=time(6)),))
_WEEKEND = dict.fromkeys((DayOfWeek.SAT, DayOfWeek.SUN), (Coverage(start=time(), end=time()),))
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time in which the same people are on call; `contacts` is empty where nobody is.

    `overridden`: an override put somebody, or nobody, there.
    """

    start: datetime
    end: datetime
    contacts: tuple[str, ...]
    overridden: bool = False


@dataclass(frozen=True, slots=True)
class HandOff:
    """An instant at which the people on call become others; either side may be nobody."""

    at: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """How long somebody is on call. `nights` are 22:00 to 06:00 and `weekends` Saturday and Sunday, local time.

    Nights and weekends overlap, and both are part of the total.
    """

    contact: str
    total: timedelta
    nights: timedelta
    weekends: timedelta


def stretches(rotations: Sequence[Rotation], start: datetime, end: datetime) -> list[Stretch]:
    """The whole of [start, end) in order, cut where the people change. Contacts are each once, in rotation order."""
    start, end = aware(start), aware(end)
    if start >= end:
        return []
    listed = [shifts(rotation, start, end) for rotation in rotations]
    cuts = {edge for found in listed for shift in found for edge in (shift.start, shift.end)}
    edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
    begins = [[shift.start for shift in found] for found in listed]
    found: list[Stretch] = []
    for edge, next_edge in pairwise(edges):
        running = [_running(shifts_, starts, edge) for shifts_, starts in zip(listed, begins, strict=True)]
        there = [shift for shift in running if shift is not None]
        contacts = tuple(dict.fromkeys(contact for shift in there for contact in shift.contacts))
        overridden = any(shift.type is ShiftType.OVERRIDDEN for shift in there)
        if found and (found[-1].contacts, found[-1].overridden) == (contacts, overridden):
            found[-1] = Stretch(found[-1].start, next_edge, contacts, overridden)
        else:
            found.append(Stretch(edge, next_edge, contacts, overridden))
    return found


def _running(found: list[Shift], starts: list[datetime], at: datetime) -> Shift | None:
    place = bisect_right(starts, at) - 1
    return found[place] if place >= 0 and at < found[place].end else None


def hand_offs(rotations: Sequence[Rotation], after: datetime, count: int) -> list[HandOff]:
    """The next hand-offs after an instant; fewer where nothing changes any more."""
    return list(islice(_hand_offs(rotations, aware(after)), count))


def _hand_offs(rotations: Sequence[Rotation], after: datetime) -> Iterator[HandOff]:
    seen, ahead, changed = after, FIRST_LOOK, after
    ends = [override.end for rotation in rotations for override in rotation.overrides]
    patience = max(_round(rotation, after) for rotation in rotations) + FIRST_LOOK
    contacts: tuple[str, ...] | None = None
    while seen < max(changed, *ends, after) + patience:
        for stretch in stretches(rotations, seen, seen + ahead):
            if contacts is not None and stretch.contacts != contacts:
                changed = stretch.start
                yield HandOff(stretch.start, contacts, stretch.contacts)
            contacts = stretch.contacts
        seen, ahead = seen + ahead, ahead * 2


def _round(rotation: Rotation, at: datetime) -> timedelta:
    """A time after which everybody has had a turn: what has not changed by then never will."""
    moment = at
    for _ in range(len(rotation.contacts) + 1):
        moment = next_hand_off(rotation, moment)
    return moment - at


def next_edge(rotations: Sequence[Rotation], at: datetime) -> datetime:
    """The first instant after `at` at which a shift of one of the rotations begins or ends."""
    at = aware(at)
    edges = []
    for rotation in rotations:
        turn_ends = next_hand_off(rotation, at)
        edges.append(turn_ends)
        edges += [edge for shift in shifts(rotation, at, turn_ends) for edge in (shift.start, shift.end)]
    return min(edge for edge in edges if edge > at)


def on_call_until(rotations: Sequence[Rotation], contact: str, at: datetime) -> datetime | None:
    """When somebody who is on call at an instant no longer is; None if that is not in sight."""
    for change in _hand_offs(rotations, aware(at)):
        if contact not in change.after:
            return change.at
    return None


def hours_per_person(rotations: Sequence[Rotation], start: datetime, end: datetime) -> list[Hours]:
    """The hours of everybody who takes turns or stands in, most first; time in two rotations at once counts once."""
    limits = aware(start), aware(end)
    there: dict[str, list[Interval]] = {}
    nights: dict[str, list[Interval]] = {}
    weekends: dict[str, list[Interval]] = {}
    for rotation in rotations:
        for contact in rotation.contacts:
            there.setdefault(contact, [])
        nightly, at_weekends = _nights_and_weekends(rotation, limits)
        for shift in shifts(rotation, *limits):
            for contact in shift.contacts:
                part = list(clipped([(shift.start, shift.end)], limits))
                there.setdefault(contact, []).extend(part)
                for span in part:
                    nights.setdefault(contact, []).extend(_overlap(nightly, span))
                    weekends.setdefault(contact, []).extend(_overlap(at_weekends, span))
    found = [
        Hours(name, _length(parts), _length(nights.get(name, ())), _length(weekends.get(name, ())))
        for name, parts in there.items()
    ]
    return sorted(found, key=lambda hours: (-hours.total, hours.contact))


def _nights_and_weekends(rotation: Rotation, limits: Interval) -> tuple[list[Interval], list[Interval]]:
    zone = time_zone(rotation.time_zone)
    first, last = limits[0].astimezone(zone).date() - _DAY, limits[1].astimezone(zone).date()
    return windows(_NIGHT, zone, first, last), windows(_WEEKEND, zone, first, last)


def _overlap(found: list[Interval], span: Interval) -> Iterator[Interval]:
    place = max(bisect_right(found, (span[0], datetime.max.replace(tzinfo=UTC))) - 1, 0)
    while place < len(found) and found[place][0] < span[1]:
        yield from clipped([found[place]], span)
        place += 1


def _length(parts: Iterable[Interval]) -> timedelta:
    return sum((end - start for start, end in joined(parts)), timedelta())
