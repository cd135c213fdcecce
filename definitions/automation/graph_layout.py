"""Where the steps of a graph are drawn: in layers from top to bottom, with few crossings."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from definitions.automation.graph import Edge, Graph

BOX_HEIGHT = 44
LETTER = 7.3
LABEL_LETTER = 5.9
LONGEST_LABEL = 34
LABEL_HEIGHT = 11
LAYER_GAP = 60
SIDE_GAP = 28
BEND_WIDTH = 10
SWEEPS = 4

MOST_BENDS = 4_000
"""Places that long edges are led through, between boxes; beyond, edges are drawn straight."""


@dataclass(frozen=True)
class Box:
    """A step's place: its middle and its width."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Layout:
    """Boxes by step, for each edge the points it is led through and its label's middle, and the size of it all."""

    boxes: dict[str, Box]
    bends: dict[Edge, list[tuple[float, float]]]
    labels: dict[Edge, tuple[float, float]]
    width: float
    height: float


def layout(graph: Graph) -> Layout:
    """A layout in which every edge leads downwards."""
    layers_of = _layers(graph)
    chains = _chains(graph, layers_of)
    rows = _rows(layers_of, chains)
    _untangle(rows, chains)
    widths = {node.name: _width(node.name, node.action) for node in graph.nodes}
    xs, width = _across(rows, chains, _room(widths, chains))
    ys = {name: _y(layer) for name, layer in layers_of.items()}
    boxes = {name: Box(xs[name], ys[name], widths[name]) for name in widths}
    bends = {
        edge: [(xs[bend], _y(layers_of[edge.source] + 1 + place)) for place, bend in enumerate(chain[1:-1])]
        for edge, chain in chains.items()
    }
    height = max((box.y for box in boxes.values()), default=0) + BOX_HEIGHT / 2 + SIDE_GAP
    return Layout(boxes, bends, _labels(chains, xs, layers_of), width, height)


def cut(label: str) -> str:
    """A label, or as much of it as there is room for."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _room(widths: dict[str, float], chains: dict[Edge, list[str]]) -> dict[str, float]:
    """How wide each box or bend is together with the labels that stand above it."""
    room = dict(widths)
    for edge, chain in chains.items():
        if edge.label:
            room[chain[1]] = max(room.get(chain[1], 0), len(cut(edge.label)) * LABEL_LETTER)
    return room


def _labels(
    chains: dict[Edge, list[str]], xs: dict[str, float], layers: dict[str, int]
) -> dict[Edge, tuple[float, float]]:
    """Each label above what its edge leads to first; those that would stand in one place, over each other."""
    labels: dict[Edge, tuple[float, float]] = {}
    standing: dict[str, int] = defaultdict(int)
    for edge, chain in chains.items():
        if edge.label:
            first = chain[1]
            y = _y(layers[edge.source] + 1) - BOX_HEIGHT / 2 - 12 - standing[first] * LABEL_HEIGHT
            labels[edge] = (xs[first], y)
            standing[first] += 1
    return labels


def _width(name: str, action: str) -> float:
    return max(len(name), len(action), 8) * LETTER + 20


def _y(layer: int) -> float:
    return SIDE_GAP + BOX_HEIGHT / 2 + layer * (BOX_HEIGHT + LAYER_GAP)


def _layers(graph: Graph) -> dict[str, int]:
    """For each step the length of the longest way to it."""
    leading: dict[str, list[Edge]] = defaultdict(list)
    missing = dict.fromkeys((node.name for node in graph.nodes), 0)
    for edge in graph.edges:
        leading[edge.source].append(edge)
        missing[edge.target] += 1
    layers = {name: 0 for name, count in missing.items() if count == 0}
    ready = list(layers)
    for name in ready:
        for edge in leading[name]:
            layers[edge.target] = max(layers.get(edge.target, 0), layers[name] + 1)
            missing[edge.target] -= 1
            if missing[edge.target] == 0:
                ready.append(edge.target)
    return layers


def _chains(graph: Graph, layers: dict[str, int]) -> dict[Edge, list[str]]:
    """Each edge as its source, a bend for each layer it crosses, and its target."""
    crossed = sum(layers[edge.target] - layers[edge.source] - 1 for edge in graph.edges)
    chains = {}
    for place, edge in enumerate(graph.edges):
        span = range(layers[edge.source] + 1, layers[edge.target]) if crossed <= MOST_BENDS else ()
        # No step is called that: names have no space.
        chains[edge] = [edge.source, *(f"bend {place} {layer}" for layer in span), edge.target]
    return chains


def _rows(layers: dict[str, int], chains: dict[Edge, list[str]]) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for name, layer in layers.items():
        rows[layer].append(name)
    for edge, chain in chains.items():
        for place, bend in enumerate(chain[1:-1]):
            rows[layers[edge.source] + 1 + place].append(bend)
    return rows


def _untangle(rows: list[list[str]], chains: dict[Edge, list[str]]) -> None:
    """Orders each row by where its neighbours stand, downwards and upwards a few times."""
    above, below = _neighbours(chains)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        ordered = rows if down else rows[::-1]
        for before, row in pairwise(ordered):
            place = {name: number / max(1, len(before) - 1) for number, name in enumerate(before)}
            now = {name: number / max(1, len(row) - 1) for number, name in enumerate(row)}
            wanted = {
                name: _middle([place[one] for one in near[name] if one in place], now[name]) for name in row
            }
            row.sort(key=wanted.__getitem__)


def _neighbours(chains: dict[Edge, list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _middle(places: list[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _across(
    rows: list[list[str]], chains: dict[Edge, list[str]], widths: dict[str, float]
) -> tuple[dict[str, float], float]:
    """The middle of everything from left to right, and the width: rows are centred, then drawn to what is above."""
    widest = max((_row_width(row, widths) for row in rows), default=0)
    above, _ = _neighbours(chains)
    xs: dict[str, float] = {}
    for row in rows:
        edge = SIDE_GAP + (widest - _row_width(row, widths)) / 2
        room = widest + SIDE_GAP
        wanted = [_middle([xs[name] for name in above[one] if name in xs], -1.0) for one in row]
        left = float(SIDE_GAP)
        rest = _row_width(row, widths)
        for name, wish in zip(row, wanted, strict=True):
            width = widths.get(name, BEND_WIDTH)
            start = edge if wish < 0 else wish - width / 2
            start = min(max(start, left), room - rest)
            xs[name] = start + width / 2
            left = edge = start + width + SIDE_GAP
            rest -= width + SIDE_GAP
    return xs, widest + 2 * SIDE_GAP


def _row_width(row: list[str], widths: dict[str, float]) -> float:
    return sum(widths.get(name, BEND_WIDTH) for name in row) + SIDE_GAP * max(0, len(row) - 1)
