"""What happens when an alarm comes in (AWS: response plan)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, Strict

from definitions.base import Alias, Kind, Part, Storable
from definitions.impacts import Impact
from definitions.message_templates import MessageTemplates

Title = Annotated[str, Field(min_length=1, max_length=200), Storable]
Summary = Annotated[str, Field(max_length=8000), Storable]
DedupeString = Annotated[str, Field(min_length=1, max_length=1000), Storable]
PlanName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9\-_]+$", min_length=1, max_length=200)]


class IncidentTemplate(Part):
    """What an incident of this plan looks like when it opens."""

    title: Title
    impact: Annotated[Impact, Strict()]
    summary: Summary = ""
    dedupe_string: DedupeString | None = None
    tags: Annotated[dict[str, str], Field(max_length=50)] = Field(default_factory=dict)


class DynamicParameter(StrEnum):
    """What a runbook parameter can be filled with when the incident opens."""

    INCIDENT_RECORD_ARN = "INCIDENT_RECORD_ARN"
    INVOLVED_RESOURCES = "INVOLVED_RESOURCES"


class PlannedRunbook(Part):
    """The runbook that starts with the incident, and its parameters."""

    name: str
    parameters: dict[str, str | int | bool | list[str] | dict[str, str]] = Field(default_factory=dict)
    dynamic_parameters: dict[str, DynamicParameter] = Field(default_factory=dict)


class PlannedAnalysis(Part):
    """Which template the analysis of a resolved incident follows, and who is reminded of it."""

    template: str
    owner: Alias | None = None


class ResponsePlan(Part):
    """The whole answer to an alarm: the incident, who is engaged, what runs, what is asked afterwards.

    `messages` replaces the words of its pages. With `re_engage_on_impact_rise` its engagements begin anew when the
    incident turns out to be worse, unless they are still under way.
    """

    kind: Literal[Kind.RESPONSE_PLAN] = Kind.RESPONSE_PLAN
    name: PlanName
    display_name: Annotated[str, Field(max_length=200)] = ""
    incident_template: IncidentTemplate
    chat_channel: Annotated[str, Field(max_length=1000)] | None = None
    engagements: Annotated[tuple[Alias, ...], Field(max_length=5)] = ()
    runbook: PlannedRunbook | None = None
    analysis: PlannedAnalysis | None = None
    messages: MessageTemplates | None = None
    re_engage_on_impact_rise: bool = False
