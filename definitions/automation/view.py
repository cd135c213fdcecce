"""An execution as a viewer shows it: what ran, what runs, what may still run."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from definitions.automation.actions import timeout_seconds
from definitions.automation.flow import reachable, valid_next_steps
from definitions.automation.model import AutomationDocument, Step
from definitions.automation.state import ExecutionState, FailureStage, FailureType, StepStatus


class Place(StrEnum):
    """Where a step lies, seen from now; NOT_TAKEN can no longer run."""

    PAST = "past"
    CURRENT = "current"
    FUTURE = "future"
    NOT_TAKEN = "not taken"


class StepView(BaseModel):
    """One step as a viewer shows it, the document's words and the execution's facts together."""

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


def steps_view(document: AutomationDocument, state: ExecutionState) -> list[StepView]:
    """Every step: the past ones in the order they ran, the current one, then the rest as written."""
    steps = document.main_steps
    current = state.current_step
    ahead = reachable(steps, current) if current else set()
    if state.cancel_requested_at and not state.cancel_deadline:
        ahead &= {current}
    past = [document.step(name) for name in state.path if name != current]
    now = [step for step in steps if step.name == current]
    rest = [step for step in steps if step.name not in state.path and step.name != current]
    return [
        *(_view(document, state, step, Place.PAST) for step in past),
        *(_view(document, state, step, Place.CURRENT) for step in now),
        *(
            _view(document, state, step, Place.FUTURE if step.name in ahead else Place.NOT_TAKEN)
            for step in rest
        ),
    ]


def _view(document: AutomationDocument, state: ExecutionState, step: Step, place: Place) -> StepView:
    record = state.step(step.name)
    return StepView(
        place=place,
        description=step.description,
        max_attempts=step.max_attempts,
        timeout_seconds=timeout_seconds(step.action, step.timeout_seconds),
        on_failure=step.on_failure,
        is_end=step.is_end,
        valid_next_steps=valid_next_steps(document.main_steps, step),
        **record.model_dump(exclude={"attempt_started_at"}),
    )
