"""aws:sleep: how long."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST = 604_799
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE | re.ASCII,
)
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


class SleepError(ValueError):
    """Inputs of an aws:sleep that say no time, or too long a one."""


def sleep_seconds(inputs: Mapping[str, Any], now: datetime) -> float:
    """Seconds an aws:sleep with these interpolated inputs lasts from now on; a Timestamp in the past is 0.

    Raises SleepError when there is not exactly one of Duration (ISO 8601) and Timestamp, when it cannot be
    read, or when it asks for more than 604799 seconds (AWS's limit).
    """
    given = [key for key in ("Duration", "Timestamp") if inputs.get(key) is not None]
    if len(given) != 1:
        raise SleepError("aws:sleep needs either Duration, for example PT10M, or Timestamp")
    text = str(inputs[given[0]]).strip()
    seconds = _duration(text) if given == ["Duration"] else _until(text, now)
    if seconds > LONGEST:
        raise SleepError(f"aws:sleep can last {LONGEST} seconds at most, '{text}' is {seconds:.0f}")
    return seconds


def _duration(text: str) -> float:
    found = _DURATION.fullmatch(text)
    amounts = {
        unit: amount for unit, amount in (found.groupdict() if found else {}).items() if amount is not None
    }
    if not amounts:
        raise SleepError(f"Duration '{text}' is not ISO 8601; write it like PT30S, PT10M or P1DT2H")
    return float(sum(float(amount) * _SECONDS[unit] for unit, amount in amounts.items()))


def _until(text: str, now: datetime) -> float:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise SleepError(f"Timestamp '{text}' is not ISO 8601; write it like 2030-01-31T08:00:00Z") from error
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - now).total_seconds())
