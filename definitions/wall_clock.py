"""Times as clocks on a wall show them: time zones, times of day, and instants written without an offset."""

import re
from datetime import UTC, datetime, time
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from definitions.automation.problems import near_miss

_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
# Names that stand for an offset (AWS refuses those) or for whatever this machine is set to.
_NOT_PLACES = frozenset({"EST", "HST", "MST", "Factory", "localtime"})


class UnknownTimeZoneError(ValueError):
    """A name that is not an IANA time zone."""


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_PLACES


def time_zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; raises UnknownTimeZoneError, with the near miss if there is one."""
    try:
        if name not in _NOT_PLACES:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    hint = _near_zone(name) or "; write a place's IANA name like Europe/Berlin"
    raise UnknownTimeZoneError(f"unknown time zone {name!r}{hint}")


def _near_zone(name: str) -> str:
    """The zone that was meant, also where only its city was written."""
    if "/" in name:
        return near_miss(name, _zone_names())
    cities = {
        zone.rpartition("/")[2].lower(): zone
        for zone in _zone_names()
        if "/" in zone and not zone.startswith("Etc/")
    }
    zone = cities.get(name.lower().replace(" ", "_"))
    return f"; did you mean {zone!r}?" if zone else ""


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the clocks of a zone show `local`.

    A time that clocks skip moves forward by as much as they skip; of a time they show twice the first counts.
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def parse_time_of_day(value: object) -> time:
    """Read `09:00`; raises ValueError for anything else."""
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    match = _TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'{value!r} is not a time of day; write hours and minutes like "09:00"')
    return time(int(match[1]), int(match[2]))


def parse_instant(value: object) -> datetime:
    """Read an ISO 8601 date and time, in UTC if it has an offset and as it is if not; raises ValueError."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is not a date and time: {error}") from error
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a date and time; write it like 2026-11-02T09:00")
    if not 1970 <= value.year < 3000:
        raise ValueError(f"the year {value.year} is out of reach; write one from 1970 to 2999")
    return value.astimezone(UTC) if value.tzinfo else value


def _format_time_of_day(value: time) -> str:
    return value.strftime("%H:%M")


TimeOfDay = Annotated[
    time,
    BeforeValidator(parse_time_of_day),
    PlainSerializer(_format_time_of_day, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_TIME_OF_DAY.pattern}$", "examples": ["09:00"]}),
]

Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_INSTANT.pattern}$",
            "examples": ["2026-11-02T09:00", "2026-11-02T08:00:00Z"],
        }
    ),
]
