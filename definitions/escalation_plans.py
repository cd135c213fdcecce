"""Who is engaged after whom (AWS: ESCALATION contact)."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from definitions.base import Alias, DisplayName, Kind, Part
from definitions.durations import Duration


def _at_most_a_week(value: timedelta) -> timedelta:
    if value > timedelta(days=7):
        raise ValueError("a stage of an escalation plan lasts at most 7d")
    return value


class EscalationTarget(Part):
    """A contact or on-call schedule engaged in a stage.

    An acknowledgement of an essential target stops later stages; that of another target stops only the
    paging of that person (AWS: IsEssential).
    """

    contact: Alias
    is_essential: bool = True


class EscalationStage(Part):
    """Targets engaged together, and how long to wait before the next stage. No targets: a pure wait."""

    duration: Annotated[Duration, AfterValidator(_at_most_a_week)]
    targets: Annotated[tuple[EscalationTarget, ...], Field(max_length=30)] = ()

    @model_validator(mode="after")
    def _waits_or_engages(self) -> Self:
        if not self.duration and not self.targets:
            raise ValueError("a stage of 0s without targets does nothing; give it a duration or a target")
        return self


class EscalationPlan(Part):
    """Stages of contacts, engaged in order until an essential one acknowledges."""

    kind: Literal[Kind.ESCALATION_PLAN] = Kind.ESCALATION_PLAN
    name: Alias
    display_name: DisplayName = ""
    stages: Annotated[tuple[EscalationStage, ...], Field(min_length=1, max_length=100)]
