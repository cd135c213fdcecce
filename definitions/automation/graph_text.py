"""A document's graph as text: the steps in the order they run, side ways indented."""

from collections.abc import Iterator

from definitions.automation.graph import Edge, Graph, Node, Way
from definitions.automation.model import PAUSE, ROLLBACK

_ONWARD = (Way.SUCCESS, Way.OTHERWISE)
_ENDS = {PAUSE: "if it fails: waits for a person", ROLLBACK: "if it fails: rolls back"}


def graph_text(graph: Graph) -> str:
    """The graph as indented lines, each step once; steps that no way leads to come last."""
    return "".join(f"{line.rstrip()}\n" for line in _Drawing(graph).lines())


class _Drawing:
    def __init__(self, graph: Graph) -> None:
        self._nodes = {node.name: node for node in graph.nodes}
        self._leaving: dict[str, list[Edge]] = {node.name: [] for node in graph.nodes}
        for edge in graph.edges:
            self._leaving[edge.source].append(edge)
        self._drawn: set[str] = set()

    def lines(self) -> Iterator[str]:
        if not self._nodes:
            yield "(no steps)"
        for name in self._nodes:
            if name not in self._drawn:
                # The first step is where it starts; whatever is left later, nothing leads to.
                if self._drawn:
                    yield ""
                    yield "no way leads here:"
                yield from self._tree(name)

    def _tree(self, start: str) -> Iterator[str]:
        """Depth first, with a stack of its own: documents may be deeper than Python's."""
        waiting: list[tuple[str, str] | str] = [*reversed(self._chain(start, ""))]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                yield item
                continue
            name, margin = item
            yield f"{margin}{self._title(self._nodes[name])}"
            waiting += reversed(list(self._side_ways(name, margin)))

    def _chain(self, start: str, margin: str) -> list[tuple[str, str] | str]:
        """A step and those that follow it when all goes well, up to one that is drawn elsewhere or the end."""
        chain: list[tuple[str, str] | str] = []
        name: str | None = start
        last: Edge | None = None
        while name is not None and name not in self._drawn:
            self._drawn.add(name)
            chain.append((name, margin))
            last = next((edge for edge in self._leaving[name] if edge.way in _ONWARD), None)
            name = last.target if last else None
        if name is not None:
            chain.append(f"{margin}→ {name}")
        elif chain and not self._nodes[start].loop:
            chain.append(f"{margin}■ end")
        return chain

    def _side_ways(self, name: str, margin: str) -> Iterator[tuple[str, str] | str]:
        node = self._nodes[name]
        for edge in self._leaving[name]:
            if edge.way in _ONWARD or edge.label == "even if it fails":
                continue
            label = f"{margin}├─ {edge.label}: "
            if edge.target in self._drawn:
                yield f"{label}→ {edge.target}"
            elif edge.way is Way.ROLLBACK:
                self._drawn.add(edge.target)
                yield f"{label}{self._title(self._nodes[edge.target])}"
            else:
                yield label
                yield from self._chain(edge.target, f"{margin}│  ")
        if node.on_failure in _ENDS:
            yield f"{margin}├─ {_ENDS[node.on_failure]}"

    def _title(self, node: Node) -> str:
        goes_on = any(edge.label == "even if it fails" for edge in self._leaving[node.name])
        return f"{node.name}  ({node.action}{', goes on even if it fails' if goes_on else ''})"
