"""Every published document, run to its end along every way it has."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from client.invented_answers import invented_answer
from definitions.automation import (
    AutomationDocument,
    ExecutionStatus,
    ResolvedStep,
    StepStatus,
    load_document,
)
from definitions.automation.graph import Graph, Way, graph_of
from definitions.automation.model import loop_body
from definitions.automation.selectors import select
from definitions.automation.simulation import (
    Answer,
    Breakdown,
    Simulation,
    SimulationError,
    simulate,
    steered,
)
from definitions.automation.values import ValueType
from tests.automation.courses import START, SYSTEM, Course, course_to, run
from tests.automation.published import PUBLISHED, published, short_name

PYTHON_TYPE = {
    "String": str,
    "StringList": list,
    "Integer": int,
    "Boolean": bool,
    "StringMap": dict,
    "MapList": list,
}


def check(document: AutomationDocument, simulation: Simulation, graph: Graph) -> None:
    """What holds for every execution of a document."""
    assert simulation.status in (ExecutionStatus.SUCCESS, ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)
    assert list(simulation.outputs) == document.outputs
    steps = {step.name: step for step in document.main_steps}
    attempts = Counter(entry.step for entry in simulation.trace)
    for name, step in steps.items():
        assert attempts[name] <= step.max_attempts
    ends = [(one.step, one.next_step) for one in simulation.trace if one.next_step != one.step]
    assert len({name for name, _ in ends}) == len(ends), "a step was left twice"
    known = {(edge.source, edge.target) for edge in graph.edges}
    assert {(name, target) for name, target in ends if target is not None} <= known
    for name, status in simulation.steps.items():
        reached = attempts[name] > 0
        assert status in (
            (StepStatus.SUCCESS, StepStatus.FAILED, StepStatus.TIMED_OUT)
            if reached
            else (StepStatus.PENDING,)
        )
    bad = (StepStatus.FAILED, StepStatus.TIMED_OUT)
    critical = [name for name, status in simulation.steps.items() if status in bad and steps[name].critical]
    if critical:
        assert simulation.status is not ExecutionStatus.SUCCESS


@cache
def drawn(path: Path) -> Graph:
    return graph_of(published(path))


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_a_published_document_runs_to_its_end_and_does_so_again(path: Path) -> None:
    document = published(path)
    once, twice = run(document, Course()), run(document, Course())
    check(document, once, drawn(path))
    assert once == twice
    assert once.status is ExecutionStatus.SUCCESS


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_every_way_of_a_published_document_is_gone(path: Path) -> None:
    document, graph = published(path), drawn(path)
    start = document.main_steps[0].name
    for edge in graph.edges:
        course = course_to(graph, start, edge.source)
        if edge.way is Way.CANCEL or course is None:
            continue
        course.take(edge)
        simulation = run(document, course)
        check(document, simulation, graph)
        went = [(entry.step, entry.next_step) for entry in simulation.trace]
        assert (edge.source, edge.target) in went, edge


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_each_step_of_a_published_document_fails_and_times_out_in_turn(path: Path) -> None:
    document, graph = published(path), drawn(path)
    start = document.main_steps[0].name
    for step in document.main_steps:
        course = course_to(graph, start, step.name)
        if course is None or step.action in ("aws:branch", "aws:sleep", "aws:loop", "aws:updateVariable"):
            continue
        for timed_out in (False, True):
            (course.slow if timed_out else course.failing).add(step.name)
            simulation = run(document, course)
            check(document, simulation, graph)
            tried = [entry for entry in simulation.trace if entry.step == step.name]
            assert len(tried) == step.max_attempts
            assert simulation.steps[step.name] is (StepStatus.TIMED_OUT if timed_out else StepStatus.FAILED)
            if step.on_failure == "Abort":
                assert simulation.trace[-1].step == step.name
                wanted = ExecutionStatus.TIMED_OUT if timed_out else ExecutionStatus.FAILED
                assert simulation.status is wanted or len(course.failing) > 1


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_invented_answers_give_every_declared_output_a_value_of_its_type(path: Path) -> None:
    document = published(path)
    declared = {step.name: step.outputs for step in document.main_steps}
    for entry in run(document, Course()).trace:
        for output in declared[entry.step]:
            if output.selector == "$":  # the whole answer is a map, whatever type is declared
                continue
            assert isinstance(entry.outputs[output.name], PYTHON_TYPE[output.type]), (entry.step, output)


# Shapes that the published documents here do not have.


def sleeping(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:sleep", "inputs": {"Duration": "PT90M"}} | keys


def written(*steps: dict[str, Any], **keys: Any) -> AutomationDocument:
    return load_document({"schemaVersion": "0.3", "mainSteps": list(steps), **keys})


def called(name: str, **keys: Any) -> dict[str, Any]:
    inputs = {"Service": "ec2", "Api": "DescribeInstances"}
    return {"name": name, "action": "aws:executeAwsApi", "inputs": inputs} | keys


def trace(simulation: Simulation) -> Sequence[tuple[str, int | None, str]]:
    return [(entry.step, entry.iteration, entry.status.value) for entry in simulation.trace]


def test_sleeping_takes_no_time_but_the_clock_goes_on() -> None:
    simulation = run(written(sleeping("a"), sleeping("b"), called("c")), Course(slow={"c"}))
    assert [entry.at for entry in simulation.trace] == [0, 5400, 10800]
    assert simulation.seconds == 10825
    assert (simulation.status, simulation.steps["c"]) == (ExecutionStatus.TIMED_OUT, StepStatus.TIMED_OUT)


def test_a_loop_is_traced_iteration_by_iteration() -> None:
    body = [called("x", maxAttempts=2), called("y", isEnd=True)]
    again = {"name": "again", "action": "aws:loop", "inputs": {"Iterators": ["a", "b"], "Steps": body}}
    told = [Breakdown("first"), *[Answer()] * 4]
    document = written(again, called("after"))
    simulation = simulate(
        document, lambda _: told.pop(0) if told else Answer(), parameters={}, system=SYSTEM, start=START
    )
    assert trace(simulation) == [
        ("again", None, "InProgress"),
        ("x", 1, "Failed"),
        ("x", 1, "Success"),
        ("y", 1, "Success"),
        ("x", 2, "Success"),
        ("y", 2, "Success"),
        ("after", None, "Success"),
    ]
    assert simulation.steps["again"] is StepStatus.SUCCESS


def test_a_branch_within_a_loop_can_be_steered_out_of_it() -> None:
    choice = {"Variable": "a", "StringEquals": "b", "NextStep": "after"}
    pick = {"name": "pick", "action": "aws:branch", "inputs": {"Choices": [choice]}}
    inputs = {"Iterators": ["a", "b"], "Steps": [pick, called("x")]}
    document = written(
        {"name": "again", "action": "aws:loop", "inputs": inputs}, called("skipped"), called("after")
    )
    assert (
        loop_body(steered(document, {"pick": 0}).main_steps[0])[0].inputs["Choices"][0]["NextStep"] == "after"
    )
    simulation = run(document, Course(ways={"pick": 0}))
    assert [entry.step for entry in simulation.trace] == ["again", "pick", "after"]
    assert simulation.steps["again"] is StepStatus.EXITED


def test_what_failed_with_pause_is_skipped_and_what_rolls_back_is_undone() -> None:
    paused = run(written(called("a", onFailure="Pause"), called("b")), Course(failing={"a"}))
    assert trace(paused) == [("a", None, "Failed"), ("b", None, "Success")]
    undone = run(
        written(
            called("a", onRollback="step:undo"), called("b", onFailure="Rollback", isEnd=True), called("undo")
        ),
        Course(failing={"b"}),
    )
    assert [entry.step for entry in undone.trace] == ["a", "b", "undo"]
    assert undone.status is ExecutionStatus.FAILED


def test_a_document_that_tries_for_ever_is_given_up() -> None:
    with pytest.raises(SimulationError, match="not ended after 20000"):
        run(written(called("a", maxAttempts=10**9)), Course(failing={"a"}))


@pytest.mark.parametrize(
    ("selector", "kind"),
    [
        ("$.Reservations[0].Instances[0].State.Name", "String"),
        ("$.Reservations[2].Instances[1].InstanceId", "String"),
        ("$..InstanceId", "StringList"),
        ("$.Not.In[3].The.Model", "Boolean"),
        ("Reservations[0].Instances[0].AmiLaunchIndex", "Integer"),
        ("$.Reservations", "MapList"),
        ("$.Reservations[0].Instances[0].Tags[?(@.Key == 'Name')].Value", "String"),
        ("$.Outputs[?(@.OutputKey=='Size')].OutputValue", "Integer"),
        ("$", "StringMap"),
    ],
)
def test_an_invented_answer_is_found_by_its_selector(selector: str, kind: str) -> None:
    declared = [{"Name": "x", "Selector": selector, "Type": kind}]
    simulation = run(written(called("a", outputs=declared)), Course())
    assert isinstance(simulation.trace[0].outputs["x"], PYTHON_TYPE[kind])


def test_an_awaited_property_is_invented_as_desired() -> None:
    inputs = {
        "Service": "rds",
        "Api": "DescribeDBInstances",
        "PropertySelector": "$.DBInstances[0].DBInstanceStatus",
        "DesiredValues": ["available", "stopped"],
    }
    wait = {"name": "a", "action": "aws:waitForAwsResourceProperty", "inputs": inputs}
    answers: list[Answer | Breakdown] = []

    def remember(resolved: ResolvedStep) -> Answer | Breakdown:
        answers.append(invented_answer(resolved))
        return answers[-1]

    simulate(written(wait), remember, parameters={}, system=SYSTEM, start=START)
    (answer,) = answers
    assert isinstance(answer, Answer)
    assert select("$.DBInstances[0].DBInstanceStatus", dict(answer.response), ValueType.STRING) == "available"
