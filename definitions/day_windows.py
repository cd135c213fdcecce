"""Windows of the days of the week, as they fall in a stretch of local days."""

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from definitions.intervals import Interval, joined
from definitions.rotations import Coverage, DayOfWeek
from definitions.wall_clock import instant_of

LONGEST = timedelta(days=2)
"""A window that began this long ago may still be open, where clocks skipped a day."""

_WEEKDAYS = tuple(DayOfWeek)
_DAY = timedelta(days=1)


def windows(
    hours: Mapping[DayOfWeek, Sequence[Coverage]],
    zone: ZoneInfo,
    first: date,
    last: date,
    *,
    closed: Container[date] = (),
) -> list[Interval]:
    """The windows that begin on the local days `first` to `last`, in order, joined where they touch or overlap.

    A window that ends at or before its start ends the next day. None begin on the days that are `closed`.
    """
    found: list[Interval] = []
    day = first
    while day <= last:
        for window in () if day in closed else hours.get(_WEEKDAYS[day.weekday()], ()):
            end = day + _DAY if window.end <= window.start else day
            begins = instant_of(datetime.combine(day, window.start), zone)
            found.append((begins, instant_of(datetime.combine(end, window.end), zone)))
        day += _DAY
    return joined(found)
