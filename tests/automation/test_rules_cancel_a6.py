"""Cancelling (A6): the running step, the steps after onCancel, and their two minutes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from definitions.automation import (
    Execution,
    ExecutionStatus,
)
from tests.automation.playing import (
    NOW,
    play,
    started,
    statuses,
    step,
)


def cancelled_while(*steps: dict[str, Any], **keys: Any) -> Execution:
    execution = started(*steps, **keys)
    execution.begin(NOW)
    execution.cancel(NOW)
    return execution


def test_cancelling_stops_the_running_step_and_leaves_the_rest_pending() -> None:
    execution = cancelled_while(step("a", onFailure="Continue"), step("b"))
    assert execution.state.status == "Cancelling"
    assert statuses(execution) == {"a": "Cancelling", "b": "Pending"}
    execution.cancelled(NOW)
    assert execution.state.status == "Cancelled"
    assert statuses(execution) == {"a": "Cancelled", "b": "Pending"}


CHAIN = (
    step("a", onCancel="step:clean"),
    step("b", isEnd=True),
    step("clean", "aws:deleteImage", inputs={"ImageId": "i"}, maxAttempts=2, onCancel="step:later"),
    step("later", "aws:deleteImage", inputs={"ImageId": "i"}),
)


def test_cancelling_runs_the_steps_after_on_cancel_for_two_minutes() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    assert execution.state.cancel_deadline == NOW + timedelta(minutes=2)
    assert execution.current is not None
    assert execution.current.name == "clean"
    execution.begin(NOW)
    assert execution.fail("not yet", NOW) is True
    assert execution.state.status == "Cancelling"
    play(execution)
    assert execution.state.status == "Cancelled"
    assert statuses(execution) == {"a": "Cancelled", "b": "Pending", "clean": "Success", "later": "Success"}


def test_when_the_two_minutes_are_up_the_execution_is_cancelled() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    execution.begin(NOW)
    execution.cancelled(NOW + timedelta(minutes=2))
    assert execution.state.status == "Cancelled"
    assert statuses(execution) == {"a": "Cancelled", "b": "Pending", "clean": "Cancelled", "later": "Pending"}


def test_the_time_may_run_out_between_two_steps_of_the_chain() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    execution.begin(NOW)
    execution.fail("not yet", NOW)
    execution.cancelled(NOW + timedelta(minutes=2))
    assert execution.state.status == "Cancelled"
    assert statuses(execution)["clean"] == "Cancelled"


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        (lambda execution: execution.succeed({}, NOW), "Success"),
        (lambda execution: execution.fail("broke off", NOW), "Cancelled"),
        (lambda execution: execution.cancelled(NOW), "Cancelled"),
    ],
    ids=["succeeds", "fails", "is stopped"],
)
def test_however_a_step_ends_that_is_being_cancelled_its_chain_follows(
    ends: Callable[[Execution], None], status: str
) -> None:
    execution = cancelled_while(step("a", onCancel="step:clean", maxAttempts=5), *CHAIN[1:])
    ends(execution)
    assert play(execution) == ["a", "clean", "later"]
    assert statuses(execution)["a"] == status
    assert execution.state.status == "Cancelled"


def test_a_step_that_ended_before_it_could_be_stopped_is_not_stopped_twice() -> None:
    execution = cancelled_while(*CHAIN)
    execution.succeed({}, NOW)
    execution.cancelled(NOW)
    assert play(execution) == ["a", "clean", "later"]
    assert statuses(execution)["a"] == "Success"
    execution.cancelled(NOW)
    assert execution.state.status == "Cancelled"


def test_cancelling_again_does_not_break_off_the_chain() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    execution.cancel(NOW)
    assert play(execution) == ["a", "clean", "later"]


def test_cancelling_between_steps_ends_at_once() -> None:
    execution = started(step("a", maxAttempts=2), step("b"))
    execution.cancel(NOW)
    assert (execution.state.status, statuses(execution)["a"]) == (ExecutionStatus.CANCELLED, "Pending")
    retried = started(step("a", maxAttempts=2), step("b"))
    retried.begin(NOW)
    retried.fail("broke", NOW)
    retried.cancel(NOW)
    assert (retried.state.status, statuses(retried)["a"]) == (ExecutionStatus.CANCELLED, "Cancelled")


def test_the_running_step_may_be_left_to_finish() -> None:
    execution = started(*CHAIN)
    execution.begin(NOW)
    execution.cancel(NOW, let_step_finish=True)
    assert statuses(execution)["a"] == "InProgress"
    execution.succeed({}, NOW)
    assert execution.state.status == "Cancelled"
    assert execution.state.path == ["a"]


def test_a_step_left_to_finish_can_still_be_stopped() -> None:
    execution = started(*CHAIN)
    execution.begin(NOW)
    execution.cancel(NOW, let_step_finish=True)
    execution.cancel(NOW)
    execution.cancelled(NOW)
    assert play(execution) == ["a", "clean", "later"]


def test_a_step_that_comes_to_wait_for_people_while_it_is_cancelled_is_still_cancelled() -> None:
    execution = cancelled_while(step("a", "aws:pause"), step("b"))
    execution.wait(NOW)
    assert statuses(execution)["a"] == "Cancelling"
    execution.fail("broken off", NOW)
    assert (statuses(execution)["a"], execution.state.status) == ("Cancelled", "Cancelled")
