"""What a workflow writes down at once."""

from typing import Any

from records.base import Record
from records.engagements import EngagementRecord
from records.incidents import Analysis, IncidentRecord
from records.timeline import TimelineEvent


class AutomationRecord(Record):
    """A runbook execution as lists and viewers see it.

    `state` is the interpreter's, written without its steps, which are records of their own; who reads it gets them put
    back in. `document` is given once, when the execution begins. `parent_execution_id` is the execution that
    started this one, `undoes` the one that this one rolls back. `progress` counts the children of an execution that
    goes over targets, by status.
    """

    execution_id: str
    incident_id: str | None = None
    document_name: str
    document_version: str = ""
    status: str
    started_by: str
    state: dict[str, Any]
    document: dict[str, Any] | None = None
    parent_execution_id: str | None = None
    undoes: str | None = None
    target: dict[str, Any] = {}
    progress: dict[str, int] = {}
    failure_message: str | None = None


class AutomationStepRecord(Record):
    """One time that a step of an execution ran: `state` as the interpreter has it, inputs and outputs included."""

    step_execution_id: str
    execution_id: str
    position: int
    status: str
    state: dict[str, Any]


class RecordBatch(Record):
    """Facts of one workflow. `number` grows with each batch, so a late writer never undoes a newer fact."""

    subject_id: str
    number: int = 0
    events: list[TimelineEvent] = []
    incident: IncidentRecord | None = None
    engagements: list[EngagementRecord] = []
    automation: AutomationRecord | None = None
    automation_steps: list[AutomationStepRecord] = []
    analysis: Analysis | None = None


class WrittenDown(Record):
    """What came of a batch. The events are repeated so that the workflow's history holds the timeline."""

    events: list[TimelineEvent] = []
    saved: bool
