"""People in between: the Interactive mode waits before each step, onFailure Pause after one that failed."""

from datetime import timedelta

import pytest

from definitions.automation import Execution, ExecutionStatus, Hold, IllegalTransitionError, Mode, StepStatus
from tests.automation.playing import FAIL, NOW, TIME_OUT, branch, loop, run, started, statuses, step


def attended(execution: Execution) -> list[str]:
    """Starts every step when it waits for that; says which."""
    begun = []
    while execution.current is not None:
        assert execution.state.status is ExecutionStatus.WAITING
        execution.start_step(NOW)
        assert execution.state.status is ExecutionStatus.IN_PROGRESS
        begun.append(execution.current.name)
        execution.begin(NOW)
        if execution.current.action == "aws:loop":
            execution.decide(NOW)
        else:
            execution.succeed({}, NOW)
    return begun


# The Interactive mode


def test_the_interactive_mode_waits_before_each_step_the_first_and_those_of_loops_included() -> None:
    execution = started(
        step("a"), loop("again", step("b"), over=["x", "y"]), step("c"), mode=Mode.INTERACTIVE
    )
    assert execution.state.hold is Hold.BETWEEN_STEPS
    assert attended(execution) == ["a", "again", "b", "b", "c"]
    assert execution.state.status is ExecutionStatus.SUCCESS


def test_a_step_must_not_begin_before_somebody_starts_it_and_is_started_once() -> None:
    execution = started(step("a"), step("b"), mode=Mode.INTERACTIVE)
    with pytest.raises(IllegalTransitionError, match="step 'a' waits for a person: BetweenSteps"):
        execution.begin(NOW)
    execution.start_step(NOW)
    with pytest.raises(IllegalTransitionError, match="no step waits to be started"):
        execution.start_step(NOW)


def test_another_attempt_needs_no_second_start() -> None:
    execution = started(step("a", maxAttempts=2), mode=Mode.INTERACTIVE)
    execution.start_step(NOW)
    assert run(execution, a=[FAIL]) == ["a", "a"]


def test_cancelling_while_a_step_waits_to_be_started_ends_at_once() -> None:
    execution = started(step("a", onCancel="step:clean"), CLEAN, mode=Mode.INTERACTIVE)
    execution.cancel(NOW)
    assert (execution.state.status, execution.state.hold) == (ExecutionStatus.CANCELLED, None)
    assert statuses(execution) == {"a": "Pending", "clean": "Pending"}


CLEAN = step("clean", "aws:deleteImage", inputs={"ImageId": "i"})


def test_the_steps_after_on_cancel_wait_for_nobody() -> None:
    execution = started(step("a", onCancel="step:clean"), CLEAN, mode=Mode.INTERACTIVE)
    execution.start_step(NOW)
    execution.begin(NOW)
    execution.cancel(NOW)
    execution.cancelled(NOW)
    assert run(execution) == ["clean"]
    assert execution.state.status is ExecutionStatus.CANCELLED


def test_in_the_automatic_mode_nothing_waits_to_be_started() -> None:
    with pytest.raises(IllegalTransitionError, match="no step waits to be started"):
        started(step("a")).start_step(NOW)


# onFailure: Pause


def paused(answer: str = FAIL) -> Execution:
    execution = started(step("a", onFailure="Pause", maxAttempts=2), step("b"))
    assert run(execution, a=[answer, answer]) == ["a", "a"]
    return execution


@pytest.mark.parametrize(("answer", "status"), [(FAIL, "Failed"), (TIME_OUT, "TimedOut")])
def test_a_step_that_failed_for_good_waits_for_a_person(answer: str, status: str) -> None:
    execution = paused(answer)
    assert execution.state.hold is Hold.FAILED_STEP
    assert (execution.state.status, statuses(execution)["a"]) == (ExecutionStatus.WAITING, status)
    assert (execution.running, execution.state.step("a").failure_message) == (None, "broke")
    with pytest.raises(IllegalTransitionError, match="step 'a' waits for a person: FailedStep"):
        execution.begin(NOW)


def test_retried_it_gets_its_attempts_anew_and_goes_on_counting() -> None:
    execution = paused()
    execution.retry_step(NOW)
    assert (execution.state.status, statuses(execution)["a"]) == (ExecutionStatus.IN_PROGRESS, "Pending")
    resolved = execution.begin(NOW)
    assert (resolved.attempt, resolved.max_attempts) == (3, 4)
    assert execution.steps_view()[0].max_attempts == 4
    assert execution.fail("broke again", NOW) is True
    assert run(execution, a=[FAIL]) == ["a"]
    assert execution.state.hold is Hold.FAILED_STEP
    execution.retry_step(NOW)
    assert run(execution) == ["a", "b"]
    assert execution.state.path == ["a", "b"]
    assert (execution.state.status, execution.state.failure_message) == (ExecutionStatus.SUCCESS, None)


def test_skipped_it_stays_failed_and_no_longer_decides() -> None:
    execution = paused()
    execution.skip_step(NOW)
    assert run(execution) == ["b"]
    record = execution.state.step("a")
    assert (record.status, record.skipped, record.next_step) == (StepStatus.FAILED, True, "b")
    assert execution.state.status is ExecutionStatus.SUCCESS
    assert execution.steps_view()[0].skipped


def test_a_branch_that_is_skipped_takes_its_default() -> None:
    pick = branch("pick", ("a", "a", "b"), default="c", onFailure="Pause")
    execution = started(pick, step("b"), step("c"))
    assert run(execution, pick=[FAIL]) == ["pick"]
    execution.skip_step(NOW)
    assert run(execution) == ["c"]


def test_a_failure_elsewhere_still_decides() -> None:
    execution = started(step("a", onFailure="Pause"), step("b", onFailure="step:c"), step("c"))
    run(execution, a=[FAIL])
    execution.skip_step(NOW)
    run(execution, b=[FAIL])
    assert execution.state.failure_message == "Step b failed: broke"


def test_cancelled_while_it_waits_the_step_stays_failed() -> None:
    execution = paused()
    execution.cancel(NOW)
    assert (execution.state.status, execution.state.hold) == (ExecutionStatus.CANCELLED, None)
    assert statuses(execution) == {"a": "Failed", "b": "Pending"}


def test_nothing_pauses_once_the_execution_is_cancelled() -> None:
    execution = started(step("a", onCancel="step:clean"), CLEAN | {"onFailure": "Pause"}, step("b"))
    execution.begin(NOW)
    execution.cancel(NOW)
    execution.cancelled(NOW)
    assert run(execution, clean=[FAIL]) == ["clean"]
    assert execution.state.status is ExecutionStatus.CANCELLED


def test_what_does_not_wait_is_neither_retried_nor_skipped() -> None:
    execution = started(step("a"))
    with pytest.raises(IllegalTransitionError, match="no failed step waits to be retried"):
        execution.retry_step(NOW)
    with pytest.raises(IllegalTransitionError, match="no failed step waits to be skipped"):
        execution.skip_step(NOW)


def test_a_step_of_a_loop_pauses_and_goes_on_in_its_iteration() -> None:
    execution = started(loop("again", step("a", onFailure="Pause"), step("b"), over=["x", "y"]))
    assert run(execution, a=[FAIL]) == ["again", "a"]
    execution.skip_step(NOW)
    assert run(execution, a=[FAIL]) == ["b", "a"]
    execution.retry_step(NOW)
    assert run(execution) == ["a", "b"]
    assert execution.state.status is ExecutionStatus.SUCCESS


def test_a_loop_that_pauses_on_failure_pauses_at_the_step_that_would_have_ended_it() -> None:
    body = (step("a"), step("b", onFailure="Continue"))
    execution = started(loop("again", *body, over=["x", "y"], onFailure="Pause"))
    assert run(execution, a=[FAIL], b=[FAIL]) == ["again", "a"]
    execution.skip_step(NOW)
    assert run(execution, b=[FAIL]) == ["b", "a", "b"]
    assert execution.state.status is ExecutionStatus.SUCCESS


def test_in_the_interactive_mode_the_step_after_a_skipped_one_waits_to_be_started() -> None:
    execution = started(step("a", onFailure="Pause"), step("b"), mode=Mode.INTERACTIVE)
    execution.start_step(NOW)
    run(execution, a=[FAIL])
    execution.skip_step(NOW)
    assert (execution.state.hold, execution.state.status) == (Hold.BETWEEN_STEPS, ExecutionStatus.WAITING)


def test_a_loop_that_took_too_long_and_pauses_begins_anew_when_retried() -> None:
    execution = started(loop("again", step("a"), over=["x", "y"], timeoutSeconds=60, onFailure="Pause"))
    late = NOW + timedelta(seconds=60)
    execution.begin(NOW)
    execution.decide(NOW)
    execution.begin(NOW)
    execution.succeed({}, late)
    assert (execution.state.hold, statuses(execution)["again"]) == (Hold.FAILED_STEP, "TimedOut")
    execution.retry_step(late)
    assert execution.begin(late).step.name == "again"
    execution.decide(late)
    assert execution.begin(late).iteration == 1
    execution.succeed({}, late)
    execution.begin(late)
    execution.succeed({}, late)
    record = execution.state.step("again")
    assert (record.status, record.failure_message) == (StepStatus.SUCCESS, None)
    assert execution.state.status is ExecutionStatus.SUCCESS
