"""A document's graph as an SVG picture that needs nothing else to be looked at."""

from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import escape

from definitions.automation.graph import Edge, Graph, Node, Way
from definitions.automation.graph_layout import BOX_HEIGHT, Box, Layout, cut, layout

_COLOURS = {
    Way.SUCCESS: "#334155",
    Way.CHOICE: "#1d4ed8",
    Way.OTHERWISE: "#1d4ed8",
    Way.BODY: "#0f766e",
    Way.FAILURE: "#b91c1c",
    Way.CANCEL: "#a16207",
    Way.ROLLBACK: "#7e22ce",
}
_DASHED = (Way.FAILURE, Way.CANCEL, Way.ROLLBACK)


def graph_svg(graph: Graph) -> str:
    """The graph as SVG; every text in it is escaped, and the whole of what is cut off is in its title."""
    return "".join(f"{line}\n" for line in _lines(graph, layout(graph)))


def _lines(graph: Graph, places: Layout) -> Iterator[str]:
    width, height = max(places.width, 120), max(places.height, 60)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" font-family="sans-serif" font-size="12">'
    )
    yield "<title>Steps of a runbook</title>"
    yield "<defs>"
    for way, colour in _COLOURS.items():
        yield (
            f'<marker id="{way.value}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        )
    yield "</defs>"
    yield f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    sides = _sides(graph)
    for edge in graph.edges:
        yield _line(edge, places, sides[edge])
    for edge in graph.edges:
        if edge.label:
            yield _label(edge, places)
    for node in graph.nodes:
        yield _box(node, places.boxes[node.name])
    yield "</svg>"


def _sides(graph: Graph) -> dict[Edge, float]:
    """Where each edge leaves its box, from -1 (left) to 1 (right), so that edges do not lie on each other."""
    sides = {}
    for node in graph.nodes:
        leaving = graph.leaving(node.name)
        for place, edge in enumerate(leaving):
            sides[edge] = (2 * place + 1) / len(leaving) - 1
    return sides


def _line(edge: Edge, places: Layout, side: float) -> str:
    source, target = places.boxes[edge.source], places.boxes[edge.target]
    start = (source.x + side * source.width * 0.35, source.y + BOX_HEIGHT / 2)
    end = (target.x, target.y - BOX_HEIGHT / 2)
    points = [start, *places.bends[edge], end]
    path = f"M{start[0]:.1f} {start[1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        half = (to_y - y) / 2
        path += f"C{x:.1f} {y + half:.1f} {to_x:.1f} {to_y - half:.1f} {to_x:.1f} {to_y:.1f}"
    colour = _COLOURS[edge.way]
    dashes = ' stroke-dasharray="5 3"' if edge.way in _DASHED else ""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.4"{dashes} '
        f'marker-end="url(#{edge.way.value})"/>'
    )


def _label(edge: Edge, places: Layout) -> str:
    x, y = places.labels[edge]
    return (
        f"<g><title>{_text(edge.label)}</title>"
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="{_COLOURS[edge.way]}" font-size="10" '
        f'paint-order="stroke" stroke="#ffffff" stroke-width="3">{_text(cut(edge.label))}</text></g>'
    )


def _box(node: Node, box: Box) -> str:
    x, y = box.x - box.width / 2, box.y - BOX_HEIGHT / 2
    fill = "#fef9c3" if node.undoes else "#f0fdfa" if node.loop else "#f1f5f9"
    stroke = "#0f766e" if node.is_start else "#64748b"
    dashes = ' stroke-dasharray="4 3"' if node.loop or node.undoes else ""
    rounded = BOX_HEIGHT / 2 if node.action == "aws:branch" else 6
    title = node.description or node.name
    return (
        f"<g><title>{_text(title)}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{BOX_HEIGHT}" rx="{rounded:g}" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="{2.5 if node.is_start else 1}"{dashes}/>'
        f'<text x="{box.x:.1f}" y="{box.y - 3:.1f}" text-anchor="middle" fill="#0f172a" '
        f'font-weight="bold">{_text(node.name)}</text>'
        f'<text x="{box.x:.1f}" y="{box.y + 13:.1f}" text-anchor="middle" fill="#475569" '
        f'font-size="10">{_text(node.action)}</text></g>'
    )


def _text(text: str) -> str:
    """Text as XML: escaped, without characters that XML does not know."""
    return escape("".join(c if c.isprintable() or c in "\n\t" else " " for c in text))
