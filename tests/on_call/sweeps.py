"""Rotations around one change of the clocks, each with what it must come to: worked out from wall times alone."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from definitions.rotations import DayOfWeek, Rotation
from tests.on_call.clocks import DAY, Clocks, at

HOUR = 3600
CONTACTS = ("ana", "ben", "carla")
DAYS = list(DayOfWeek)
ZERO = date(1970, 1, 1)

Span = tuple[int, int]
Segment = tuple[int, int, tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """One rotation in plain numbers. `walls` are hand-offs as the clock shows them, from the one at the start on."""

    kind: str
    zone: str
    clocks: Clocks
    change: int
    walls: list[int]
    settings: dict[str, Any]
    count: int = 1
    windows: list[Span] | None = None
    overrides: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)

    def rotation(self) -> Rotation:
        """The rotation as somebody would define it."""
        return Rotation(
            name=self.kind,
            contacts=CONTACTS,
            time_zone=self.zone,
            start_time=at(self.clocks.first_shown(self.walls[0])),
            recurrence={**self.settings, "number_of_on_calls": self.count},
            overrides=[
                {"start": at(start), "end": at(end), "contacts": people}
                for start, end, people in self.overrides
            ],
        )

    def hand_offs(self) -> list[int]:
        """When each turn would begin by its own hand-off; the last one is beyond what is looked at."""
        return [self.clocks.first_shown(wall) for wall in self.walls]

    def segments(self) -> list[Segment]:
        """Who has to be on call from the first to the last hand-off, joined where the people are the same."""
        hand_offs = self.hand_offs()
        windows = [
            (self.clocks.first_shown(start), self.clocks.first_shown(end))
            for start, end in self.windows or ()
        ]
        spans = [*windows, *(override[:2] for override in self.overrides)]
        last = max(hand_offs)
        edges = sorted({*hand_offs, *(edge for span in spans for edge in span if hand_offs[0] < edge < last)})
        found: list[Segment] = []
        for start, end in pairwise(edges):
            people = self._people(start, hand_offs, windows)
            if found and found[-1][2] == people:
                found[-1] = (found[-1][0], end, people)
            else:
                found.append((start, end, people))
        return found

    def _people(self, instant: int, hand_offs: list[int], windows: list[Span]) -> tuple[str, ...]:
        for start, end, people in self.overrides:
            if start <= instant < end:
                return people
        if self.windows is not None and not any(start <= instant < end for start, end in windows):
            return ()
        turn = max(number for number, begins in enumerate(hand_offs) if begins <= instant)
        return tuple(CONTACTS[(turn + place) % len(CONTACTS)] for place in range(self.count))


def cases(zone: str, clocks: Clocks, change: int, before: int, after: int) -> Iterator[Case]:
    """A rotation of each kind whose hand-off, window or override lies where the clocks change."""
    # A time that is skipped, or shown twice.
    odd = (change + min(before, after) + abs(after - before) // 2) // 60 * 60
    day, time = divmod(odd, DAY)
    daily = [(day + number) * DAY + time for number in range(-4, 6)]
    mornings = [(day + number) * DAY + 9 * HOUR for number in range(-4, 6)]
    place = zone, clocks, change
    yield Case("daily", *place, daily, {"daily_settings": [clock(time)]}, count=2)
    yield Case("weekly", *place, _weeks(day, time), _weekly(day, time))
    yield Case("monthly", *place, *_monthly(day, time), count=3)
    yield Case("several", *place, *_several(day, time))
    windows, coverages = _coverage(day, time)
    more = {"daily_settings": ["09:00"], "shift_coverages": coverages}
    yield Case("coverage", *place, mornings, more, windows=windows)
    override = (change - 3 * HOUR, change + 5 * HOUR, ("dora", "eli"))
    yield Case("override", *place, mornings, {"daily_settings": ["09:00"]}, overrides=[override])


def _weeks(day: int, time: int) -> list[int]:
    return [(day + weeks * 7) * DAY + time for weeks in (-2, 0, 2)]


def _weekly(day: int, time: int) -> dict[str, Any]:
    slot = {"day_of_week": weekday(day), "hand_off_time": clock(time)}
    return {"weekly_settings": [slot], "recurrence_multiplier": 2}


def _monthly(day: int, time: int) -> tuple[list[int], dict[str, Any]]:
    there = ZERO + timedelta(days=day)
    walls = []
    for months in (-1, 0, 1):
        year, month = divmod(there.year * 12 + there.month - 1 + months, 12)
        own = date(year, month + 1, min(there.day, monthrange(year, month + 1)[1]))
        walls.append((own - ZERO).days * DAY + time)
    return walls, {"monthly_settings": [{"day_of_month": there.day, "hand_off_time": clock(time)}]}


def _several(day: int, time: int) -> tuple[list[int], dict[str, Any]]:
    times = sorted({0, time, (time + HOUR // 2) % DAY, (time + 6 * HOUR) % DAY})
    walls = [(day + number) * DAY + one for number in range(-2, 3) for one in times]
    return walls, {"daily_settings": [clock(one) for one in times]}


def _coverage(day: int, time: int) -> tuple[list[Span], dict[str, Any]]:
    """A window each day that begins at the odd time, and a night that begins on the odd day."""
    odd = {"start": clock(time), "end": clock(time + 5 * HOUR)}
    night = {"start": "22:00", "end": "06:00"}
    coverages = {one: [odd, night] if one == weekday(day) else [odd] for one in DAYS}
    begins = [(day + number) * DAY + time for number in range(-6, 8)]
    windows = [(begin, begin + 5 * HOUR) for begin in begins]
    windows += [((day + n) * DAY + 22 * HOUR, (day + n + 1) * DAY + 6 * HOUR) for n in (-7, 0, 7)]
    return windows, coverages


def weekday(day: int) -> DayOfWeek:
    """The day of the week of a day since 1970."""
    return DAYS[(ZERO + timedelta(days=day)).weekday()]


def clock(time: int) -> str:
    """Seconds of a day as HH:MM."""
    return f"{time // HOUR % 24:02}:{time // 60 % 60:02}"
