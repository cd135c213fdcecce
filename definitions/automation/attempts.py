"""One attempt of a step, as a host gets it: its inputs resolved, its limits said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from definitions.automation.actions import ACTIONS, timeout_seconds
from definitions.automation.document_steps import DocumentSteps
from definitions.automation.interpolation import Scope, interpolate
from definitions.automation.model import Step, WorkerLost
from definitions.automation.state import StepState


@dataclass(frozen=True)
class ResolvedStep:
    """One attempt of a step, ready to be done; its timeout counts from `started_at`, None is no limit.

    `runner` names the workers it must run on, None is any. `iteration` (from 1) is that of the loop around the
    step, None outside loops. `refusal` says why the inputs are not to be used: then the attempt can only fail.
    """

    step: Step
    inputs: dict[str, Any]
    timeout_seconds: int | None
    attempt: int
    max_attempts: int
    started_at: datetime
    runner: str | None = None
    on_worker_lost: WorkerLost = WorkerLost.FAIL
    iteration: int | None = None
    refusal: str | None = None


def resolved_inputs(step: Step, scope: Scope) -> dict[str, Any]:
    """The inputs of a step with references followed, but for those the action takes as written."""
    as_written = ACTIONS[step.action].as_written
    return {
        key: value if key in as_written else interpolate(value, scope) for key, value in step.inputs.items()
    }


def resolved_step(
    step: Step,
    record: StepState,
    started_at: datetime,
    steps: DocumentSteps,
    *,
    most_seconds: int | None = None,
) -> ResolvedStep:
    """The attempt that `record` says has begun; it may take `most_seconds` whatever its own limit is."""
    limits = (timeout_seconds(step.action, step.timeout_seconds), most_seconds)
    return ResolvedStep(
        step=step,
        inputs=record.inputs,
        timeout_seconds=min((limit for limit in limits if limit is not None), default=None),
        attempt=record.attempt,
        max_attempts=step.max_attempts + record.extra_attempts,
        started_at=started_at,
        runner=steps.runner(step),
        on_worker_lost=step.on_worker_lost,
        iteration=record.parent.iteration if record.parent else None,
    )
