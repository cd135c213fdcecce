"""A document as a graph, and the graph as text, Mermaid and SVG."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from definitions.automation import AutomationDocument, load_document
from definitions.automation.choices import in_words
from definitions.automation.graph import Way, graph_of
from definitions.automation.graph_layout import BOX_HEIGHT, layout
from definitions.automation.graph_mermaid import graph_mermaid
from definitions.automation.graph_svg import graph_svg
from definitions.automation.graph_text import graph_text
from tests.automation.published import PUBLISHED, published, short_name

SVG = "{http://www.w3.org/2000/svg}"


def sleeping(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:sleep", "inputs": {"Duration": "PT1S"}} | keys


def tidying(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:deleteImage", "inputs": {"ImageId": "ami-1"}} | keys


def written(*steps: dict[str, Any], **keys: Any) -> AutomationDocument:
    return load_document({"schemaVersion": "0.3", "mainSteps": list(steps), **keys})


EUROPE = {"Variable": "{{ global:REGION }}", "StartsWith": "eu-", "NextStep": "Europe"}
EVERYTHING = written(
    tidying("Start", onFailure="step:Clean", onRollback="step:Undo", onCancel="step:Clean"),
    {"name": "Pick", "action": "aws:branch", "inputs": {"Choices": [EUROPE], "Default": "Again"}},
    sleeping("Europe", onFailure="Continue"),
    {
        "name": "Again",
        "action": "aws:loop",
        "inputs": {
            "Iterators": ["a"],
            "Steps": [sleeping("One"), sleeping("Two", onFailure="step:Clean", isEnd=True)],
        },
    },
    sleeping("Ask", onFailure="Pause"),
    sleeping("Deploy", onFailure="Rollback", isEnd=True),
    tidying("Clean", isEnd=True),
    tidying("Undo"),
)


def test_every_way_is_an_edge_that_says_when_it_is_gone() -> None:
    graph = graph_of(EVERYTHING)
    assert [node.name for node in graph.nodes] == [
        *("Start", "Pick", "Europe", "Again", "One", "Two", "Ask", "Deploy", "Clean", "Undo")
    ]
    assert [(edge.source, edge.target, edge.way.value, edge.label) for edge in graph.edges] == [
        ("Start", "Pick", "success", ""),
        ("Start", "Clean", "failure", "if it fails"),
        ("Start", "Clean", "cancel", "if cancelled"),
        ("Start", "Undo", "rollback", "undone by"),
        ("Pick", "Europe", "choice", 'global:REGION starts with "eu-"'),
        ("Pick", "Again", "otherwise", "otherwise"),
        ("Europe", "Again", "success", ""),
        ("Europe", "Again", "failure", "even if it fails"),
        ("Again", "Ask", "success", ""),
        ("Again", "One", "body", "for each"),
        ("One", "Two", "success", ""),
        ("Two", "Clean", "failure", "if it fails"),
        ("Ask", "Deploy", "success", ""),
    ]
    nodes = {node.name: node for node in graph.nodes}
    assert (nodes["Two"].loop, nodes["Undo"].undoes, nodes["Start"].is_start) == ("Again", ("Start",), True)


def test_text_shows_each_step_once_with_its_side_ways() -> None:
    assert (
        graph_text(graph_of(EVERYTHING))
        == """\
Start  (aws:deleteImage)
├─ if it fails:
│  Clean  (aws:deleteImage)
│  ■ end
├─ if cancelled: → Clean
├─ undone by: Undo  (aws:deleteImage)
Pick  (aws:branch)
├─ global:REGION starts with "eu-":
│  Europe  (aws:sleep, goes on even if it fails)
│  → Again
Again  (aws:loop)
├─ for each:
│  One  (aws:sleep)
│  Two  (aws:sleep)
│  ├─ if it fails: → Clean
Ask  (aws:sleep)
├─ if it fails: waits for a person
Deploy  (aws:sleep)
├─ if it fails: rolls back
■ end
"""
    )


def test_text_tells_of_steps_that_nothing_leads_to_and_of_none() -> None:
    assert "no way leads here:\nb  (aws:sleep)" in graph_text(
        graph_of(written(sleeping("a", isEnd=True), sleeping("b")))
    )
    assert graph_text(graph_of(written())) == "(no steps)\n"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"Variable": "{{ a.B }}", "StringEquals": "x"}, 'a.B = "x"'),
        ({"Variable": "{{a.B}}", "BooleanEquals": True}, "a.B is true"),
        ({"Variable": "{{ N }}", "NumericGreater": 3}, "N > 3"),
        ({"Variable": "{{ N }}", "NumericLesserOrEquals": "{{ M }}"}, "N <= M"),
        ({"Variable": "x {{ N }}", "Contains": ""}, '"x {{ N }}" contains ""'),
        ({"Not": {"Variable": "{{ N }}", "EndsWith": "s"}}, 'not (N ends with "s")'),
        (
            {"And": [{"Variable": "{{ N }}", "StringEquals": "a"}, {"Or": [{"Not": {"Variable": "{{ M }}"}
                | {"EqualsIgnoreCase": "b"}}, {"Variable": "{{ M }}", "StartsWith": "c"}]}]},
            'N = "a" and (not (M is, in any case, "b") or M starts with "c")',
        ),
    ],
)  # fmt: skip
def test_conditions_in_words(condition: dict[str, Any], words: str) -> None:
    assert in_words(condition) == words


HOSTILE = '"]; click s0 call alert() <script>alert(1)</script> #quot; & \x00 \u202e ]]> -->'
HOSTILE_DOCUMENT = written(
    {
        "name": "Pick",
        "action": "aws:branch",
        "description": HOSTILE,
        "inputs": {"Choices": [{"Variable": HOSTILE, "StringEquals": HOSTILE, "NextStep": "End"}]},
    },
    sleeping("End", description=HOSTILE),
)


def test_mermaid_escapes_everything_a_document_says() -> None:
    drawn = graph_mermaid(graph_of(HOSTILE_DOCUMENT))
    assert drawn.startswith("flowchart TD\n")
    labels = re.findall(r'\|"(.*)"\|', drawn)
    assert len(labels) == 2
    assert not set("".join(labels)) & set('"<>[]{}()|&`\\')
    assert all(
        re.fullmatch(r'    s\d+( -->\|".*"\| s\d+|[\[{]+".*"[\]}]+| --> s\d+)', one)
        for one in drawn.splitlines()[1:]
    )


def test_mermaid_draws_loops_as_groups_and_failures_dotted() -> None:
    drawn = graph_mermaid(graph_of(EVERYTHING))
    assert 'subgraph s3body["in Again"]\n        s4["One<br/>aws:sleep"]' in drawn
    assert 's0 -.->|"if it fails"| s8' in drawn
    assert "linkStyle 1 stroke:#b91c1c" in drawn


def test_svg_is_xml_that_holds_no_script_and_every_step() -> None:
    root = ElementTree.fromstring(graph_svg(graph_of(HOSTILE_DOCUMENT)))  # noqa: S314  # our own picture
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "defs", "marker", "path", "rect", "text", "g")
    }
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"Pick", "End"} <= set(texts)
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert any("<script>alert(1)</script>" in title for title in titles)


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_every_published_document_can_be_drawn(path: Path) -> None:
    document = published(path)
    graph = graph_of(document)
    names = [step.name for step in document.main_steps]
    text = graph_text(graph)
    assert all(len(re.findall(rf"(?m)^[│ ]*{name}  \(", text)) == 1 for name in names)
    assert graph_mermaid(graph).count("<br/>") == len(names)
    root = ElementTree.fromstring(graph_svg(graph))  # noqa: S314  # our own picture
    assert set(names) <= {element.text for element in root.iter(f"{SVG}text")}


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_boxes_lie_beside_each_other_and_edges_lead_downwards(path: Path) -> None:
    graph = graph_of(published(path))
    places = layout(graph)
    boxes = list(places.boxes.values())
    for place, box in enumerate(boxes):
        assert box.x - box.width / 2 >= 0
        assert box.x + box.width / 2 <= places.width
        assert box.y + BOX_HEIGHT / 2 <= places.height
        for other in boxes[place + 1 :]:
            assert abs(box.y - other.y) >= BOX_HEIGHT or abs(box.x - other.x) >= (box.width + other.width) / 2
    for edge in graph.edges:
        assert places.boxes[edge.source].y < places.boxes[edge.target].y


def test_a_document_of_a_thousand_branches_is_drawn_soon() -> None:
    steps = [
        {"name": f"s{n}", "action": "aws:branch", "inputs": {"Choices": [_to(n + 1)], "Default": "last"}}
        for n in range(1000)
    ]
    graph = graph_of(written(*steps, sleeping("s1000"), sleeping("last")))
    assert len(graph_text(graph).splitlines()) > 1000
    assert graph_mermaid(graph).count("\n") > 3000
    assert graph_svg(graph).endswith("</svg>\n")


def _to(number: int) -> dict[str, Any]:
    return {"Variable": "x", "StringEquals": "y", "NextStep": f"s{number}"}


def test_a_step_that_undoes_leads_nowhere_in_the_graph() -> None:
    graph = graph_of(
        written(sleeping("a", onRollback="step:undo", isEnd=True), sleeping("undo"), sleeping("b"))
    )
    assert [edge.way for edge in graph.edges] == [Way.ROLLBACK]
