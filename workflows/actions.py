"""How an action that touches the world is done: by its activity, at most once unless it may be repeated."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType

from workflows.summaries import label
from workflows.timeouts import WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from activities.automation.effects import Effect, effects
    from activities.automation.steps import StepAttempt, StepFailure
    from definitions.automation import FailureStage, FailureType

REPEAT = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10))
ONCE = RetryPolicy(maximum_attempts=1)

NO_LIMIT = timedelta(days=7)


EFFECTS = effects()

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
        response: dict[str, Any] = await workflow.execute_activity(
            effect.activity,
            attempt,
            result_type=dict,
            schedule_to_close_timeout=limit + WORKER_LOST,
            start_to_close_timeout=limit,
            heartbeat_timeout=WORKER_LOST,
            retry_policy=REPEAT if effect.repeatable(attempt.inputs) else ONCE,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=label(attempt.step),
        )
        return response
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
