"""How each action of a runbook step is done. The one place to add an action.

An action that touches the world is an activity: write it under activities/automation/, register it with the worker
and add a row to `EFFECTS`. One that only waits or decides is a method of `Waits` or of the execution itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType

from workflows.summaries import label
from workflows.timeouts import WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from activities.automation.aws_api import AwsApi, only_reads
    from activities.automation.instances import Instances
    from activities.automation.scripts import Scripts
    from activities.automation.steps import StepAttempt, StepFailure
    from definitions.automation import FailureStage, FailureType

REPEAT = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10))
ONCE = RetryPolicy(maximum_attempts=1)

NO_LIMIT = timedelta(days=7)


@dataclass(frozen=True)
class Effect:
    """An action done by an activity; `repeatable` says for which inputs a lost worker's work may be done again."""

    activity: Callable[[Any, StepAttempt], Awaitable[dict[str, Any]]]
    repeatable: Callable[[dict[str, Any]], bool]


EFFECTS: dict[str, Effect] = {
    "aws:executeScript": Effect(Scripts.execute_script, repeatable=lambda inputs: False),
    "aws:executeAwsApi": Effect(AwsApi.execute_aws_api, repeatable=only_reads),
    "aws:changeInstanceState": Effect(Instances.change_instance_state, repeatable=lambda inputs: True),
}

FLOW = frozenset({"aws:branch", "aws:sleep", "aws:pause", "aws:approve"})
"""Actions that need no activity."""


class ActionFailed(Exception):  # noqa: N818 - an outcome, not a defect
    """An attempt failed; carries what the step records."""

    def __init__(
        self,
        message: str,
        *,
        timed_out: bool = False,
        stage: FailureStage = FailureStage.INVOCATION,
        kind: FailureType = FailureType.ACTION,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.timed_out = timed_out
        self.stage = stage
        self.kind = kind


async def perform(effect: Effect, attempt: StepAttempt) -> dict[str, Any]:
    """Do an action by its activity; raises ActionFailed."""
    limit = NO_LIMIT if attempt.timeout_seconds is None else timedelta(seconds=attempt.timeout_seconds)
    try:
        return await workflow.execute_activity_method(
            effect.activity,
            attempt,
            schedule_to_close_timeout=limit + WORKER_LOST,
            start_to_close_timeout=limit,
            heartbeat_timeout=WORKER_LOST,
            retry_policy=REPEAT if effect.repeatable(attempt.inputs) else ONCE,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=label(attempt.step),
        )
    except ActivityError as error:
        raise _failure(error, attempt) from error


def _failure(error: ActivityError, attempt: StepAttempt) -> ActionFailed:
    cause = error.cause
    if isinstance(cause, TimeoutError) and cause.type is TimeoutType.HEARTBEAT:
        return ActionFailed(
            "the worker that ran this was lost, and whether it had any effect is not known",
            kind=FailureType.INTERNAL,
        )
    if isinstance(cause, TimeoutError):
        return ActionFailed(f"not done within {attempt.timeout_seconds} s", timed_out=True)
    if isinstance(cause, ApplicationError):
        told = next((StepFailure.model_validate(detail) for detail in cause.details), StepFailure())
        return ActionFailed(cause.message, stage=told.stage, kind=told.kind)
    return ActionFailed(str(cause or error), kind=FailureType.INTERNAL)
