"""Who is on call when: calendar arithmetic over a rotation.

Time zone data changes, so no workflow calls this. Hand-offs are wall-clock times of the rotation's zone: a
shift over a change of the clocks is an hour longer or shorter. They come in every `recurrence_multiplier`-th
period (day, week from Monday, month), counted from the one that holds `start_time`. Turn 0 begins at
`start_time` and holds over the first hand-off; each later hand-off begins the next turn, and the window of
members advances by one.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from definitions.rotations import DayOfWeek, Override, Rotation
from definitions.wall_clock import instant_of, time_zone

Interval = tuple[datetime, datetime]
_WEEKDAYS = list(DayOfWeek)


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
    at = _aware(at)
    if at < rotation.start_time:
        return ()
    for override in rotation.overrides:
        if override.start <= at < override.end:
            return _each_once(override.contacts)
    turns = _Turns(rotation)
    if not any(start <= at < end for start, end in turns.covered(at, at)):
        return ()
    return turns.members(turns.at(at))


def next_hand_off(rotation: Rotation, at: datetime) -> datetime:
    """The first instant after `at` at which a turn begins (before the start: the start itself)."""
    at = _aware(at)
    if at < rotation.start_time:
        return rotation.start_time
    turns = _Turns(rotation)
    return turns.begin(turns.at(at) + 1)


def shifts(rotation: Rotation, start: datetime, end: datetime) -> list[Shift]:
    """Every shift with a part in [start, end), whole and in order; overrides are cut out of the turns."""
    start, end = _aware(start), _aware(end)
    turns = _Turns(rotation)
    found: list[Shift] = []
    moment = max(start, rotation.start_time)
    while moment < end:
        turn = turns.at(moment)
        whole = (turns.begin(turn), turns.begin(turn + 1))
        found += _shifts_of_turn(turns, turn, whole)
        moment = whole[1]
    return [shift for shift in found if shift.start < end and shift.end > start]


def _shifts_of_turn(turns: "_Turns", turn: int, whole: Interval) -> list[Shift]:
    members = turns.members(turn)
    covered = list(_clipped(turns.covered(*whole), whole))
    overridden = [
        (override, part)
        for override in turns.rotation.overrides
        for part in _clipped([_span(override)], whole)
    ]
    regular = [Shift(*part, members) for part in _without(covered, sorted(part for _, part in overridden))]
    replaced = [
        Shift(
            *part,
            _each_once(override.contacts),
            members if any(_clipped(covered, part)) else (),
            ShiftType.OVERRIDDEN,
        )
        for override, part in overridden
    ]
    return sorted(regular + replaced, key=lambda shift: shift.start)


class _Turns:
    """Hand-offs by number. Numbers count from the first slot of the period that holds `start_time`."""

    def __init__(self, rotation: Rotation) -> None:
        self.rotation = rotation
        self.zone = time_zone(rotation.time_zone)
        self.first_day = rotation.start_time.astimezone(self.zone).date()
        recurrence = rotation.recurrence
        slots = [(0, at) for at in recurrence.daily_settings]
        slots += [(_WEEKDAYS.index(on.day_of_week), on.hand_off_time) for on in recurrence.weekly_settings]
        slots += [(on.day_of_month, on.hand_off_time) for on in recurrence.monthly_settings]
        self.slots = sorted(slots)
        latest = self._latest(rotation.start_time)
        # Turn 0 has its hand-off at or after the start, and is held from the start on.
        self.first = latest if self._hand_off(latest) == rotation.start_time else latest + 1

    def at(self, instant: datetime) -> int:
        """The turn in force at an instant not before the start: 0, 1, 2 ..."""
        return max(self._latest(instant) - self.first, 0)

    def begin(self, turn: int) -> datetime:
        """When a turn begins. A hand-off that clocks moved behind a later one has no effect."""
        if turn == 0:
            return self.rotation.start_time
        number = self.first + turn
        return min(self._hand_off(later) for later in range(number, number + 2 * len(self.slots) + 1))

    def members(self, turn: int) -> tuple[str, ...]:
        """The contacts whose turn it is, coverage and overrides aside."""
        contacts = self.rotation.contacts
        window = range(turn, turn + self.rotation.recurrence.number_of_on_calls)
        return _each_once(tuple(contacts[place % len(contacts)] for place in window))

    def covered(self, start: datetime, end: datetime) -> list[Interval]:
        """The intervals around [start, end] with somebody on call, in order, joined where they touch."""
        coverages = self.rotation.recurrence.shift_coverages
        if not coverages:
            return [(start, end + timedelta(days=1))]
        # A window that began two days ago can still be open where clocks skipped a day.
        day = start.astimezone(self.zone).date() - timedelta(days=2)
        last = end.astimezone(self.zone).date() + timedelta(days=1)
        windows = []
        while day <= last:
            for window in coverages.get(_WEEKDAYS[day.weekday()], ()):
                next_day = timedelta(days=1 if window.end <= window.start else 0)
                windows.append((self._instant(day, window.start), self._instant(day + next_day, window.end)))
            day += timedelta(days=1)
        return _joined(windows)

    def _latest(self, instant: datetime) -> int:
        """The largest number of a hand-off at or before an instant."""
        period = self._period(instant.astimezone(self.zone).date())
        # Clocks move a hand-off by a day at most, so the periods around hold the answer.
        number = (period + 2) * len(self.slots) - 1
        while self._hand_off(number) > instant:
            number -= 1
        return number

    def _period(self, day: date) -> int:
        """The number of the hand-off period that is running on a local day."""
        recurrence, first = self.rotation.recurrence, self.first_day
        if recurrence.daily_settings:
            passed = (day - first).days
        elif recurrence.weekly_settings:
            passed = (_monday(day) - _monday(first)).days // 7
        else:
            passed = _month(day) - _month(first)
        return passed // recurrence.recurrence_multiplier

    def _hand_off(self, number: int) -> datetime:
        period, slot = divmod(number, len(self.slots))
        place, at = self.slots[slot]
        recurrence = self.rotation.recurrence
        passed = period * recurrence.recurrence_multiplier
        if recurrence.daily_settings:
            day = self.first_day + timedelta(days=passed)
        elif recurrence.weekly_settings:
            day = _monday(self.first_day) + timedelta(weeks=passed, days=place)
        else:
            year, month = divmod(_month(self.first_day) + passed, 12)
            day = date(year, month + 1, min(place, monthrange(year, month + 1)[1]))
        return self._instant(day, at)

    def _instant(self, day: date, at: time) -> datetime:
        return instant_of(datetime.combine(day, at), self.zone)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; pass an aware datetime")
    return at.astimezone(UTC)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _each_once(contacts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(contacts))


def _span(override: Override) -> Interval:
    return override.start, override.end


def _clipped(intervals: list[Interval], limits: Interval) -> Iterator[Interval]:
    for start, end in intervals:
        start, end = max(start, limits[0]), min(end, limits[1])
        if start < end:
            yield start, end


def _joined(intervals: list[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined


def _without(intervals: list[Interval], holes: list[Interval]) -> Iterator[Interval]:
    """What is left of intervals when holes, in order, are cut out."""
    for start, end in intervals:
        for hole_start, hole_end in holes:
            if start < hole_start < end:
                yield start, hole_start
            if hole_start < end and hole_end > start:
                start = min(hole_end, end)
        if start < end:
            yield start, end
