"""Who is engaged after whom (AWS: ESCALATION contact)."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, Strict, model_validator

from definitions.base import Alias, DisplayName, Kind, Part
from definitions.durations import Duration, format_duration
from definitions.impacts import Impact
from definitions.problems import refuse


def _at_most_a_week(value: timedelta) -> timedelta:
    if value > timedelta(days=7):
        raise ValueError("a stage of an escalation plan lasts at most 7d")
    return value


class EscalationTarget(Part):
    """A contact, on-call schedule or other escalation plan engaged in a stage.

    An acknowledgement of an essential target stops later stages; that of another target stops only the
    paging of that person (AWS: IsEssential).
    """

    contact: Alias
    is_essential: bool = True


class Otherwise(StrEnum):
    """What becomes of a stage whose condition does not hold when its turn comes."""

    SKIP = "skip"
    WAIT = "wait"


class StageCondition(Part):
    """When a stage is for: an incident of one of these impacts, within or outside working hours.

    `otherwise: wait` lets the stage begin when the hours do; an impact that does not fit always skips it. What is
    paged without an incident has no impact, and fits any.
    """

    impact: Annotated[tuple[Annotated[Impact, Strict()], ...], Field(max_length=5)] = ()
    during: str | None = None
    outside: str | None = None
    otherwise: Otherwise = Otherwise.SKIP

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.during is not None and self.outside is not None:
            raise ValueError("give during or outside, not both; two stages say both")
        if not self.impact and self.during is None and self.outside is None:
            raise ValueError("a condition names impact, during or outside")
        if self.otherwise is Otherwise.WAIT and self.during is None and self.outside is None:
            raise ValueError("otherwise: wait is for during and outside; there is nothing here to wait for")
        return self


class EscalationStage(Part):
    """Targets engaged together, and how long to wait before the next stage. No targets: a pure wait.

    With `all_must_acknowledge` the plan goes on until every essential person of the stage has acknowledged.
    """

    duration: Annotated[Duration, AfterValidator(_at_most_a_week)]
    targets: Annotated[tuple[EscalationTarget, ...], Field(max_length=30)] = ()
    all_must_acknowledge: bool = False
    when: StageCondition | None = None

    @property
    def working_hours(self) -> tuple[str, ...]:
        """The names of the working hours that its condition asks for."""
        asked = (self.when.during, self.when.outside) if self.when else ()
        return tuple(name for name in asked if name is not None)

    @model_validator(mode="after")
    def _waits_or_engages(self) -> Self:
        if not self.duration and not self.targets:
            raise ValueError("a stage of 0s without targets does nothing; give it a duration or a target")
        return self


class OnEssentialAck(StrEnum):
    """What an acknowledgement that stops the plan means for others who are being paged already."""

    CONTINUE_OTHERS = "continue_others"
    SILENCE_ALL = "silence_all"


UNTIL_ACKNOWLEDGED = "until_acknowledged"
SHORTEST_ROUND = timedelta(minutes=1)


class EscalationPlan(Part):
    """Stages, engaged in order until an essential contact acknowledges.

    `repeat`: how often the whole plan begins again when it ends unanswered (AWS: never). `fallback` is engaged when
    the plan has come to its end and nobody at all could be reached.
    """

    kind: Literal[Kind.ESCALATION_PLAN] = Kind.ESCALATION_PLAN
    name: Alias
    display_name: DisplayName = ""
    stages: Annotated[tuple[EscalationStage, ...], Field(min_length=1, max_length=100)]
    repeat: Annotated[int, Strict(), Field(ge=0, le=100)] | Literal["until_acknowledged"] = 0
    on_essential_ack: OnEssentialAck = OnEssentialAck.CONTINUE_OTHERS
    fallback: Alias | None = None

    @model_validator(mode="after")
    def _rounds_take_time(self) -> Self:
        whole = sum((stage.duration for stage in self.stages), timedelta(0))
        if self.repeat and whole < SHORTEST_ROUND:
            message = (
                f"a plan that repeats takes at least {format_duration(SHORTEST_ROUND)} a round, this one"
                f" {format_duration(whole)}; give its stages longer durations"
            )
            refuse([(("repeat",), message)])
        return self
