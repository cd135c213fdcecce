"""Whether it is working time at an instant, and when that changes.

Windows are wall-clock times of the hours' own zone: a time that clocks skip moves forward, and of one they show
twice the first counts. A holiday closes the windows that begin on that local day, also past its midnight; one that
began the evening before runs on into it. Time zone data changes, so no workflow calls this.
"""

from datetime import datetime, time, timedelta

from definitions.day_windows import LONGEST, windows
from definitions.intervals import Interval, aware
from definitions.wall_clock import instant_of, time_zone
from definitions.working_hours import WorkingHours

HORIZON = timedelta(days=400)
"""How far ahead an opening or a closing is looked for."""

_LOOKS = (timedelta(days=9), HORIZON + timedelta(days=2))
_DAY = timedelta(days=1)


def is_open(hours: WorkingHours, at: datetime) -> bool:
    """Whether a window is open at an instant; it is from its start to just before its end.

    Raises ValueError for a datetime without a time zone, UnknownTimeZoneError for a zone this machine lacks.
    """
    at = aware(at)
    found, _ = _around(hours, at, _DAY)
    return any(start <= at < end for start, end in found)


def next_opening(hours: WorkingHours, at: datetime) -> datetime | None:
    """The first instant after `at` at which closed hours open; None if that is more than 400 days away.

    While it is open, that is the opening after the next closing.
    """
    at = aware(at)
    for ahead in _LOOKS:
        found, _ = _around(hours, at, ahead)
        opening = next((start for start, _ in found if start > at), None)
        if opening is not None:
            return opening if opening <= at + HORIZON else None
    return None


def next_closing(hours: WorkingHours, at: datetime) -> datetime | None:
    """The first instant after `at` at which open hours close; None if that is more than 400 days away."""
    at = aware(at)
    for ahead in _LOOKS:
        found, seen_until = _around(hours, at, ahead)
        closing = next((end for _, end in found if at < end < seen_until), None)
        if closing is not None:
            return closing if closing <= at + HORIZON else None
    return None


def _around(hours: WorkingHours, at: datetime, ahead: timedelta) -> tuple[list[Interval], datetime]:
    """The open intervals near `at` and for a while after it, and until when nothing is missing among them."""
    zone = time_zone(hours.time_zone)
    today = at.astimezone(zone).date()
    last = today + ahead
    found = windows(hours.hours, zone, today - LONGEST, last, closed=hours.holidays)
    return found, instant_of(datetime.combine(last + _DAY, time()), zone)
