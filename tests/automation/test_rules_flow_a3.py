"""Where an execution goes after success (A3)."""

from typing import Any

import pytest

from definitions.automation import (
    ExecutionStatus,
)
from tests.automation.playing import NOW, branch, play, started, statuses, step


def test_steps_run_in_the_order_they_are_written() -> None:
    execution = started(step("a"), step("b"), step("c"))
    assert play(execution) == ["a", "b", "c"]
    assert execution.state.status is ExecutionStatus.SUCCESS
    assert execution.state.ended_at == NOW


def test_next_step_jumps_and_leaves_others_pending() -> None:
    execution = started(step("a", nextStep="c"), step("b"), step("c"))
    assert play(execution) == ["a", "c"]
    assert statuses(execution) == {"a": "Success", "b": "Pending", "c": "Success"}


def test_is_end_ends_even_before_next_step() -> None:
    assert play(started(step("a", isEnd=True, nextStep="b"), step("b"))) == ["a"]


def test_a_document_without_steps_succeeds_at_once() -> None:
    execution = started()
    assert (execution.current, execution.state.status) == (None, ExecutionStatus.SUCCESS)


def test_a_branch_goes_to_the_first_choice_that_holds() -> None:
    execution = started(
        branch("pick", ("{{ Kind }}", "x", "x"), ("{{ Kind }}", "y", "y"), default="x"),
        step("x", isEnd=True),
        step("y"),
        given={"Kind": "y"},
        parameters={"Kind": {"type": "String"}},
    )
    assert play(execution) == ["pick", "y"]
    assert execution.state.step("pick").next_step == "y"


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"default": "z"}, ["pick", "z"]),
        ({"default": "z", "isEnd": True}, ["pick", "z"]),
        ({"isEnd": True}, ["pick"]),
        ({}, ["pick", "y", "z"]),
        ({"nextStep": "z"}, ["pick", "z"]),
    ],
)
def test_a_branch_where_nothing_holds_takes_the_default_or_ends_or_falls_through(
    keys: dict[str, Any], path: list[str]
) -> None:
    assert play(started(branch("pick", ("a", "b", "z"), **keys), step("y"), step("z"))) == path


def test_the_end_of_the_list_ends_it_and_next_step_may_lead_backwards_in_it() -> None:
    execution = started(step("a", nextStep="c"), step("b", isEnd=True), step("c", nextStep="b"))
    assert play(execution) == ["a", "c", "b"]


def test_steps_nothing_leads_to_stay_pending() -> None:
    execution = started(step("a", isEnd=True), step("island"))
    play(execution)
    assert statuses(execution) == {"a": "Success", "island": "Pending"}
    assert execution.state.status is ExecutionStatus.SUCCESS
