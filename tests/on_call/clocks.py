"""The clocks of every zone, read without the code under test: offsets by instant, and what they make of a wall time.

Instants are seconds since 1970, wall times the seconds that a clock in UTC would need to show the same.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1999, 2042))
SWEPT = tuple(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2000, 2041))
DAY = 86400
STEP = 5 * DAY
"""No zone changed its clocks there and back within five days in these years."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Clocks:
    """The changes of one zone's clocks: from `changes[i]` on they are `offsets[i + 1]` seconds ahead of UTC."""

    changes: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, instant: int) -> int:
        """How far ahead of UTC the clocks are at an instant."""
        return self.offsets[bisect_right(self.changes, instant)]

    def first_shown(self, wall: int) -> int:
        """The first instant at which clocks show a wall time; one they skip is as far after the skip as into it."""
        place = bisect_right(self.changes, wall)
        near = self.offsets[max(place - 1, 0) : place + 3]
        shown = [wall - offset for offset in near if self.offset(wall - offset) == offset]
        if shown:
            return min(shown)
        for change, before, after in self.between(wall - 2 * DAY, wall + 2 * DAY):
            if change + before <= wall < change + after:
                return wall - before
        raise AssertionError("a wall time that is neither shown nor skipped")

    def between(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """The changes in [start, end): when, offset before, offset after."""
        return [
            (change, self.offsets[place], self.offsets[place + 1])
            for place, change in enumerate(self.changes)
            if start <= change < end
        ]


def read_clocks(name: str) -> Clocks:
    """The clocks of a zone from 1999 to 2041, by asking for the offset at one instant after another."""
    zone = ZoneInfo(name)

    def offset(instant: int) -> int:
        shown = datetime.fromtimestamp(instant, zone).utcoffset()
        assert shown is not None
        return int(shown.total_seconds())

    changes, offsets = [], [offset(FIRST)]
    for instant in range(FIRST, LAST, STEP):
        while offset(instant + STEP) != offsets[-1]:
            low, high = (max(instant, changes[-1]) if changes else instant), instant + STEP
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
            changes.append(high)
            offsets.append(offset(high))
    return Clocks(tuple(changes), tuple(offsets))


@cache
def all_clocks() -> dict[str, Clocks]:
    """Every zone there is, those with the same clocks under the first of their names."""
    found: dict[Clocks, str] = {}
    for name in sorted(available_timezones() - {"localtime", "Factory", "EST", "MST", "HST"}):
        found.setdefault(read_clocks(name), name)
    return {name: clocks for clocks, name in found.items()}


def at(instant: int) -> datetime:
    """The instant as Tocsin writes it."""
    return EPOCH + timedelta(seconds=instant)
