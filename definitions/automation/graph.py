"""A document as a graph: its steps, and every way from one to another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from definitions.automation import choices, flow
from definitions.automation.model import CONTINUE, AutomationDocument, Step, loop_body


class Way(StrEnum):
    """Why one step follows another. BODY leads from a loop into its body, OTHERWISE is when no choice holds."""

    SUCCESS = "success"
    CHOICE = "choice"
    OTHERWISE = "otherwise"
    FAILURE = "failure"
    CANCEL = "cancel"
    ROLLBACK = "rollback"
    BODY = "body"


@dataclass(frozen=True)
class Node:
    """A step; `loop` names the loop whose body it belongs to, `undoes` the steps it undoes."""

    name: str
    action: str
    description: str | None
    on_failure: str
    is_start: bool = False
    loop: str | None = None
    undoes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A way from one step to another. `label` says when it is taken, in words."""

    source: str
    target: str
    way: Way
    label: str = ""
    choice: int | None = None
    """Which of the branch's Choices, counted from 0."""


@dataclass(frozen=True)
class Graph:
    """Steps in the order they are written, a loop's body after its loop; edges by source in that order."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def leaving(self, name: str) -> list[Edge]:
        """The edges out of a step, the likeliest first."""
        return [edge for edge in self.edges if edge.source == name]


def graph_of(document: AutomationDocument) -> Graph:
    """The graph of a document that has been loaded: it has no circles, and every edge has both its steps."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    undoing: dict[str, list[str]] = {}
    for step in document.main_steps:
        if step.compensation:
            undoing.setdefault(step.compensation, []).append(step.name)
    for step in document.main_steps:
        start = step is document.main_steps[0]
        nodes.append(_node(step, is_start=start, undoes=tuple(undoing.get(step.name, ()))))
        # A step that undoes another runs alone.
        if step.name not in undoing:
            edges += _ways(document.main_steps, step)
        body = loop_body(step)
        nodes += [_node(part, loop=step.name) for part in body]
        if body:
            edges.append(Edge(step.name, body[0].name, Way.BODY, _goes_round(step)))
        for part in body:
            edges += _ways(body, part)
    return Graph(tuple(nodes), tuple(edges))


def _node(
    step: Step, *, is_start: bool = False, loop: str | None = None, undoes: tuple[str, ...] = ()
) -> Node:
    return Node(step.name, step.action, step.description, step.on_failure, is_start, loop, undoes)


def _ways(steps: Sequence[Step], step: Step) -> Iterator[Edge]:
    written = step.inputs.get("Choices") if step.action == flow.BRANCH else None
    for place, choice in enumerate(written if isinstance(written, list) else []):
        if isinstance(choice, Mapping):
            yield Edge(step.name, str(choice["NextStep"]), Way.CHOICE, choices.in_words(choice), place)
    after = flow.passed_over(steps, step)
    if after:
        branching = step.action == flow.BRANCH
        yield Edge(
            step.name,
            after,
            Way.OTHERWISE if branching else Way.SUCCESS,
            "otherwise" if branching else "",
        )
    failed = flow.after_failure(steps, step)
    if failed:
        yield Edge(step.name, failed, Way.FAILURE, _failing(step))
    if step.cancel_target:
        yield Edge(step.name, step.cancel_target, Way.CANCEL, "if cancelled")
    if step.compensation:
        yield Edge(step.name, step.compensation, Way.ROLLBACK, "undone by")


def _failing(step: Step) -> str:
    return "even if it fails" if step.on_failure == CONTINUE else "if it fails"


def _goes_round(loop: Step) -> str:
    condition = loop.inputs.get("LoopCondition")
    if condition is not None:
        return f"again while {choices.in_words(condition)}"
    return "for each"
