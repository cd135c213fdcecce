"""Undoing: onFailure Rollback within an execution, and an execution that undoes another."""

from typing import Any

import pytest

from definitions.automation import Execution, ExecutionState, ExecutionStatus, IllegalTransitionError
from tests.automation.playing import FAIL, NOW, TIME_OUT, change, loop, run, script, started, statuses, step


def undo(name: str, **keys: Any) -> dict[str, Any]:
    return step(name, "aws:deleteImage", inputs={"ImageId": "i"}, **keys)


def deployment(**keys: Any) -> Execution:
    return started(
        step("one", onRollback="step:undo_one"),
        step("two", onRollback="step:undo_two"),
        step("three", onRollback="step:undo_three", onFailure="Rollback", isEnd=True, **keys),
        undo("undo_one"),
        undo("undo_two"),
        undo("undo_three"),
    )


def test_what_succeeded_is_undone_in_reverse_order_and_the_execution_fails() -> None:
    execution = deployment(maxAttempts=2)
    assert run(execution, three=[FAIL, FAIL]) == ["one", "two", "three", "three", "undo_two", "undo_one"]
    assert execution.state.path == ["one", "two", "three", "undo_two", "undo_one"]
    assert statuses(execution) == {
        "one": "Success",
        "two": "Success",
        "three": "Failed",
        "undo_one": "Success",
        "undo_two": "Success",
        "undo_three": "Pending",
    }
    assert execution.state.failure_message == "Step three failed: broke"
    assert execution.state.status is ExecutionStatus.FAILED


def test_a_timeout_rolls_back_too_and_stays_a_timeout() -> None:
    execution = deployment()
    run(execution, three=[TIME_OUT])
    assert execution.state.status is ExecutionStatus.TIMED_OUT


def test_without_a_failure_nothing_is_undone() -> None:
    execution = deployment()
    assert run(execution) == ["one", "two", "three"]
    assert execution.state.status is ExecutionStatus.SUCCESS


def test_a_failure_with_nothing_to_undo_ends_it() -> None:
    execution = started(step("a", onFailure="Rollback", onRollback="step:b", isEnd=True), undo("b"))
    assert run(execution, a=[FAIL]) == ["a"]
    assert execution.state.status is ExecutionStatus.FAILED


def test_a_compensation_that_fails_does_not_keep_the_others_from_running() -> None:
    execution = deployment()
    begun = run(execution, three=[FAIL], undo_two=[FAIL])
    assert begun[-2:] == ["undo_two", "undo_one"]
    assert execution.state.failure_message == "Step three failed: broke"


@pytest.mark.parametrize(
    "keys",
    [
        {"nextStep": "elsewhere"},
        {"isEnd": True},
        {"onFailure": "step:elsewhere"},
        {"onFailure": "Pause"},
        {"onFailure": "Rollback"},
        {"onFailure": "Continue"},
    ],
)
def test_a_compensation_is_run_alone_wherever_it_would_lead(keys: dict[str, Any]) -> None:
    execution = started(
        step("one", onRollback="step:undo_one"),
        step("two", onRollback="step:undo_two"),
        step("three", onFailure="Rollback", isEnd=True),
        undo("undo_one"),
        undo("undo_two", **keys),
        undo("elsewhere"),
    )
    assert run(execution, three=[FAIL], undo_two=[FAIL])[-2:] == ["undo_two", "undo_one"]
    assert statuses(execution)["elsewhere"] == "Pending"


def test_a_compensation_reads_what_its_step_put_out_and_is_tried_again() -> None:
    outputs = [{"Name": "id", "Selector": "$.Payload.id", "Type": "String"}]
    execution = started(
        script("make", {}, onRollback="step:remove") | {"outputs": outputs},
        step("break", onFailure="Rollback", isEnd=True),
        script("remove", "{{ make.id }}", maxAttempts=2),
    )
    execution.begin(NOW)
    execution.succeed({"Payload": {"id": "i-1"}}, NOW)
    execution.begin(NOW)
    execution.fail("broke", NOW)
    for _ in range(2):
        assert execution.begin(NOW).inputs["InputPayload"] == "i-1"
        execution.fail("broke", NOW)
    assert execution.state.step("remove").attempt == 2


def test_two_steps_that_are_undone_by_the_same_one_are_undone_once() -> None:
    execution = started(
        step("one", onRollback="step:wipe"),
        step("two", onRollback="step:wipe"),
        step("three", onFailure="Rollback", isEnd=True),
        undo("wipe"),
    )
    assert run(execution, three=[FAIL])[-1:] == ["wipe"]
    assert execution.state.path.count("wipe") == 1


def test_a_failed_step_of_a_loop_rolls_back_the_main_steps() -> None:
    for body, around in (({"onFailure": "Rollback"}, {}), ({}, {"onFailure": "Rollback"})):
        execution = started(
            step("one", onRollback="step:undo_one"),
            loop("again", step("a", **body), over=["x"], isEnd=True, onRollback="step:undo_again", **around),
            undo("undo_one"),
            undo("undo_again"),
        )
        assert run(execution, a=[FAIL]) == ["one", "again", "a", "undo_one"]
        assert (statuses(execution)["again"], execution.state.status) == ("Failed", ExecutionStatus.FAILED)


def test_a_loop_that_was_left_by_a_jump_is_undone() -> None:
    execution = started(
        loop("again", step("a", nextStep="out"), over=["x"], onRollback="step:undo_again"),
        step("out", onFailure="Rollback", isEnd=True),
        loop("undo_again", undo("b"), over=["x", "y"]),
    )
    assert run(execution, out=[FAIL]) == ["again", "a", "out", "undo_again", "b", "b"]


def test_a_step_that_was_skipped_is_not_undone() -> None:
    execution = started(
        step("one", onFailure="Pause", onRollback="step:undo_one"),
        step("two", onFailure="Rollback", isEnd=True),
        undo("undo_one"),
    )
    run(execution, one=[FAIL])
    execution.skip_step(NOW)
    assert run(execution, two=[FAIL]) == ["two"]


def test_cancelling_breaks_a_rollback_off() -> None:
    execution = deployment()
    for name in ("one", "two", "three"):
        execution.begin(NOW)
        if name == "three":
            execution.fail("broke", NOW)
        else:
            execution.succeed({}, NOW)
    execution.begin(NOW)
    execution.cancel(NOW)
    execution.cancelled(NOW)
    assert execution.state.status is ExecutionStatus.CANCELLED
    assert [statuses(execution)[name] for name in ("undo_two", "undo_one")] == ["Cancelled", "Pending"]
    later = undone(execution)
    assert run(later) == ["undo_two", "undo_one"]


# An execution that undoes another


def undone(origin: Execution) -> Execution:
    state = ExecutionState.model_validate_json(origin.state.model_dump_json())
    return Execution.undo(origin.document, state, execution_id="e-2", now=NOW)


def test_undo_runs_only_the_compensations_and_reads_the_others_values() -> None:
    origin = started(
        script("make", {}, "ids", onRollback="step:remove"),
        change("note", "Word", "new", isEnd=True),
        script(
            "remove", ["{{ make.ids }}", "{{ Who }}", "{{ variable:Word }}", "{{ automation:EXECUTION_ID }}"]
        ),
        parameters={"Who": {"type": "String"}},
        given={"Who": "ann"},
        variables={"Word": {"type": "String", "default": "old"}},
    )
    run(origin, make=[{"Payload": {"ids": ["i-1"]}}])
    execution = undone(origin)
    assert execution.begin(NOW).inputs["InputPayload"] == ["i-1", "ann", "new", "e-2"]
    execution.succeed({}, NOW)
    assert execution.state.status is ExecutionStatus.SUCCESS
    assert execution.state.path == ["remove"]
    assert statuses(execution) == {"make": "Pending", "note": "Pending", "remove": "Success"}
    assert not {one.step_execution_id for one in execution.state.steps} & {
        one.step_execution_id for one in origin.state.steps
    }
    assert origin.state.step("remove").attempt == 0


def test_undo_of_a_success_undoes_all_and_fails_if_one_compensation_did() -> None:
    origin = deployment()
    run(origin)
    execution = undone(origin)
    assert run(execution, undo_three=[FAIL]) == ["undo_three", "undo_two", "undo_one"]
    assert execution.state.failure_message == "Step undo_three failed: broke"
    assert execution.state.status is ExecutionStatus.FAILED


def test_undo_of_a_failure_undoes_what_had_succeeded() -> None:
    origin = started(step("one", onRollback="step:undo_one"), step("two", isEnd=True), undo("undo_one"))
    run(origin, two=[FAIL])
    assert run(undone(origin)) == ["undo_one"]


def test_what_a_rollback_has_undone_is_not_undone_again() -> None:
    origin = deployment()
    run(origin, three=[FAIL], undo_two=[FAIL])
    assert run(undone(origin)) == ["undo_two"]


def test_nothing_to_undo_is_a_success_at_once() -> None:
    origin = started(step("one"))
    run(origin)
    execution = undone(origin)
    assert (execution.current, execution.state.status) == (None, ExecutionStatus.SUCCESS)
    assert execution.state.ended_at == NOW


def test_an_execution_that_goes_on_cannot_be_undone() -> None:
    with pytest.raises(IllegalTransitionError, match="has not ended: InProgress"):
        undone(started(step("one")))
