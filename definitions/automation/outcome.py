"""How an execution ended: decided by what failed on the way."""

from definitions.automation.model import ABORT, AutomationDocument
from definitions.automation.state import ExecutionState, ExecutionStatus, StepState, StepStatus


def outcome(document: AutomationDocument, state: ExecutionState) -> tuple[ExecutionStatus, str | None]:
    """The final status of an execution that has nowhere to go, and why it failed, if it did.

    The first step that failed and was critical decides, and so does one whose onFailure Abort ended it all.
    """
    if state.cancel_requested_at is not None:
        return ExecutionStatus.CANCELLED, None
    culprit = _culprit(document, state)
    if culprit is None:
        return ExecutionStatus.SUCCESS, None
    if culprit.status is StepStatus.TIMED_OUT:
        return ExecutionStatus.TIMED_OUT, f"Step {culprit.name} timed out: {culprit.failure_message}"
    return ExecutionStatus.FAILED, f"Step {culprit.name} failed: {culprit.failure_message}"


def _culprit(document: AutomationDocument, state: ExecutionState) -> StepState | None:
    for name in state.path:
        record = state.step(name)
        failed = record.status in (StepStatus.FAILED, StepStatus.TIMED_OUT)
        if failed and (record.is_critical or document.step(name).on_failure == ABORT):
            return record
    return None
