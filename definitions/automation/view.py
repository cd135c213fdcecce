"""An execution as a viewer shows it: what ran, what runs, what may still run."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from definitions.automation.actions import timeout_seconds
from definitions.automation.document_steps import DocumentSteps
from definitions.automation.flow import valid_next_steps
from definitions.automation.model import AutomationDocument, Step
from definitions.automation.places import Place, placed_steps
from definitions.automation.state import (
    ExecutionState,
    FailureStage,
    FailureType,
    ParentStep,
    StepState,
    StepStatus,
)
from definitions.automation.step_records import next_record, not_begun

__all__ = ["Place", "StepView", "steps_view"]


class StepView(BaseModel):
    """One step as a viewer shows it, the document's words and the execution's facts together.

    A step of a loop's body has a `parent`, whose iteration is the latest that came to the step.
    """

    place: Place
    step_execution_id: str
    name: str
    action: str
    description: str | None
    status: StepStatus
    attempt: int
    max_attempts: int
    timeout_seconds: int | None
    on_failure: str
    on_rollback: str | None = None
    is_critical: bool
    is_end: bool
    valid_next_steps: list[str]
    next_step: str | None
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    started_at: datetime | None
    waiting_since: datetime | None
    ended_at: datetime | None
    failure_message: str | None
    failure_stage: FailureStage | None
    failure_type: FailureType | None
    parent: ParentStep | None = None
    skipped: bool = False
    runner: str | None = None


def steps_view(document: AutomationDocument, state: ExecutionState) -> list[StepView]:
    """Every step: the past ones in the order they ran, the current one, then the rest as written.

    The steps of a loop's body follow their loop, as written. While one of them is current, so is the loop.
    """
    steps = DocumentSteps(document)
    # An execution that was recorded before loops could run has no records of bodies.
    records = {record.name: record for record in not_begun(steps, state.execution_id)}
    records |= {record.name: record for record in state.steps}
    renewed = next_record(steps.step(state.current_step), state) if state.current_step else None
    if renewed is not None:
        records[renewed.name] = renewed
    return [_view(steps, records[step.name], step, place) for step, place in placed_steps(document, state)]


def _view(steps: DocumentSteps, record: StepState, step: Step, place: Place) -> StepView:
    return StepView(
        place=place,
        description=step.description,
        max_attempts=step.max_attempts + record.extra_attempts,
        timeout_seconds=timeout_seconds(step.action, step.timeout_seconds),
        on_failure=step.on_failure,
        on_rollback=step.on_rollback,
        is_end=step.is_end,
        valid_next_steps=valid_next_steps(steps.siblings(step), step),
        runner=steps.runner(step),
        **record.model_dump(exclude={"attempt_started_at", "extra_attempts"}),
    )
