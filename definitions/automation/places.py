"""Where each step of an execution lies, seen from now."""

from collections.abc import Iterator
from enum import StrEnum

from definitions.automation.document_steps import DocumentSteps
from definitions.automation.flow import reachable
from definitions.automation.model import ROLLBACK, AutomationDocument, Step
from definitions.automation.rollback import compensations
from definitions.automation.state import ExecutionState


class Place(StrEnum):
    """Where a step lies, seen from now; NOT_TAKEN can no longer run."""

    PAST = "past"
    CURRENT = "current"
    FUTURE = "future"
    NOT_TAKEN = "not taken"


def placed_steps(document: AutomationDocument, state: ExecutionState) -> Iterator[tuple[Step, Place]]:
    """Every step with its place: the past ones in the order they ran, the current one, the rest as written.

    The steps of a loop's body follow their loop, as written. While one of them is current, so is the loop.
    """
    steps = DocumentSteps(document)
    for step, place in _main_places(document, state):
        yield step, place
        if step.name == state.current_main_step and state.loop is not None:
            yield from _going_round(steps.body(step), state)
        else:
            yield from _standing(steps.body(step), state, place)


def _main_places(document: AutomationDocument, state: ExecutionState) -> Iterator[tuple[Step, Place]]:
    current = state.current_main_step
    ahead = _ahead(document, state)
    for name in state.path:
        if name != current:
            yield document.step(name), Place.PAST
    if current is not None:
        yield document.step(current), Place.CURRENT
    for step in document.main_steps:
        if step.name not in state.path and step.name != current:
            yield step, Place.FUTURE if step.name in ahead else Place.NOT_TAKEN


def _ahead(document: AutomationDocument, state: ExecutionState) -> set[str]:
    """The main steps that can still run, those that undo others included."""
    current = state.current_main_step
    if current is None or state.stopping:
        return set()
    if state.rolling_back:
        return set(state.compensations)
    steps = DocumentSteps(document)
    ahead = reachable(document.main_steps, current)
    may_run = [step for step in document.main_steps if step.name in ahead]
    parts = [part for step in may_run for part in (step, *steps.body(step))]
    if state.cancel_requested_at is None and any(part.on_failure == ROLLBACK for part in parts):
        ahead |= {step.compensation for step in may_run if step.compensation}
        ahead |= set(compensations(document, state))
    return ahead


def _going_round(body: list[Step], state: ExecutionState) -> Iterator[tuple[Step, Place]]:
    """The body of the loop that goes on: by the current iteration, then by those that may come."""
    going, current = state.loop, state.current_step
    ahead = set() if current is None or state.stopping else reachable(body, current)
    more = going is not None and going.iteration < going.max_iterations
    for step in body:
        if step.name == current:
            yield step, Place.CURRENT
        elif step.name in ahead:
            yield step, Place.FUTURE
        elif _has_run(step, state):
            yield step, Place.PAST
        else:
            again = more and state.cancel_requested_at is None
            yield step, Place.FUTURE if again else Place.NOT_TAKEN


def _standing(body: list[Step], state: ExecutionState, loop: Place) -> Iterator[tuple[Step, Place]]:
    """The body of a loop that has not begun or is over."""
    for step in body:
        if _has_run(step, state):
            yield step, Place.PAST
        else:
            yield step, Place.NOT_TAKEN if loop in (Place.PAST, Place.NOT_TAKEN) else Place.FUTURE


def _has_run(step: Step, state: ExecutionState) -> bool:
    return any(record.name == step.name and record.attempt > 0 for record in state.steps)
