"""Escalation plans within escalation plans: no way round, not too deep, not too many."""

from collections.abc import Iterator, Mapping

from definitions.catalog import Catalog
from definitions.escalation_plans import EscalationPlan
from definitions.problems import Path, Problem
from definitions.sources import Loaded, Source

DEEPEST = 5
"""How often a plan may stand within another, counted from the outermost."""

MOST_WITHIN = 100
"""Plans that one plan may begin, those within others counted each time."""


def check_nesting(loaded: Loaded, catalog: Catalog) -> Iterator[Problem]:
    """Problems of new plans, and of those in force that contain a new one.

    If plans contain themselves, only that is told: nothing else can be said of them.
    """
    new = {plan.name: source for plan, source in loaded if isinstance(plan, EscalationPlan)}
    if not new:
        return
    inside = {name: _plans_in(plan, catalog) for name, plan in catalog.escalation_plans.items()}
    yield from _circles(new, inside)
    if not any(_way_back(name, inside) for name in inside):
        yield from _too_much(new, inside)


def _plans_in(plan: EscalationPlan, catalog: Catalog) -> dict[str, list[Path]]:
    """The plans that are targets of a plan, and where they are named."""
    found: dict[str, list[Path]] = {}
    for i, stage in enumerate(plan.stages):
        for j, target in enumerate(stage.targets):
            if target.contact in catalog.escalation_plans:
                found.setdefault(target.contact, []).append(("stages", i, "targets", j, "contact"))
    return found


_Inside = Mapping[str, Mapping[str, list[Path]]]


def _circles(new: Mapping[str, Source], inside: _Inside) -> Iterator[Problem]:
    """One problem for each group of plans that lead back to themselves; a new one must be among them."""
    told: set[str] = set()
    for name, source in new.items():
        if name in told:
            continue
        way = _way_back(name, inside)
        if way is None:
            continue
        told.update(way)
        words = f"the plan contains itself: {' -> '.join(way)}; take one of them out"
        yield source.problem(inside[name][way[1]][0], words)


def _way_back(name: str, inside: _Inside) -> list[str] | None:
    """The shortest way from a plan to itself."""
    ways: list[list[str]] = [[name]]
    seen: set[str] = set()
    for way in ways:
        for within in inside[way[-1]]:
            if within == name:
                return [*way, name]
            if within not in seen:
                seen.add(within)
                ways.append([*way, within])
    return None


def _too_much(new: Mapping[str, Source], inside: _Inside) -> Iterator[Problem]:
    """Told of the outermost new plan on the way."""
    deepest: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for name in _innermost_first(inside):
        ways = [deepest[within] for within in inside[name]]
        deepest[name] = [name, *max(ways, key=len, default=[])]
        counts[name] = sum(len(paths) * (1 + counts[within]) for within, paths in inside[name].items())
    told: set[str] = set()
    for way in deepest.values():
        first = next((name for name in way if name in new), None)
        if len(way) - 1 > DEEPEST and first is not None and first not in told:
            told.add(first)
            words = f"plans stand within plans {len(way) - 1} deep, at most {DEEPEST} fit: {' -> '.join(way)}"
            yield new[first].problem(_towards(first, way, inside), words)
    for name, source in new.items():
        if counts[name] > MOST_WITHIN:
            words = f"the plan begins {counts[name]} other plans, at most {MOST_WITHIN} fit; name some of them once"
            yield source.problem(("stages",), words)


def _towards(name: str, way: list[str], inside: _Inside) -> Path:
    after = way[way.index(name) + 1 :]
    return inside[name][after[0]][0] if after else ("name",)


def _innermost_first(inside: _Inside) -> list[str]:
    """Every plan after those within it. There is no way round."""
    order: dict[str, None] = {}
    for start in inside:
        waiting = [start]
        while waiting:
            missing = [within for within in inside[waiting[-1]] if within not in order]
            if missing:
                waiting += missing
            else:
                order[waiting.pop()] = None
    return list(order)
