"""The records of steps that have not begun, with the ids they will keep."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from definitions.automation.document_steps import DocumentSteps
from definitions.automation.loops import iterator_value
from definitions.automation.model import Step
from definitions.automation.state import ExecutionState, Hold, ParentStep, StepState

_STEP_IDS = UUID("7d3c4f6e-52f4-5d0c-9a3e-6f1f0c9b7a10")


def not_begun(steps: DocumentSteps, execution_id: str) -> Iterator[StepState]:
    """A record for every step of a document, each loop followed by its body."""
    for step in steps.main:
        record = _record(step, f"{execution_id}/{step.name}")
        yield record
        for part in steps.body(step):
            yield _body_record(part, record, execution_id, iteration=1)


def next_record(step: Step, state: ExecutionState) -> StepState | None:
    """The record that the current step will begin with, if it is in a loop and has not begun this iteration.

    Until the step begins, its old record stays in the state: a host has yet to read how that run ended.
    """
    record, loop = state.step(step.name), state.loop
    under_way = record.attempt > 0 and not record.status.final
    if loop is None or under_way or state.hold is Hold.FAILED_STEP:
        return None
    return _body_record(
        step,
        state.step(loop.step),
        state.execution_id,
        iteration=loop.iteration,
        iterator_value=iterator_value(loop),
    )


def _body_record(
    step: Step, loop: StepState, execution_id: str, *, iteration: int, iterator_value: Any = None
) -> StepState:
    record = _record(step, f"{execution_id}/{loop.name}/{iteration}/{step.name}")
    record.parent = ParentStep(
        step_execution_id=loop.step_execution_id,
        step_name=loop.name,
        action=loop.action,
        iteration=iteration,
        iterator_value=iterator_value,
    )
    return record


def _record(step: Step, key: str) -> StepState:
    return StepState(
        step_execution_id=str(uuid5(_STEP_IDS, key)),
        name=step.name,
        action=step.action,
        is_critical=step.critical,
    )
