"""How an execution ended: decided by what failed on the way."""

from definitions.automation.state import ExecutionState, ExecutionStatus


def outcome(state: ExecutionState) -> tuple[ExecutionStatus, str | None]:
    """The final status of an execution that has nowhere to go, and why it failed, if it did.

    The first step that failed and was critical decides, and so does one that ended it all.
    """
    if state.cancel_requested_at is not None:
        return ExecutionStatus.CANCELLED, None
    failure = state.deciding_failure
    if failure is None:
        return ExecutionStatus.SUCCESS, None
    if failure.timed_out:
        return ExecutionStatus.TIMED_OUT, f"Step {failure.step} timed out: {failure.message}"
    return ExecutionStatus.FAILED, f"Step {failure.step} failed: {failure.message}"
