"""An execution as a viewer shows it."""

from typing import Any

import pytest

from definitions.automation import Execution
from definitions.automation.model import WorkerLost
from definitions.automation.view import Place
from tests.automation.playing import FAIL, NOW, branch, loop, one_attempt, play, script, started, step


def test_the_viewer_shows_past_current_future_and_what_is_not_taken() -> None:
    execution = started(
        branch("pick", ("a", "a", "right"), default="left"),
        step("left", isEnd=True),
        step("right", onFailure="step:mend"),
        step("done", isEnd=True),
        step("mend"),
    )
    execution.begin(NOW)
    execution.decide(NOW)
    execution.begin(NOW)
    view = execution.steps_view()
    assert [(one.name, one.place) for one in view] == [
        ("pick", Place.PAST),
        ("right", Place.CURRENT),
        ("left", Place.NOT_TAKEN),
        ("done", Place.FUTURE),
        ("mend", Place.FUTURE),
    ]
    assert [one.valid_next_steps for one in view[:2]] == [["right", "left"], ["done", "mend"]]
    assert len({one.step_execution_id for one in view}) == 5
    execution.succeed({}, NOW)
    play(execution)
    assert {one.name: one.place for one in execution.steps_view()}["mend"] is Place.NOT_TAKEN


def places(execution: Execution) -> dict[str, str]:
    return {one.name: one.place.value for one in execution.steps_view()}


BODY = (
    branch("odd", ("{{ LOOP.CurrentIteratorValue }}", "y", "end")),
    step("work", nextStep="end"),
    step("end", onFailure="step:mend"),
)


def test_the_steps_of_a_loop_stand_under_it_and_lie_where_its_iteration_is() -> None:
    execution = started(
        step("first"), loop("again", *BODY, over=["x", "y"]), step("last", isEnd=True), step("mend")
    )
    assert list(places(execution)) == ["first", "again", "odd", "work", "end", "last", "mend"]
    assert set(list(places(execution).values())[1:]) == {"future"}
    one_attempt(execution, None)
    one_attempt(execution, None)
    one_attempt(execution, None)
    assert places(execution) == {
        "first": "past",
        "again": "current",
        "odd": "past",
        "work": "current",
        "end": "future",
        "last": "future",
        "mend": "future",
    }
    view = {one.name: one for one in execution.steps_view()}
    assert view["again"].valid_next_steps == ["last", "mend"]
    assert [view[name].valid_next_steps for name in ("odd", "work", "end")] == [
        ["end", "work"],
        ["end"],
        ["mend"],
    ]
    assert {one.parent.step_name if one.parent else None for one in view.values()} == {None, "again"}
    assert (view["work"].parent and view["work"].parent.iterator_value) == "x"


def test_in_a_later_iteration_the_steps_that_it_passed_by_are_past() -> None:
    execution = started(loop("again", *BODY, over=["x", "y"]), step("last", isEnd=True), step("mend"))
    for _ in range(5):
        one_attempt(execution, None)
    assert places(execution) == {
        "again": "current",
        "odd": "past",
        "work": "past",
        "end": "current",
        "last": "future",
        "mend": "future",
    }
    play(execution)
    assert places(execution) == {
        "again": "past",
        "odd": "past",
        "work": "past",
        "end": "past",
        "last": "past",
        "mend": "not taken",
    }


def test_a_loop_that_was_left_leaves_the_steps_of_its_body_that_never_ran_not_taken() -> None:
    execution = started(loop("again", step("a", nextStep="out"), step("b"), over=["x", "y"]), step("out"))
    play(execution)
    assert places(execution) == {"again": "past", "a": "past", "b": "not taken", "out": "past"}


def test_the_steps_that_may_undo_others_lie_ahead_while_a_rollback_may_come() -> None:
    undo = {"action": "aws:deleteImage", "inputs": {"ImageId": "i"}}
    execution = started(
        step("one", onRollback="step:undo_one"),
        step("two", onRollback="step:undo_two", onFailure="Rollback"),
        step("three", isEnd=True),
        {"name": "undo_one", **undo},
        {"name": "undo_two", **undo},
    )
    assert execution.steps_view()[0].on_rollback == "step:undo_one"
    one_attempt(execution, None)
    assert places(execution) == {
        "one": "past",
        "two": "current",
        "three": "future",
        "undo_one": "future",
        "undo_two": "future",
    }
    one_attempt(execution, FAIL)
    assert places(execution) == {
        "one": "past",
        "two": "past",
        "undo_one": "current",
        "three": "not taken",
        "undo_two": "not taken",
    }


def test_a_step_without_a_rollback_ahead_leaves_what_undoes_it_not_taken() -> None:
    undo = step("undo", "aws:deleteImage", inputs={"ImageId": "i"})
    execution = started(step("one", onRollback="step:undo", isEnd=True), undo)
    assert places(execution) == {"one": "current", "undo": "not taken"}


def test_while_it_is_cancelled_only_the_step_that_ends_is_current() -> None:
    execution = started(loop("again", step("a"), step("b"), over=["x", "y"]), step("last"))
    execution.begin(NOW)
    execution.decide(NOW)
    execution.begin(NOW)
    execution.cancel(NOW)
    assert places(execution) == {"again": "current", "a": "current", "b": "not taken", "last": "not taken"}


def test_an_execution_recorded_before_loops_could_run_is_shown_too() -> None:
    execution = started(loop("again", step("a"), over=["x"]))
    execution.begin(NOW)
    execution.fail("aws:loop cannot be run here", NOW)
    execution.state.steps = [one for one in execution.state.steps if one.parent is None]
    assert places(execution) == {"again": "past", "a": "not taken"}


# Who runs what


@pytest.mark.parametrize(
    ("document", "main", "body", "first", "inner"),
    [
        ({}, {}, {}, None, None),
        ({"runner": "edge"}, {}, {}, "edge", "edge"),
        ({"runner": "edge"}, {"runner": "dmz"}, {}, "dmz", "dmz"),
        ({"runner": "edge"}, {}, {"runner": "dmz"}, "edge", "dmz"),
        ({}, {"runner": "edge"}, {"runner": "dmz"}, "edge", "dmz"),
    ],
)
def test_a_step_runs_where_it_says_else_where_its_loop_else_where_the_document_says(
    document: dict[str, Any], main: dict[str, Any], body: dict[str, Any], first: str | None, inner: str | None
) -> None:
    """Of a loop, the runner is its body's: the loop itself runs nowhere."""
    inside = script("inside", {}, onWorkerLost="Retry", **body)
    execution = started(loop("again", inside, over=["x"], **main), script("after", {}), **document)
    assert [one.runner for one in execution.steps_view()] == [first, inner, document.get("runner")]
    assert execution.begin(NOW).on_worker_lost is WorkerLost.FAIL
    execution.decide(NOW)
    resolved = execution.begin(NOW)
    assert (resolved.runner, resolved.on_worker_lost) == (inner, WorkerLost.RETRY)
    assert execution.running == resolved


def test_the_way_out_of_a_loop_that_only_a_cancellation_takes_is_no_valid_next_step() -> None:
    clean = step("clean", "aws:deleteImage", inputs={"ImageId": "i"})
    again = loop("again", script("a", {}, onCancel="step:clean"), over=["x"])
    execution = started(again, step("after", isEnd=True), clean)
    assert execution.steps_view()[0].valid_next_steps == ["after"]
    assert places(execution)["clean"] == "not taken"
