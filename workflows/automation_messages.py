"""What an execution of a runbook can be told (AWS: SendAutomationSignal, StopAutomationExecution)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from records.base import Record
from workflows.messages import Author, Note


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
