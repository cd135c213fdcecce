"""Stretches of time, from an instant to just before another: joining, clipping, cutting holes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

Interval = tuple[datetime, datetime]


def aware(at: datetime) -> datetime:
    """The instant in UTC; raises ValueError for a datetime without a time zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; pass an aware datetime")
    return at.astimezone(UTC)


def clipped(intervals: Iterable[Interval], limits: Interval) -> Iterator[Interval]:
    """What of the intervals lies within the limits."""
    for start, end in intervals:
        start, end = max(start, limits[0]), min(end, limits[1])
        if start < end:
            yield start, end


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in order, as few intervals as possible; those that end before they start are nothing."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def without(intervals: Iterable[Interval], holes: Iterable[Interval]) -> Iterator[Interval]:
    """What is left of intervals when holes, in order, are cut out."""
    holes = list(holes)
    for start, end in intervals:
        for hole_start, hole_end in holes:
            if start < hole_start < end:
                yield start, hole_start
            if hole_start < end and hole_end > start:
                start = min(hole_end, end)
        if start < end:
            yield start, end
