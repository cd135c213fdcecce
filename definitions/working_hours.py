"""When people are at work anyway: a calendar that stages can ask for."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from definitions.base import Kind, Part
from definitions.problems import refuse
from definitions.rotations import Coverage, DayOfWeek

Hours = dict[DayOfWeek, Annotated[tuple[Coverage, ...], Field(max_length=48)]]


class WorkingHours(Part):
    """Windows of each day of the week, on the wall clock of `time_zone`; none on `holidays`.

    A window whose end is at or before its start ends the next day.
    """

    kind: Literal[Kind.WORKING_HOURS] = Kind.WORKING_HOURS
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_\-\s.]+$", min_length=1, max_length=255)]
    time_zone: str
    hours: Hours
    holidays: Annotated[tuple[date, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        if not any(self.hours.values()):
            refuse([(("hours",), "no day has any hours; write them like MON: [{start: 09:00, end: 17:00}]")])
        return self
