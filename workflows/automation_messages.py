"""What an execution of a runbook can be told (AWS: SendAutomationSignal, StopAutomationExecution)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from workflows.messages import Author, Message, Note


class Decide(Message):
    """An approver's word on the step that waits for approval."""

    author: Author
    comment: Note = ""


class StepMessage(Message):
    """Something to do with the step that waits or runs; `step_name` must be that step, if it is given."""

    author: Author
    step_name: str | None = None
    note: Note = ""


class Resume(StepMessage):
    """Go on after a pause, or after what a tocsin:manual step asked for has been done."""


class StartStep(StepMessage):
    """Let the next step of an execution in Interactive mode begin."""


class RetryStep(StepMessage):
    """Try the failed step again that the execution waits at."""


class SkipStep(StepMessage):
    """Go on without the failed step that the execution waits at, or without what a tocsin:manual step asks for."""


class StopStep(StepMessage):
    """Stop the running step: it fails, and its onFailure says how the execution goes on."""

    step_execution_id: str | None = None


class StopType(StrEnum):
    """CANCEL stops the running step; COMPLETE lets it finish first."""

    CANCEL = "Cancel"
    COMPLETE = "Complete"


class Stop(Message):
    """Stop the execution."""

    author: Author
    type: StopType = StopType.CANCEL
    reason: Annotated[str, Field(max_length=255)] = ""
