"""One attempt of a runbook step, as an activity gets it."""

from typing import Any

from temporalio.exceptions import ApplicationError

from definitions.automation import FailureStage, FailureType, SystemVariables
from records.base import Record


class StepAttempt(Record):
    """What to do. `key` names the step of the execution, never the attempt: effects that take a token use it."""

    key: str
    step: str
    inputs: dict[str, Any]
    timeout_seconds: int | None
    system: SystemVariables
    assume_role: str = ""


class StepFailure(Record):
    """Where and how an action failed, in AWS's words; travels as the error's details."""

    stage: FailureStage = FailureStage.INVOCATION
    kind: FailureType = FailureType.ACTION


STEP_FAILED = "StepFailed"
"""Error type of an action that failed in its own right, as opposed to a lost worker."""


def step_failed(
    message: str, *, stage: FailureStage = FailureStage.INVOCATION, kind: FailureType = FailureType.ACTION
) -> ApplicationError:
    """The error an action raises; never retried by Temporal, the step's own maxAttempts decides."""
    return ApplicationError(
        message, StepFailure(stage=stage, kind=kind), type=STEP_FAILED, non_retryable=True
    )
