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
    from activities.automation.steps import StepAttempt, StepFailure, runner_queue
    from definitions.automation import FailureStage, FailureType, ResolvedStep
    from definitions.automation.model import WorkerLost

REPEAT = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10))
ONCE = RetryPolicy(maximum_attempts=1)

NO_LIMIT = timedelta(days=7)


EFFECTS = effects()


class ActionFailed(Exception):  # noqa: N818 - an outcome, not a defect
    """An attempt failed; carries what the step records."""

    def __init__(
        self,
        message: str,
        *,
        timed_out: bool = False,
        stage: FailureStage = FailureStage.INVOCATION,
        kind: FailureType = FailureType.ACTION,
        response: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.timed_out = timed_out
        self.stage = stage
        self.kind = kind
        self.response = response


async def perform(effect: Effect, attempt: StepAttempt, resolved: ResolvedStep) -> dict[str, Any]:
    """Do an action by its activity, on any worker or on those of the step's runner; raises ActionFailed."""
    own_queue = workflow.info().task_queue
    repeatable = resolved.on_worker_lost is WorkerLost.RETRY or effect.repeatable(attempt.inputs)
    limit = NO_LIMIT if attempt.timeout_seconds is None else timedelta(seconds=attempt.timeout_seconds)
    try:
        response: dict[str, Any] = await workflow.execute_activity(
            effect.activity,
            attempt,
            result_type=dict,
            schedule_to_close_timeout=limit + WORKER_LOST,
            start_to_close_timeout=limit,
            heartbeat_timeout=WORKER_LOST,
            task_queue=runner_queue(own_queue, resolved.runner) if resolved.runner else None,
            retry_policy=REPEAT if repeatable else ONCE,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=label(attempt.step),
        )
        return response
    except ActivityError as error:
        raise _failure(error, resolved) from error


def _failure(error: ActivityError, resolved: ResolvedStep) -> ActionFailed:
    cause = error.cause
    if isinstance(cause, TimeoutError) and cause.type is TimeoutType.HEARTBEAT:
        return ActionFailed(
            "the worker that ran this was lost, and whether it had any effect is not known",
            kind=FailureType.INTERNAL,
        )
    if isinstance(cause, TimeoutError):
        late = f"not done within {resolved.timeout_seconds} s"
        if resolved.runner:
            late += f"; does `tocsin worker --runner {resolved.runner}` run?"
        return ActionFailed(late, timed_out=True)
    if isinstance(cause, ApplicationError):
        told = next((StepFailure.model_validate(detail) for detail in cause.details), StepFailure())
        return ActionFailed(cause.message, stage=told.stage, kind=told.kind, response=told.response)
    return ActionFailed(str(cause or error), kind=FailureType.INTERNAL)
