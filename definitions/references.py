"""What definitions say of one another: every name must lead somewhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from definitions.base import ENGAGEABLE, Kind
from definitions.catalog import Catalog, Definition
from definitions.contacts import Contact
from definitions.escalation_plans import EscalationPlan
from definitions.on_call_schedules import OnCallSchedule
from definitions.problems import DefinitionError, Path, Problem
from definitions.response_plans import ResponsePlan
from definitions.rotations import Rotation


@dataclass(frozen=True)
class Reference:
    """A name at a path of a definition, and the kinds of thing it may be the name of."""

    path: Path
    name: str
    kinds: tuple[Kind, ...]

    def found_in(self, catalog: Catalog) -> Definition | None:
        """What the name leads to, if it leads anywhere."""
        for kind in self.kinds:
            found = catalog.shelf(kind).get(self.name)
            if found is not None:
                return found
        return None


def references(definition: Definition) -> Iterator[Reference]:
    """Every name of another definition in this one."""
    match definition:
        case EscalationPlan():
            for i, stage in enumerate(definition.stages):
                for j, target in enumerate(stage.targets):
                    yield Reference(("stages", i, "targets", j, "contact"), target.contact, ENGAGEABLE)
                if stage.when and stage.when.during is not None:
                    path = ("stages", i, "when", "during")
                    yield Reference(path, stage.when.during, (Kind.WORKING_HOURS,))
                if stage.when and stage.when.outside is not None:
                    path = ("stages", i, "when", "outside")
                    yield Reference(path, stage.when.outside, (Kind.WORKING_HOURS,))
            yield from _fallback(definition)
        case Rotation():
            for i, alias in enumerate(definition.contacts):
                yield Reference(("contacts", i), alias, (Kind.CONTACT,))
            for i, override in enumerate(definition.overrides):
                for j, alias in enumerate(override.contacts):
                    yield Reference(("overrides", i, "contacts", j), alias, (Kind.CONTACT,))
        case OnCallSchedule():
            for i, name in enumerate(definition.rotations):
                yield Reference(("rotations", i), name, (Kind.ROTATION,))
            yield from _fallback(definition)
        case ResponsePlan():
            yield from _of_response_plan(definition)


def _fallback(definition: EscalationPlan | OnCallSchedule) -> Iterator[Reference]:
    if definition.fallback is not None:
        yield Reference(("fallback",), definition.fallback, (Kind.CONTACT,))


def _of_response_plan(plan: ResponsePlan) -> Iterator[Reference]:
    for i, alias in enumerate(plan.engagements):
        yield Reference(("engagements", i), alias, ENGAGEABLE)
    if plan.runbook:
        yield Reference(("runbook", "name"), plan.runbook.name, (Kind.RUNBOOK,))
    if plan.analysis:
        yield Reference(("analysis", "template"), plan.analysis.template, (Kind.ANALYSIS_TEMPLATE,))
        if plan.analysis.owner:
            yield Reference(("analysis", "owner"), plan.analysis.owner, (Kind.CONTACT,))


def referrers(catalog: Catalog, kind: Kind, name: str) -> list[Definition]:
    """The definitions that name the one of that kind and name."""
    return [
        definition
        for definition in catalog
        if any(reference.name == name and kind in reference.kinds for reference in references(definition))
    ]


def check_deletion(catalog: Catalog, kind: Kind, name: str) -> None:
    """Raises DefinitionError, with one problem for each definition that still refers to this one.

    KeyError if there is no such definition.
    """
    if name not in catalog.shelf(kind):
        raise KeyError(name)
    problems = [
        Problem(
            f"{kind} {name}",
            None,
            f"{other.kind} {other.name} still refers to it; change or delete that first",
        )
        for other in referrers(catalog, kind, name)
    ]
    if problems:
        raise DefinitionError(problems)


def is_engageable(definition: Definition) -> bool:
    """Whether the definition's name is an alias, one namespace for three kinds."""
    return isinstance(definition, Contact | EscalationPlan | OnCallSchedule)
