"""Contacts who take turns (AWS: rotation). Who is on shift when is worked out in `definitions.shifts`."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, ValidationInfo, field_validator, model_validator

from definitions.base import Alias, Kind, Part, Storable
from definitions.problems import Path, refuse
from definitions.wall_clock import Instant, TimeOfDay, UnknownTimeZoneError, instant_of, time_zone

MIN_OVERRIDE = timedelta(minutes=30)


class DayOfWeek(StrEnum):
    """Days as AWS writes them."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


class WeeklySetting(Part):
    """A hand-off on one day of the week, wall-clock time."""

    day_of_week: DayOfWeek
    hand_off_time: TimeOfDay


class MonthlySetting(Part):
    """A hand-off on one day of the month, wall-clock time; the last day where the month is shorter."""

    day_of_month: Annotated[int, Strict(), Field(ge=1, le=31)]
    hand_off_time: TimeOfDay


class Coverage(Part):
    """A window of one day; an end at or before the start is the next day's.

    The same start and end make 24 hours.
    """

    start: TimeOfDay
    end: TimeOfDay

    @property
    def length(self) -> timedelta:
        """How long it is on a day whose clocks are not changed."""
        minutes = (self.end.hour - self.start.hour) * 60 + self.end.minute - self.start.minute
        return timedelta(minutes=minutes % (24 * 60) or 24 * 60)


class Recurrence(Part):
    """When shifts hand over: exactly one of daily, weekly and monthly settings.

    `recurrence_multiplier` is how many days, weeks or months pass from one period with hand-offs to the next.
    Without `shift_coverages` somebody is on call all day, every day.
    """

    daily_settings: Annotated[tuple[TimeOfDay, ...], Field(max_length=31)] = ()
    weekly_settings: Annotated[tuple[WeeklySetting, ...], Field(max_length=31)] = ()
    monthly_settings: Annotated[tuple[MonthlySetting, ...], Field(max_length=31)] = ()
    number_of_on_calls: Annotated[int, Strict(), Field(ge=1, le=30)] = 1
    recurrence_multiplier: Annotated[int, Strict(), Field(ge=1, le=100)] = 1
    shift_coverages: dict[DayOfWeek, Annotated[tuple[Coverage, ...], Field(max_length=48)]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _one_kind_of_hand_off(self) -> Self:
        settings = (self.daily_settings, self.weekly_settings, self.monthly_settings)
        given = [name for name, listed in zip(_SETTINGS, settings, strict=True) if listed]
        if len(given) != 1:
            has = " and ".join(given) or "none of them"
            raise ValueError(f"give exactly one of {', '.join(_SETTINGS)}; here: {has}")
        path: Path = ("recurrence", given[0])
        refuse(
            [((*path, i), "this hand-off is listed twice; keep one") for i in _repeated(sum(settings, ()))]
        )
        return self


_SETTINGS = ("daily_settings", "weekly_settings", "monthly_settings")


def _repeated(values: Iterable[Hashable]) -> Iterator[int]:
    seen: set[Hashable] = set()
    for place, value in enumerate(values):
        if value in seen:
            yield place
        seen.add(value)


class Override(Part):
    """Replaces everybody on call of its rotation from `start` to `end` (an empty list: nobody).

    `added_by` is who added it by command: applying files that do not name such an override keeps it.
    """

    start: Instant
    end: Instant
    contacts: Annotated[tuple[Alias, ...], Field(max_length=30)] = ()
    reason: Annotated[str, Field(max_length=255), Storable] = ""
    added_by: Annotated[str, Field(min_length=1, max_length=255), Storable] | None = None


class Rotation(Part):
    """Contacts who take turns in list order.

    Instants without an offset are local to `time_zone`; the model holds them in UTC. The first contact is on
    call from `start_time`, and turns change at every hand-off after the first one at or after it.
    """

    kind: Literal[Kind.ROTATION] = Kind.ROTATION
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_\-\s.]+$", min_length=1, max_length=255)]
    contacts: Annotated[tuple[Alias, ...], Field(min_length=1, max_length=30)]
    time_zone: str
    start_time: Instant
    recurrence: Recurrence
    overrides: tuple[Override, ...] = ()

    @field_validator("start_time", mode="after")
    @classmethod
    def _start_in_utc(cls, value: Instant, info: ValidationInfo) -> Instant:
        return _in_utc(value, info)

    @field_validator("overrides", mode="after")
    @classmethod
    def _overrides_in_utc(cls, value: tuple[Override, ...], info: ValidationInfo) -> tuple[Override, ...]:
        overrides = tuple(
            override.model_copy(
                update={"start": _in_utc(override.start, info), "end": _in_utc(override.end, info)}
            )
            for override in value
        )
        refuse([*_too_short(overrides), *_overlapping(overrides)])
        return overrides

    @model_validator(mode="after")
    def _enough_contacts(self) -> Self:
        wanted, there = self.recurrence.number_of_on_calls, len(set(self.contacts))
        if wanted > there:
            path: Path = ("recurrence", "number_of_on_calls")
            refuse([(path, f"number_of_on_calls is {wanted} of {there} contacts; add contacts or lower it")])
        return self


def _in_utc(value: Instant, info: ValidationInfo) -> Instant:
    name = info.data.get("time_zone")
    # Stored rotations are in UTC already, so reading one never depends on time zone data.
    if value.tzinfo is not None or name is None:
        return value
    try:
        return instant_of(value, time_zone(name))
    except UnknownTimeZoneError as error:
        refuse([(("time_zone",), str(error))])
        raise


def _too_short(overrides: Sequence[Override]) -> Iterator[tuple[Path, str]]:
    for place, override in enumerate(overrides):
        if override.end - override.start < MIN_OVERRIDE:
            yield ("overrides", place), "an override ends at least 30m after it starts; move its start or end"


def _overlapping(overrides: Sequence[Override]) -> Iterator[tuple[Path, str]]:
    in_order = sorted(enumerate(overrides), key=lambda pair: pair[1].start)
    for (first, earlier), (second, later) in pairwise(in_order):
        if later.start < earlier.end:
            message = f"overrides[{second}] overlaps overrides[{first}]; let one end where the other starts"
            yield ("overrides", second), message
