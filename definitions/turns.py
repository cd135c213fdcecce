"""The hand-offs of a rotation by number: when each turn begins, and whose it is.

Hand-offs are wall-clock times of the rotation's zone: a turn over a change of the clocks is an hour longer or
shorter. They come in every `recurrence_multiplier`-th period (day, week from Monday, month), counted from the one
that holds `start_time`. Turn 0 begins at `start_time` and holds over the first hand-off; each later hand-off begins
the next turn, and the window of members advances by one.
"""

from bisect import bisect_right
from calendar import monthrange
from datetime import date, datetime, time, timedelta

from definitions.rotations import DayOfWeek, Rotation
from definitions.wall_clock import instant_of, time_zone

Slot = tuple[int, time]
"""A hand-off within its period: the day (0 is the first; of a month 1) and the time."""

_WEEKDAYS = tuple(DayOfWeek)
_CLOCK_CHANGE = timedelta(hours=26)
"""More than any clock was ever moved."""


class Turns:
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
        begins = self._hand_off(number)
        if begins.astimezone(self.zone).replace(tzinfo=None) == self._wall(number):
            return begins
        # Clocks skip that time, so it moved forward: later ones may come before it.
        later = range(number + 1, number + 2 * len(self.slots) + 1)
        return min(begins, *(self._hand_off(other) for other in later))

    def members(self, turn: int) -> tuple[str, ...]:
        """The contacts whose turn it is, coverage and overrides aside."""
        contacts = self.rotation.contacts
        window = range(turn, turn + self.rotation.recurrence.number_of_on_calls)
        return tuple(dict.fromkeys(contacts[place % len(contacts)] for place in window))

    def _latest(self, instant: datetime) -> int:
        """The largest number of a hand-off at or before an instant."""
        # No clock of the last day showed a later time, so whatever had its hand-off stands at or before this one.
        shown = max(
            (at.astimezone(self.zone).replace(tzinfo=None) - at.replace(tzinfo=None))
            for at in (instant, instant - _CLOCK_CHANGE)
        )
        number = self._last_until(instant.replace(tzinfo=None) + shown)
        while self._hand_off(number) > instant:
            number -= 1
        return number

    def _last_until(self, wall: datetime) -> int:
        """The largest number of a hand-off whose wall-clock time is at or before `wall`."""
        recurrence, first, day = self.rotation.recurrence, self.first_day, wall.date()
        if recurrence.daily_settings:
            passed, place = (day - first).days, 0
        elif recurrence.weekly_settings:
            passed, place = (_monday(day) - _monday(first)).days // 7, day.weekday()
        else:
            passed, place = _month(day) - _month(first), day.day
        period, unit = divmod(passed, recurrence.recurrence_multiplier)
        number = period * len(self.slots) - 1
        if unit:
            return number + len(self.slots)
        return number + bisect_right(self._slots_of(passed), (place, wall.time()))

    def _slots_of(self, passed: int) -> list[Slot]:
        """The slots of the period so many days, weeks or months after the first: in a short month days move up."""
        if not self.rotation.recurrence.monthly_settings:
            return self.slots
        year, month = divmod(_month(self.first_day) + passed, 12)
        length = monthrange(year, month + 1)[1]
        if self.slots[-1][0] <= length:
            return self.slots
        return sorted((min(place, length), at) for place, at in self.slots)

    def _hand_off(self, number: int) -> datetime:
        return instant_of(self._wall(number), self.zone)

    def _wall(self, number: int) -> datetime:
        """What the clocks of the zone are to show at a hand-off."""
        period, slot = divmod(number, len(self.slots))
        recurrence = self.rotation.recurrence
        passed = period * recurrence.recurrence_multiplier
        place, at = self._slots_of(passed)[slot]
        if recurrence.daily_settings:
            day = self.first_day + timedelta(days=passed)
        elif recurrence.weekly_settings:
            day = _monday(self.first_day) + timedelta(weeks=passed, days=place)
        else:
            year, month = divmod(_month(self.first_day) + passed, 12)
            day = date(year, month + 1, place)
        return datetime.combine(day, at)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
