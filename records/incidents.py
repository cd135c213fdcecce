"""The incident record."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from definitions.base import Storable
from definitions.impacts import Impact
from definitions.response_plans import DedupeString, Summary, Title
from records.base import Record

ACCOUNT_ID = "000000000000"
"""The one account of this installation, as ARNs want one."""


class IncidentStatus(StrEnum):
    """AWS knows these two; whether the analysis is still owed is told by `analysis_status`."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"


class AnalysisStatus(StrEnum):
    """Where the post-incident analysis stands."""

    NOT_DUE = "NOT_DUE"
    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    SKIPPED = "SKIPPED"


class Trigger(Record):
    """What set the incident off (AWS: triggerDetails). `raw_data` is the sender's own text, kept as it came."""

    source: Annotated[str, Field(min_length=1, max_length=50), Storable] = "aws.ssm-incidents.custom"
    timestamp: datetime | None = None
    trigger_arn: Annotated[str, Field(max_length=1000), Storable] | None = None
    raw_data: Annotated[str, Field(max_length=10_000), Storable] = ""


class RelatedItemType(StrEnum):
    """AWS's types of related item."""

    ANALYSIS = "ANALYSIS"
    INCIDENT = "INCIDENT"
    METRIC = "METRIC"
    PARENT = "PARENT"
    ATTACHMENT = "ATTACHMENT"
    OTHER = "OTHER"
    AUTOMATION = "AUTOMATION"
    INVOLVED_RESOURCE = "INVOLVED_RESOURCE"
    TASK = "TASK"


class RelatedItem(Record):
    """Something that belongs to the incident; known by type and value."""

    type: RelatedItemType
    value: Annotated[str, Field(min_length=1, max_length=4000), Storable]
    title: Annotated[str, Field(max_length=200), Storable] = ""

    def same_as(self, other: "RelatedItem") -> bool:
        """Whether both name the same thing (AWS: match by identifier)."""
        return (self.type, self.value) == (other.type, other.value)


MAX_RELATED_ITEMS = 100


class IncidentRecord(Record):
    """An incident as it stands."""

    incident_id: str
    plan: str
    title: Title
    summary: Summary = ""
    impact: Impact
    status: IncidentStatus = IncidentStatus.OPEN
    chat_channel: str | None = None
    dedupe_key: DedupeString
    trigger: Trigger = Trigger()
    created_by: str
    created_at: datetime
    modified_by: str
    modified_at: datetime
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    analysis_status: AnalysisStatus = AnalysisStatus.NOT_DUE
    tags: dict[str, str] = {}
    related_items: list[RelatedItem] = []

    @property
    def arn(self) -> str:
        """The incident's ARN as AWS forms it."""
        return f"arn:aws:ssm-incidents::{ACCOUNT_ID}:incident-record/{self.plan}/{self.incident_id}"


class Analysis(Record):
    """What was learned: answers by question id, and what will change."""

    incident_id: str
    template: str | None = None
    title: str = "Post-incident analysis"
    status: AnalysisStatus
    summary: Summary = ""
    answers: dict[str, Annotated[str, Field(max_length=8000)]] = {}
    action_items: list[Annotated[str, Field(min_length=1, max_length=1000)]] = []
    skip_reason: str | None = None
    author: str
    completed_at: datetime
