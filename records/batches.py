"""What a workflow writes down at once."""

from typing import Any

from records.base import Record
from records.engagements import EngagementRecord
from records.incidents import Analysis, IncidentRecord
from records.timeline import TimelineEvent


class AutomationRecord(Record):
    """A runbook execution as lists and viewers see it.

    `state` is the interpreter's whole state; `document` is given once, when the execution begins.
    """

    execution_id: str
    incident_id: str | None = None
    document_name: str
    status: str
    started_by: str
    state: dict[str, Any]
    document: dict[str, Any] | None = None


class RecordBatch(Record):
    """Facts of one workflow. `number` grows with each batch, so a late writer never undoes a newer fact."""

    subject_id: str
    number: int = 0
    events: list[TimelineEvent] = []
    incident: IncidentRecord | None = None
    engagements: list[EngagementRecord] = []
    automation: AutomationRecord | None = None
    analysis: Analysis | None = None


class WrittenDown(Record):
    """What came of a batch. The events are repeated so that the workflow's history holds the timeline."""

    events: list[TimelineEvent] = []
    saved: bool
