"""What a host may ask of an execution now, and the refusal of everything else."""

from definitions.automation.document_steps import DocumentSteps
from definitions.automation.model import Step
from definitions.automation.state import ExecutionState, ExecutionStatus, Hold, StepState


class IllegalTransitionError(RuntimeError):
    """The host asked for something the execution's state does not allow: a defect of the host."""


def current_step(steps: DocumentSteps, state: ExecutionState) -> Step | None:
    """The innermost step that runs or is to be begun next; None when the execution has ended."""
    return None if state.current_step is None else steps.step(state.current_step)


def step_to_begin(steps: DocumentSteps, state: ExecutionState) -> tuple[Step, StepState]:
    """The current step; raises IllegalTransitionError when it runs already or must not begin."""
    step, record = _current(steps, state)
    if state.hold is not None:
        raise IllegalTransitionError(f"step '{step.name}' waits for a person: {state.hold.value}")
    if record.running:
        raise IllegalTransitionError(f"step '{step.name}' is running already")
    return step, record


def running_step(steps: DocumentSteps, state: ExecutionState) -> tuple[Step, StepState]:
    """The current step; raises IllegalTransitionError unless it runs."""
    step, record = _current(steps, state)
    if not record.running:
        raise IllegalTransitionError(f"step '{step.name}' has not begun")
    return step, record


def released_step(
    steps: DocumentSteps, state: ExecutionState, hold: Hold, refusal: str
) -> tuple[Step, StepState]:
    """Ends a hold; the step that was held. Raises IllegalTransitionError, as `refusal`, without that hold."""
    if state.hold is not hold:
        raise IllegalTransitionError(refusal)
    state.hold = None
    state.status = ExecutionStatus.IN_PROGRESS
    return _current(steps, state)


def _current(steps: DocumentSteps, state: ExecutionState) -> tuple[Step, StepState]:
    step = current_step(steps, state)
    if step is None:
        raise IllegalTransitionError("the execution has ended")
    return step, state.step(step.name)
