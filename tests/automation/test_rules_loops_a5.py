"""aws:loop (A5): what it goes over, how often, and what its body reads in each iteration."""

import re
from typing import Any

import pytest

from definitions.automation import FailureStage, Mode, StepStatus
from tests.automation.playing import (
    NOW,
    branch,
    change,
    loop,
    payloads,
    run,
    script,
    started,
    statuses,
    step,
)

MORE = {"Variable": "{{ again.CurrentIteration }}", "NumericLesser": 3}


# What it goes over


def test_the_body_runs_once_for_every_iterator_and_then_the_flow_goes_on() -> None:
    execution = started(loop("again", step("a"), step("b"), over=["x", "y"]), step("after"))
    assert run(execution) == ["again", "a", "b", "a", "b", "after"]
    assert execution.state.path == ["again", "after"]
    assert set(statuses(execution).values()) == {"Success"}
    assert execution.state.status == "Success"


@pytest.mark.parametrize(
    ("kind", "written", "values"),
    [
        (None, ["a", "b"], ["a", "b"]),
        ("String", ["a", 1, True], ["a", "1", "true"]),
        ("Integer", ["1", 2], [1, 2]),
        ("Boolean", ["true", "False", True], [True, False, True]),
        ("StringMap", ['{"id": "i-1"}', {"id": "i-2"}], [{"id": "i-1"}, {"id": "i-2"}]),
        ("String", "{{ Ids }}", ["i-1", "i-2"]),
        ("String", ["{{ Ids }}"], ["i-1", "i-2"]),
    ],
)
def test_iterators_take_the_type_the_loop_promises(kind: Any, written: Any, values: list[Any]) -> None:
    body = script("use", "{{ again.CurrentIteratorValue }}")
    execution = started(
        loop("again", body, over=written, kind=kind),
        parameters={"Ids": {"type": "StringList"}},
        given={"Ids": ["i-1", "i-2"]},
    )
    assert payloads(execution, "use") == values


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"over": "{{ find.ids }}"}, r"Iterators: \{\{ find.ids \}\} has no value"),
        ({"over": ["a", "{{ find.ids }}"]}, r"Iterators: \{\{ find.ids \}\} has no value"),
        ({"over": "{{ Word }}"}, "Iterators should be a list, got 'word'"),
        ({"over": "{{ Many }}"}, "Iterators: at most 100 items, got 101"),
        ({"over": ["1", "x"], "kind": "Integer"}, r"Iterators\[1\]: expected a whole number, got 'x'"),
        ({"over": [{"a": 1}]}, r"Iterators\[0\]: expected one text"),
        ({"over": ["x"], "most": "{{ Word }}"}, "MaxIterations: expected a whole number, got 'word'"),
        ({"over": ["x"], "most": "{{ Big }}"}, "MaxIterations should be 1 to 100, got 101"),
        ({"until": MORE, "most": "{{ Zero }}"}, "MaxIterations should be 1 to 100, got 0"),
        ({"until": MORE, "most": "{{ find.n }}"}, "MaxIterations: expected a whole number"),
    ],
)
def test_a_loop_that_cannot_begin_fails_before_its_body_and_takes_its_own_on_failure(
    keys: dict[str, Any], words: str
) -> None:
    find = script("find", {}, "ids", "n")
    parameters = {
        "Word": {"type": "String", "default": "word"},
        "Many": {"type": "StringList", "default": ["x"] * 101},
        "Big": {"type": "Integer", "default": 101},
        "Zero": {"type": "Integer", "default": 0},
    }
    again = loop("again", step("a"), onFailure="step:mend", maxAttempts=3, **keys)
    execution = started(find, again, step("never"), step("mend"), parameters=parameters)
    assert run(execution) == ["find", "again", "mend"]
    record = execution.state.step("again")
    assert (record.status, record.failure_stage) == (StepStatus.FAILED, FailureStage.INPUT_VALIDATION)
    assert record.failure_message is not None
    assert re.match(words, record.failure_message)
    assert execution.state.status == "Failed"


def test_nothing_to_go_over_is_a_success_at_once() -> None:
    again = loop("again", step("a"), over="{{ Ids }}", nextStep="end")
    execution = started(
        again, step("b"), step("end"), parameters={"Ids": {"type": "StringList", "default": []}}
    )
    assert run(execution) == ["again", "end"]
    assert statuses(execution) == {"again": "Success", "a": "Pending", "b": "Pending", "end": "Success"}


# How often


@pytest.mark.parametrize(
    ("keys", "times"),
    [
        ({"over": ["x"] * 5, "most": 2}, 2),
        ({"over": ["x"] * 2, "most": 5}, 2),
        ({"over": ["x"] * 100}, 100),
        ({"over": ["x"] * 5, "most": "{{ Most }}"}, 3),
        ({"until": MORE, "most": 2}, 2),
        ({"until": MORE}, 3),
        ({"until": {"Variable": "always", "StringEquals": "always"}}, 100),
        ({"until": {"Variable": "never", "StringEquals": "always"}}, 1),
    ],
)
def test_a_loop_ends_in_success_when_its_list_condition_or_max_iterations_say_so(
    keys: dict[str, Any], times: int
) -> None:
    again = loop("again", step("a"), **keys)
    execution = started(again, step("after"), parameters={"Most": {"type": "Integer", "default": "3"}})
    assert run(execution) == ["again", *["a"] * times, "after"]
    assert execution.state.step("again").outputs["CurrentIteration"] == times
    assert statuses(execution)["again"] == "Success"


def test_the_condition_is_asked_after_the_body_with_what_the_body_changed() -> None:
    until = {"Not": {"Variable": "{{ variable:Done }}", "BooleanEquals": True}}
    again = loop(
        "again",
        branch("enough", ("{{ again.CurrentIteration }}", "4", "mark"), isEnd=True),
        change("mark", "Done", True),
        until=until,
    )
    execution = started(again, variables={"Done": {"type": "Boolean", "default": False}})
    assert run(execution) == ["again", *["enough"] * 4, "mark"]
    assert execution.state.variables == {"Done": True}


# Inside an iteration


def test_is_end_ends_the_iteration_and_not_the_execution() -> None:
    body = (
        branch("odd", ("{{ again.CurrentIteratorValue }}", "skip", "last")),
        step("work", isEnd=True),
        step("last"),
    )
    execution = started(loop("again", *body, over=["do", "skip", "do"]), step("after"))
    assert run(execution) == ["again", "odd", "work", "odd", "last", "odd", "work", "after"]


def test_a_branch_of_a_body_where_nothing_holds_goes_on_or_ends_the_iteration() -> None:
    falls = loop("again", branch("pick", ("a", "b", "c")), step("b"), step("c"), over=["x"])
    assert run(started(falls)) == ["again", "pick", "b", "c"]
    ends = loop("again", branch("pick", ("a", "b", "c"), isEnd=True), step("b"), step("c"), over=["x", "y"])
    assert run(started(ends, step("after"))) == ["again", "pick", "pick", "after"]


def test_steps_read_the_iteration_by_the_loops_name_or_as_loop() -> None:
    payload = [
        "{{ again.CurrentIteration }}",
        "{{ LOOP.CurrentIteration }}",
        "{{ LOOP.CurrentIteratorValue }}",
    ]
    again = loop("again", script("use", payload), over=["x", "y"])
    assert payloads(started(again), "use") == [[1, 1, "x"], [2, 2, "y"]]
    by_condition = loop("again", script("use", payload), until=MORE, most=1)
    assert payloads(started(by_condition), "use") == [[1, 1, "{{ LOOP.CurrentIteratorValue }}"]]


def test_outputs_of_a_body_step_are_those_of_its_latest_run() -> None:
    outputs = [{"Name": "n", "Selector": "$.Payload.n", "Type": "Integer"}]
    make = script("make", {"before": "{{ make.n }}"}) | {"outputs": outputs}
    again = loop("again", make, script("use", "{{ make.n }}"), over=["x", "y", "z"])
    steps = (again, script("after", "{{ make.n }}"))
    assert payloads(started(*steps), "use") == [1, 2, 3]
    assert payloads(started(*steps), "after") == [3]
    assert [one["before"] for one in payloads(started(*steps), "make")] == ["{{ make.n }}", 1, 2]


def test_each_iteration_of_a_body_step_has_an_id_and_says_where_it_belongs() -> None:
    execution = started(loop("again", step("a", maxAttempts=2), over=["x", "y"]))
    execution.begin(NOW)
    execution.decide(NOW)
    seen = []
    for iteration, value in ((1, "x"), (2, "y")):
        resolved = execution.begin(NOW)
        record = execution.state.step("a")
        assert (resolved.iteration, record.attempt) == (iteration, 1)
        assert record.parent is not None
        assert record.parent.model_dump() == {
            "step_execution_id": execution.state.step("again").step_execution_id,
            "step_name": "again",
            "action": "aws:loop",
            "iteration": iteration,
            "iterator_value": value,
        }
        seen.append(record.step_execution_id)
        execution.fail("broke", NOW)
        assert execution.begin(NOW).attempt == 2
        assert execution.state.step("a").step_execution_id == seen[-1]
        execution.succeed({}, NOW)
    assert len(set(seen)) == 2
    assert len(execution.state.steps) == 2


def test_until_a_step_begins_again_its_record_says_how_the_last_iteration_ended() -> None:
    execution = started(loop("again", step("a"), over=["x", "y"]), mode=Mode.INTERACTIVE)
    for _ in range(2):
        execution.start_step(NOW)
        execution.begin(NOW)
        if execution.current is not None and execution.current.name == "again":
            execution.decide(NOW)
    execution.succeed({}, NOW)
    ended = execution.state.step("a")
    assert (ended.status, ended.parent and ended.parent.iteration) == (StepStatus.SUCCESS, 1)
    shown = execution.steps_view()[1]
    assert (shown.name, shown.place, shown.status, shown.started_at) == ("a", "current", "Pending", None)
    assert shown.parent is not None
    assert (shown.parent.iteration, shown.parent.iterator_value) == (2, "y")
    execution.start_step(NOW)
    execution.begin(NOW)
    assert execution.state.step("a").step_execution_id == shown.step_execution_id != ended.step_execution_id
