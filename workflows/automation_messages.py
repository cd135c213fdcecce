"""What an execution of a runbook can be told (AWS: SendAutomationSignal, StopAutomationExecution)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from workflows.messages import Author, Message, Note


class Decide(Message):
    """An approver's word on the step that waits for approval."""

    author: Author
    comment: Note = ""


class Resume(Message):
    """Go on after a pause; `step_name` must be the step that pauses, if it is given."""

    author: Author
    step_name: str | None = None


class StopType(StrEnum):
    """CANCEL stops the running step; COMPLETE lets it finish first."""

    CANCEL = "Cancel"
    COMPLETE = "Complete"


class Stop(Message):
    """Stop the execution."""

    author: Author
    type: StopType = StopType.CANCEL
    reason: Annotated[str, Field(max_length=255)] = ""
