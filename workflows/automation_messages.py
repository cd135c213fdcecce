"""What an execution of a runbook starts with and can be told (AWS: SendAutomationSignal, StopAutomationExecution)."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from records.base import Record
from workflows.messages import Author, Note


class AutomationInput(Record):
    """An execution: the document travels whole. `incident_id` is the incident to report to, if there is one."""

    execution_id: str
    document_name: str
    document: dict[str, Any]
    parameters: dict[str, Any] = {}
    started_by: Author
    incident_id: str | None = None


class Decide(Record):
    """An approver's word on the step that waits for approval."""

    author: Author
    comment: Note = ""


class Resume(Record):
    """Go on after a pause; `step_name` must be the step that pauses, if it is given."""

    author: Author
    step_name: str | None = None


class StopType(StrEnum):
    """CANCEL stops the running step; COMPLETE lets it finish first."""

    CANCEL = "Cancel"
    COMPLETE = "Complete"


class Stop(Record):
    """Stop the execution."""

    author: Author
    type: StopType = StopType.CANCEL
    reason: Annotated[str, Field(max_length=255)] = ""
