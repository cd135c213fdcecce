"""Times when nobody is on call for a schedule."""

from datetime import datetime

from definitions.catalog import Catalog
from definitions.intervals import Interval, clipped, joined, without
from definitions.on_call_schedules import OnCallSchedule
from definitions.shifts import shifts
from definitions.wall_clock import time_zone

SHOWN = 3
"""Holes that are told one by one."""


def holes(schedule: OnCallSchedule, catalog: Catalog, start: datetime, end: datetime) -> list[Interval]:
    """The stretches of [start, end) without anybody on shift in any rotation, in order.

    Raises UnknownTimeZoneError for a zone that this machine lacks.
    """
    taken = [
        (shift.start, shift.end)
        for name in schedule.rotations
        for shift in shifts(catalog.rotations[name], start, end)
        if shift.contacts
    ]
    return list(without([(start, end)], joined(clipped(taken, (start, end)))))


def hole_words(found: list[Interval], end: datetime, zone: str) -> str:
    """The first few holes on the clocks of a zone, and how many more; one that reaches `end` is open."""
    clocks = time_zone(zone)

    def local(instant: datetime) -> str:
        return f"{instant.astimezone(clocks):%a %Y-%m-%d %H:%M}"

    told = [
        f"from {local(begins)} on" if ends == end else f"from {local(begins)} to {local(ends)}"
        for begins, ends in found[:SHOWN]
    ]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{', '.join(told)}{more} ({zone})"
