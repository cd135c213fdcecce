"""Who is on call when: the turns of a rotation within its coverage, with overrides in their place.

Time zone data changes, so no workflow calls this. How turns follow one another stands in `definitions.turns`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from definitions.day_windows import LONGEST, windows
from definitions.intervals import Interval, aware, clipped, without
from definitions.rotations import Override, Rotation
from definitions.turns import Turns

_DAY = timedelta(days=1)


class ShiftType(StrEnum):
    """Whether the people of a shift have their turn, or an override put them there."""

    REGULAR = "REGULAR"
    OVERRIDDEN = "OVERRIDDEN"


@dataclass(frozen=True, slots=True)
class Shift:
    """The same contacts on call from `start` to just before `end` (UTC).

    `overridden` are those whose turn it would be; it is empty for a regular shift.
    """

    start: datetime
    end: datetime
    contacts: tuple[str, ...]
    overridden: tuple[str, ...] = ()
    type: ShiftType = ShiftType.REGULAR


def on_call(rotation: Rotation, at: datetime) -> tuple[str, ...]:
    """The contacts on call at an instant, in order; empty before the start and outside coverage.

    Raises ValueError for a datetime without a time zone, UnknownTimeZoneError for a zone this machine lacks.
    """
    at = aware(at)
    if at < rotation.start_time:
        return ()
    for override in rotation.overrides:
        if override.start <= at < override.end:
            return _each_once(override.contacts)
    turns = Turns(rotation)
    if not any(start <= at < end for start, end in _covered(turns, at, at)):
        return ()
    return turns.members(turns.at(at))


def next_hand_off(rotation: Rotation, at: datetime) -> datetime:
    """The first instant after `at` at which a turn begins (before the start: the start itself)."""
    at = aware(at)
    if at < rotation.start_time:
        return rotation.start_time
    turns = Turns(rotation)
    return turns.begin(turns.at(at) + 1)


def shifts(rotation: Rotation, start: datetime, end: datetime) -> list[Shift]:
    """Every shift with a part in [start, end), whole and in order; overrides are cut out of the turns."""
    start, end = aware(start), aware(end)
    turns = Turns(rotation)
    turn = turns.at(max(start, rotation.start_time))
    found: list[Shift] = []
    begin = turns.begin(turn)
    while begin < end:
        next_begin = turns.begin(turn + 1)
        if begin < next_begin:
            found += _shifts_of_turn(turns, turn, (begin, next_begin))
        turn, begin = turn + 1, next_begin
    return [shift for shift in found if shift.start < end and shift.end > start]


def _shifts_of_turn(turns: Turns, turn: int, whole: Interval) -> list[Shift]:
    members = turns.members(turn)
    covered = list(clipped(_covered(turns, *whole), whole))
    overridden = [
        (override, part)
        for override in turns.rotation.overrides
        for part in clipped([_span(override)], whole)
    ]
    regular = [Shift(*part, members) for part in without(covered, sorted(part for _, part in overridden))]
    replaced = [
        Shift(
            *part,
            _each_once(override.contacts),
            members if any(clipped(covered, part)) else (),
            ShiftType.OVERRIDDEN,
        )
        for override, part in overridden
    ]
    return sorted(regular + replaced, key=lambda shift: shift.start)


def _covered(turns: Turns, start: datetime, end: datetime) -> list[Interval]:
    """The intervals around [start, end] with somebody on call, in order."""
    coverages = turns.rotation.recurrence.shift_coverages
    if not coverages:
        return [(start, end + _DAY)]
    first, last = start.astimezone(turns.zone).date(), end.astimezone(turns.zone).date()
    return windows(coverages, turns.zone, first - LONGEST, last + _DAY)


def _each_once(contacts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(contacts))


def _span(override: Override) -> Interval:
    return override.start, override.end
