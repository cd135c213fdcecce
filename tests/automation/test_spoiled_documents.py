"""Published documents spoiled at random: each is refused with its problems, or runs to an end."""

import copy
import random
from typing import Any

import pytest

from client.runbook_lint import api_warnings
from definitions.automation import DocumentError, document_warnings, load_document
from definitions.automation.graph import graph_of
from definitions.automation.graph_mermaid import graph_mermaid
from definitions.automation.graph_svg import graph_svg
from definitions.automation.graph_text import graph_text
from tests.automation.courses import Course, run
from tests.automation.published import PUBLISHED, published

ODD_VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        3.5,
        10**30,
        "9" * 50,
        "",
        "x",
        "\0",
        "{{ x }}",
        "{{ secret:x }}",
        "{{ssm:/x}}",
    ),
    *("step:x", "step:", "Abort", "Continue", "Pause", "Rollback", "$..*", "$.a[", "StringMap", "Integer"),
    *("aws:loop", "aws:branch", "aws:sleep", "aws:updateVariable", "aws:approve", "tocsin:manual"),
    *([], [1], ["x"], [[]], {}, {"a": 1}, {"": {}}),
]
KEYS = [
    *(
        "onRollback",
        "runner",
        "onFailure",
        "onCancel",
        "nextStep",
        "isEnd",
        "outputs",
        "inputs",
        "name",
        "action",
    ),
    *("Steps", "Iterators", "LoopCondition", "MaxIterations", "Choices", "Default", "Selector", "Type"),
    *("default", "allowedPattern", "allowedValues", "Not", "And", "Or", "Variable", "StringEquals", "odd"),
]


def spoil(document: Any, chance: random.Random) -> None:
    """Replaces, removes or adds something somewhere, or puts there what stands elsewhere."""
    places = list(_places(document))
    parent, key = chance.choice(places)
    match chance.randrange(4):
        case 0:
            parent[key] = copy.deepcopy(chance.choice(ODD_VALUES))
        case 1:
            del parent[key]
        case 2 if isinstance(parent, dict):
            parent[chance.choice(KEYS)] = copy.deepcopy(chance.choice(ODD_VALUES))
        case _:
            other, other_key = chance.choice(places)
            parent[key] = copy.deepcopy(other[other_key])


def _places(value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


@pytest.mark.parametrize("seed", range(10))
def test_a_spoiled_document_is_refused_or_runs(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # chance, not secrecy
    outcomes = set()
    for _ in range(60):
        path = chance.choice(PUBLISHED)
        written = published(path).model_dump(mode="json", by_alias=True, exclude_unset=True)
        for _ in range(chance.randint(1, 3)):
            spoil(written, chance)
        try:
            document = load_document(written)
        except DocumentError:
            outcomes.add("refused")
            continue
        document_warnings(document)
        assert all(problem.message for problem in api_warnings(document))
        graph = graph_of(document)
        for draw in (graph_text, graph_mermaid, graph_svg):
            assert draw(graph)
        # As many attempts as anybody could ask for would take long here.
        steps = [
            step.model_copy(update={"max_attempts": min(step.max_attempts, 3)})
            for step in document.main_steps
        ]
        document = document.model_copy(update={"main_steps": steps})
        assert run(document, Course()).status.final
        assert run(document, Course(failing={step.name for step in steps})).status.final
        outcomes.add("ran")
    assert outcomes == {"refused", "ran"}
