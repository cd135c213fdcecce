"""aws:loop (A5): how it ends: by a jump out of its body, a failure, its timeout, or cancelled."""

from datetime import timedelta
from typing import Any

import pytest

from definitions.automation import Execution, ExecutionState, StepStatus
from definitions.automation.model import AutomationDocument
from tests.automation.playing import (
    FAIL,
    NOW,
    TIME_OUT,
    branch,
    loop,
    payloads,
    play,
    run,
    script,
    started,
    statuses,
    step,
)

# Jumping out


@pytest.mark.parametrize(
    ("way", "body", "status"),
    [
        ("nextStep", step("a", nextStep="out"), "Success"),
        ("a choice", branch("a", ("x", "x", "out")), "Success"),
        ("Default", branch("a", ("x", "y", "never"), default="out"), "Success"),
        ("onFailure", step("a", onFailure="step:out"), "Failed"),
        ("onFailure, not critical", step("a", onFailure="step:out", isCritical=False), "Success"),
    ],
)
def test_a_body_step_that_names_a_step_outside_exits_the_loop(
    way: str, body: dict[str, Any], status: str
) -> None:
    again = loop("again", body, step("never"), over=["x", "y"])
    execution = started(again, step("skipped"), step("out"))
    failing = {"a": [FAIL]} if "onFailure" in way else {}
    assert run(execution, **failing) == ["again", "a", "out"], way
    assert execution.state.step("again").status is StepStatus.EXITED
    assert (execution.state.step("again").next_step, execution.state.step("a").next_step) == ("out", "out")
    assert execution.state.status == status
    assert statuses(execution)["skipped"] == "Pending"


def test_a_loop_that_was_exited_is_over_and_its_step_no_longer_reads_as_the_loop() -> None:
    again = loop("again", step("a", nextStep="out"), over=["x"])
    execution = started(again, script("out", "{{ LOOP.CurrentIteration }} {{ again.CurrentIteration }}"))
    assert payloads(execution, "out") == ["{{ LOOP.CurrentIteration }} 1"]
    assert execution.state.loop is None


# Failing


@pytest.mark.parametrize(
    ("rule", "keys", "begun", "loop_status", "status"),
    [
        ("abort ends the loop and all", {}, ["again", "a"], "Failed", "Failed"),
        ("abort, not critical", {"isCritical": False}, ["again", "a"], "Failed", "Failed"),
        (
            "continue goes on, uncritical",
            {"onFailure": "Continue"},
            ["again", "a", "b", "a", "b", "after"],
            "Success",
            "Success",
        ),
        (
            "continue, critical: the execution fails at its end",
            {"onFailure": "Continue", "isCritical": True},
            ["again", "a", "b", "a", "b", "after"],
            "Success",
            "Failed",
        ),
        (
            "continue where success would: nextStep",
            {"onFailure": "Continue", "nextStep": "after"},
            ["again", "a", "after"],
            "Exited",
            "Success",
        ),
        (
            "a jump within the body, isEnd or not",
            {"onFailure": "step:b", "isEnd": True, "isCritical": False},
            ["again", "a", "b", "a", "after"],
            "Success",
            "Success",
        ),
        (
            "a jump within the body is critical by default",
            {"onFailure": "step:b"},
            ["again", "a", "b", "a", "b", "after"],
            "Success",
            "Failed",
        ),
    ],
)
def test_on_failure_of_a_body_step(
    rule: str, keys: dict[str, Any], begun: list[str], loop_status: str, status: str
) -> None:
    body = (step("a", **keys), step("b", isEnd=True))
    execution = started(loop("again", *body, over=["x", "y"], onFailure="Continue"), step("after"))
    assert run(execution, a=[FAIL]) == begun, rule
    assert (statuses(execution)["again"], execution.state.status) == (loop_status, status), rule


def test_a_failure_that_is_passed_over_at_the_end_of_an_iteration_ends_the_iteration() -> None:
    body = (step("a", onFailure="Continue", isEnd=True), step("never"))
    execution = started(loop("again", *body, over=["x", "y"]), step("after"))
    assert run(execution, a=[FAIL, FAIL]) == ["again", "a", "a", "after"]
    assert execution.state.status == "Success"


def test_a_failure_that_ended_the_loop_says_where_and_a_timeout_stays_one() -> None:
    execution = started(loop("again", step("a"), over=["x", "y"]))
    run(execution, a=[{}, TIME_OUT])
    record = execution.state.step("again")
    assert (record.status, execution.state.status) == (StepStatus.TIMED_OUT, "TimedOut")
    assert record.failure_message == "step 'a' timed out in iteration 2: broke"
    assert execution.state.failure_message == "Step a timed out: broke"


def test_a_critical_failure_of_an_early_iteration_is_not_forgotten() -> None:
    again = loop("again", step("a", onFailure="Continue", isCritical=True), over=["x", "y"])
    execution = started(again)
    run(execution, a=[FAIL])
    assert (statuses(execution)["a"], execution.state.status) == ("Success", "Failed")
    assert execution.state.failure_message == "Step a failed: broke"


def test_a_body_step_is_retried_within_its_iteration() -> None:
    execution = started(loop("again", step("a", maxAttempts=2), over=["x", "y"]))
    assert run(execution, a=[FAIL, {}, FAIL]) == ["again", "a", "a", "a", "a"]
    assert execution.state.status == "Success"


def test_a_loop_takes_no_longer_than_its_timeout() -> None:
    again = loop("again", step("a", maxAttempts=5), over=["x"] * 9, timeoutSeconds=60, onFailure="step:late")
    execution = started(again, step("never"), step("late"))
    execution.begin(NOW)
    execution.decide(NOW)
    assert execution.begin(NOW + timedelta(seconds=20)).timeout_seconds == 40
    execution.succeed({}, NOW + timedelta(seconds=50))
    execution.begin(NOW + timedelta(seconds=50))
    execution.succeed({}, NOW + timedelta(seconds=60))
    assert execution.state.step("again").failure_message == "the loop was not done within 60 s"
    assert execution.current is not None
    assert execution.current.name == "late"
    play(execution)
    assert execution.state.status == "TimedOut"


# Cancelling


def entered(*body: dict[str, Any], **keys: Any) -> Execution:
    """In the first body step, which runs."""
    clean = step("clean", "aws:deleteImage", inputs={"ImageId": "i"})
    execution = started(loop("again", *body, over=["x", "y"]), step("after", isEnd=True), clean, **keys)
    execution.begin(NOW)
    execution.decide(NOW)
    execution.begin(NOW)
    return execution


def test_cancelling_inside_a_loop_cancels_the_step_and_the_loop() -> None:
    execution = entered(step("a"), step("b"))
    execution.cancel(NOW)
    assert [statuses(execution)[name] for name in ("again", "a")] == ["Cancelling", "Cancelling"]
    execution.cancelled(NOW)
    assert execution.state.status == "Cancelled"
    assert statuses(execution) == {
        "again": "Cancelled",
        "a": "Cancelled",
        "b": "Pending",
        "after": "Pending",
        "clean": "Pending",
    }


@pytest.mark.parametrize(
    ("target", "begun", "loop_status"), [("clean", ["clean"], "Exited"), ("mend", ["mend", "b"], "Cancelled")]
)
def test_on_cancel_of_a_body_step_leads_out_of_the_loop_or_to_the_end_of_the_iteration(
    target: str, begun: list[str], loop_status: str
) -> None:
    work = step("a", onCancel=f"step:{target}", isEnd=True)
    mend = step("mend", "aws:deleteImage", inputs={"ImageId": "i"})
    execution = entered(work, mend, step("b"))
    execution.cancel(NOW)
    execution.cancelled(NOW)
    assert execution.state.cancel_deadline == NOW + timedelta(minutes=2)
    assert run(execution) == begun
    assert (statuses(execution)["again"], execution.state.status) == (loop_status, "Cancelled")


def test_the_running_body_step_may_be_left_to_finish_and_nothing_follows_it() -> None:
    execution = entered(step("a", onCancel="step:clean"), step("b"))
    execution.cancel(NOW, let_step_finish=True)
    execution.succeed({}, NOW)
    assert execution.state.status == "Cancelled"
    assert (statuses(execution)["again"], statuses(execution)["a"]) == ("Cancelled", "Success")


def test_cancelling_between_two_steps_of_a_body_ends_at_once() -> None:
    execution = entered(step("a"), step("b"))
    execution.succeed({}, NOW)
    execution.cancel(NOW)
    assert execution.state.status == "Cancelled"
    assert [statuses(execution)[name] for name in ("again", "a", "b")] == ["Cancelled", "Success", "Pending"]


def test_a_loop_that_is_cancelled_before_it_is_entered_is_not_entered() -> None:
    execution = started(loop("again", step("a"), over=["x"]))
    execution.begin(NOW)
    execution.cancel(NOW)
    execution.decide(NOW)
    assert statuses(execution) == {"again": "Cancelled", "a": "Pending"}
    assert execution.state.status == "Cancelled"


# The state


def test_a_loop_goes_on_the_same_from_its_state_as_json() -> None:
    execution = entered(script("a", "{{ again.CurrentIteratorValue }}"), step("b"))
    state = ExecutionState.model_validate_json(execution.state.model_dump_json())
    document = AutomationDocument.model_validate_json(execution.document.model_dump_json())
    carried = Execution(document, state)
    assert carried.running == execution.running
    for one in (execution, carried):
        one.succeed({}, NOW)
        run(one)
    assert carried.state == execution.state
