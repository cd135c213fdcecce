"""One attempt of a runbook step, as an activity gets it."""

import json
from typing import Any

from temporalio.exceptions import ApplicationError

from definitions.automation import FailureStage, FailureType, SystemVariables
from definitions.automation.values import deeper_than
from records.base import Record


def runner_queue(task_queue: str, runner: str) -> str:
    """The task queue of the workers that are called `runner`."""
    return f"{task_queue}-runner-{runner}"


class AttachedFile(Record):
    """A file that a document's `files` names: where it is, and the SHA-256 (hexadecimal) it must have."""

    name: str
    source: str
    sha256: str


class StepAttempt(Record):
    """What to do. `key` names the step of the execution (within a loop also the iteration), never the attempt:
    effects that take a token use it.

    `inputs` are resolved, but for secrets: an input that names some stands in `written` as the document has it, and
    `values` holds what its other references mean, so that a secret is put in where it is needed and nowhere else.
    """

    key: str
    step: str
    inputs: dict[str, Any]
    timeout_seconds: int | None
    system: SystemVariables
    assume_role: str = ""
    execution_id: str = ""
    step_execution_id: str = ""
    written: dict[str, Any] = {}
    values: dict[str, Any] = {}
    files: list[AttachedFile] = []


class StepFailure(Record):
    """Where and how an action failed, in AWS's words; travels as the error's details.

    `response` is what the action has to show all the same: a command's output, an execution's status.
    """

    stage: FailureStage = FailureStage.INVOCATION
    kind: FailureType = FailureType.ACTION
    response: dict[str, Any] | None = None


STEP_FAILED = "StepFailed"
"""Error type of an action that failed in its own right, as opposed to a lost worker."""


def step_failed(
    message: str,
    *,
    stage: FailureStage = FailureStage.INVOCATION,
    kind: FailureType = FailureType.ACTION,
    response: dict[str, Any] | None = None,
) -> ApplicationError:
    """The error an action raises; never retried by Temporal, the step's own maxAttempts decides.

    `response` becomes the failed step's outputs.
    """
    failure = StepFailure(stage=stage, kind=kind, response=response)
    return ApplicationError(message, failure, type=STEP_FAILED, non_retryable=True)


LONGEST_MESSAGE = 10_000
"""Characters of why a step failed; of a longer message the middle is left out, for the end has the last words."""

LARGEST_RESPONSE = 100_000
DEEPEST_RESPONSE = 60
"""Bytes as JSON, and levels, of what an action may answer (AWS: scripts may return 100 KB)."""


def storable(response: dict[str, Any]) -> dict[str, Any]:
    """The response if a workflow's history can hold it; fails the step otherwise."""
    try:
        json.dumps(response, ensure_ascii=False).encode()
        size = len(json.dumps(response, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise step_failed(f"the answer is not JSON: {error}") from error
    if size > LARGEST_RESPONSE:
        raise step_failed(f"the answer is {size} bytes; at most {LARGEST_RESPONSE} can be kept")
    if deeper_than(response, DEEPEST_RESPONSE):
        raise step_failed(f"the answer is nested more than {DEEPEST_RESPONSE} levels deep")
    return response
