"""The runbooks that come with Tocsin: in order, and every way of them leads to an end."""

from pathlib import Path

import pytest

from activities.automation.effects import effects
from client.runbook_lint import lint_files
from client.runbook_simulation import simulate_file
from definitions.automation import ExecutionStatus, load_document
from definitions.automation.graph import graph_of
from definitions.catalog import Catalog
from definitions.checks import check
from definitions.loader import load
from definitions.runbooks import Runbook
from tests.automation.courses import Course, course_to, run

FOLDER = Path(__file__).parents[2] / "definitions" / "library"
RUNBOOKS = sorted(FOLDER.glob("*.yaml"))


def test_the_library_is_in_order() -> None:
    effects()
    catalog = check(load([FOLDER]), Catalog())
    assert sorted(catalog.runbooks) == [path.stem for path in RUNBOOKS]
    assert set(catalog.runbooks) == {
        *("critical-incident", "restart-instance", "rollback-stack", "run-shell-on-host"),
        "restart-and-verify-http",
    }
    assert lint_files([str(FOLDER)]) == []


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_each_runbook_of_the_library_simulates(path: Path) -> None:
    simulation = simulate_file(str(path), {})
    assert simulation.status is ExecutionStatus.SUCCESS
    assert len(simulation.trace) > 1


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_every_way_of_the_library_is_gone(path: Path) -> None:
    effects()
    (definition,) = load([path]).definitions
    assert isinstance(definition, Runbook)
    document = load_document(definition.document)
    graph = graph_of(document)
    for edge in graph.edges:
        course = course_to(graph, document.main_steps[0].name, edge.source)
        if course is None or edge.way == "rollback":
            continue
        course.take(edge)
        went = [(entry.step, entry.next_step) for entry in run(document, course).trace]
        assert (edge.source, edge.target) in went, edge


def test_a_service_that_does_not_come_back_leaves_maintenance() -> None:
    effects()
    (definition,) = load([FOLDER / "restart-and-verify-http.yaml"]).definitions
    assert isinstance(definition, Runbook)
    simulation = run(load_document(definition.document), Course(slow={"Verify"}))
    assert [entry.step for entry in simulation.trace] == [
        *("EnterMaintenance", "LetVisitorsLeave", "Restart", "Verify", "UndoMaintenance")
    ]
    assert simulation.status is ExecutionStatus.TIMED_OUT


def test_a_critical_incident_is_led_in_four_stages() -> None:
    (definition,) = load([FOLDER / "critical-incident.yaml"]).definitions
    assert isinstance(definition, Runbook)
    steps = load_document(definition.document).main_steps
    assert [(step.name, step.action) for step in steps] == [
        (stage, "aws:pause") for stage in ("Triage", "Diagnosis", "Mitigation", "Recovery")
    ]
    assert all("**Go on when**" in (step.description or "") for step in steps)
