"""Times as people read them: on their own clock, with how long ago that was."""

from datetime import UTC, datetime, timedelta

from client.errors import InvalidInputError
from definitions.durations import format_duration

_STEPS = ((timedelta(days=2), 3600), (timedelta(hours=1), 60))


def rough(span: timedelta) -> str:
    """A span in as many units as matter: `42s`, `4m10s`, `2h5m`, `3d4h`."""
    seconds = int(max(span, timedelta(0)).total_seconds())
    step = next((step for least, step in _STEPS if span >= least), 1)
    return format_duration(timedelta(seconds=seconds // step * step))


def when(instant: datetime, now: datetime) -> str:
    """A time with its distance: `2026-03-01 14:30:00 (5m ago)`."""
    distance = f"{rough(now - instant)} ago" if instant <= now else f"in {rough(instant - now)}"
    return f"{instant.astimezone():%Y-%m-%d %H:%M:%S} ({distance})"


def clock(instant: datetime, now: datetime) -> str:
    """The time of day, with the date only if that is another than today's."""
    local = instant.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M:%S}"


def countdown(until: datetime, now: datetime) -> str:
    """How long until then: `in 4m10s`, or `now`."""
    return f"in {rough(until - now)}" if until > now else "now"


def read_time(text: str | None) -> datetime | None:
    """ISO 8601, on this machine's clock unless it has an offset; raises InvalidInputError."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(f"{text!r} is not a time; write it like 2026-03-01T14:30") from error
