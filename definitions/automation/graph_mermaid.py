"""A document's graph in Mermaid's words, for pages that draw it."""

from collections.abc import Iterator

from definitions.automation.graph import Edge, Graph, Node, Way

LONGEST_LABEL = 80

_ARROWS = {
    Way.SUCCESS: "-->",
    Way.CHOICE: "-->",
    Way.OTHERWISE: "-->",
    Way.BODY: "-->",
    Way.FAILURE: "-.->",
    Way.CANCEL: "-.->",
    Way.ROLLBACK: "-.->",
}
_PLAIN = frozenset(" .,-_:=/+*!?'%")


def graph_mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart; every text in it is escaped."""
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    ids = {node.name: f"s{place}" for place, node in enumerate(graph.nodes)}
    yield "flowchart TD"
    for node in graph.nodes:
        if node.loop is None:
            yield f"    {_box(node, ids)}"
        body = [part for part in graph.nodes if part.loop == node.name]
        if body:
            yield f'    subgraph {ids[node.name]}body["{_escaped(f"in {node.name}")}"]'
            for part in body:
                yield f"        {_box(part, ids)}"
            yield "    end"
    for edge in graph.edges:
        yield f"    {_arrow(edge, ids)}"
    for place, edge in enumerate(graph.edges):
        if edge.way is Way.FAILURE:
            yield f"    linkStyle {place} stroke:#b91c1c"


def _box(node: Node, ids: dict[str, str]) -> str:
    words = f"{_escaped(node.name)}<br/>{_escaped(node.action)}"
    opening, closing = ("{{", "}}") if node.action == "aws:branch" else ("[", "]")
    return f'{ids[node.name]}{opening}"{words}"{closing}'


def _arrow(edge: Edge, ids: dict[str, str]) -> str:
    label = f'|"{_escaped(edge.label)}"|' if edge.label else ""
    return f"{ids[edge.source]} {_ARROWS[edge.way]}{label} {ids[edge.target]}"


def _escaped(text: str) -> str:
    """Everything but letters, digits and harmless signs as Mermaid's `#code;`."""
    text = text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"
    return "".join(
        c if c.isalnum() or c in _PLAIN else f"#{ord(c) if c.isprintable() else 32};" for c in text
    )
