"""What every definition has: a kind, a name, and refusal of keys nobody knows."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Kind(StrEnum):
    """The kinds of definition; the value is what `kind:` says in YAML."""

    CONTACT = "Contact"
    ESCALATION_PLAN = "EscalationPlan"
    ROTATION = "Rotation"
    ON_CALL_SCHEDULE = "OnCallSchedule"
    RESPONSE_PLAN = "ResponsePlan"
    RUNBOOK = "Runbook"
    ANALYSIS_TEMPLATE = "AnalysisTemplate"
    WORKING_HOURS = "WorkingHours"


ENGAGEABLE = (Kind.CONTACT, Kind.ESCALATION_PLAN, Kind.ON_CALL_SCHEDULE)
"""Kinds that can be engaged. They share one namespace of aliases (AWS: all three are contacts)."""

Alias = Annotated[str, Field(pattern=r"^[a-z0-9_\-]+$", min_length=1, max_length=255)]
"""Name of something that can be engaged (AWS: contact alias)."""

DisplayName = Annotated[str, Field(max_length=255)]


def without_nul(value: str) -> str:
    """Refuse the one character that PostgreSQL cannot store."""
    if "\0" in value:
        raise ValueError("contains a NUL character; remove it")
    return value


Storable = AfterValidator(without_nul)
"""Marks texts that come from outside and are stored as they are."""


class Part(BaseModel):
    """A piece of a definition: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
