"""All definitions that are in force together, and what one response plan needs of them."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Self

from pydantic import Field, TypeAdapter

from definitions.analysis_templates import AnalysisTemplate
from definitions.base import ENGAGEABLE, Kind, Part
from definitions.contacts import Contact
from definitions.escalation_plans import EscalationPlan
from definitions.on_call_schedules import OnCallSchedule
from definitions.response_plans import ResponsePlan
from definitions.rotations import Rotation
from definitions.runbooks import Runbook
from definitions.working_hours import WorkingHours

Definition = (
    Contact
    | EscalationPlan
    | Rotation
    | OnCallSchedule
    | ResponsePlan
    | Runbook
    | AnalysisTemplate
    | WorkingHours
)
AnyDefinition: TypeAdapter[Definition] = TypeAdapter(Annotated[Definition, Field(discriminator="kind")])

Engageable = Contact | EscalationPlan | OnCallSchedule


class Catalog(Part):
    """Definitions by kind and name. References between them are whole when it came through the door.

    `silent_channels` are the channels that must not be paged, and why, by contact and channel: that is no
    definition but a state, which the records keep and lay over the definitions.
    """

    contacts: dict[str, Contact] = Field(default_factory=dict)
    escalation_plans: dict[str, EscalationPlan] = Field(default_factory=dict)
    rotations: dict[str, Rotation] = Field(default_factory=dict)
    on_call_schedules: dict[str, OnCallSchedule] = Field(default_factory=dict)
    response_plans: dict[str, ResponsePlan] = Field(default_factory=dict)
    runbooks: dict[str, Runbook] = Field(default_factory=dict)
    analysis_templates: dict[str, AnalysisTemplate] = Field(default_factory=dict)
    working_hours: dict[str, WorkingHours] = Field(default_factory=dict)
    silent_channels: dict[str, dict[str, str]] = Field(default_factory=dict)

    @classmethod
    def of(cls, definitions: Iterable[Definition]) -> Self:
        """Collect definitions; of two with the same kind and name the later one stands."""
        catalog = cls()
        for definition in definitions:
            catalog.shelf(definition.kind)[definition.name] = definition
        return catalog

    def shelf(self, kind: Kind) -> dict[str, Definition]:
        """The definitions of one kind by name."""
        shelves: dict[Kind, dict[str, Definition]] = {
            Kind.CONTACT: self.contacts,  # type: ignore[dict-item]  # dict is invariant; each shelf holds its kind
            Kind.ESCALATION_PLAN: self.escalation_plans,  # type: ignore[dict-item]
            Kind.ROTATION: self.rotations,  # type: ignore[dict-item]
            Kind.ON_CALL_SCHEDULE: self.on_call_schedules,  # type: ignore[dict-item]
            Kind.RESPONSE_PLAN: self.response_plans,  # type: ignore[dict-item]
            Kind.RUNBOOK: self.runbooks,  # type: ignore[dict-item]
            Kind.ANALYSIS_TEMPLATE: self.analysis_templates,  # type: ignore[dict-item]
            Kind.WORKING_HOURS: self.working_hours,  # type: ignore[dict-item]
        }
        return shelves[kind]

    def __iter__(self) -> Iterator[Definition]:  # type: ignore[override]  # pydantic iterates fields; nobody needs that here
        for kind in Kind:
            yield from self.shelf(kind).values()

    def engageable(self, alias: str) -> Engageable | None:
        """The contact, escalation plan or on-call schedule of that alias, if there is one."""
        return (
            self.contacts.get(alias) or self.escalation_plans.get(alias) or self.on_call_schedules.get(alias)
        )

    def take(self, definitions: Iterable[Definition]) -> None:
        """Put definitions in the place of those with their name, of another engageable kind too."""
        for definition in definitions:
            if definition.kind in ENGAGEABLE:
                for kind in ENGAGEABLE:
                    self.shelf(kind).pop(definition.name, None)
            self.shelf(definition.kind)[definition.name] = definition

    def clash(self, definitions: Iterable[Definition]) -> str | None:
        """A name that `take` would turn into something of another kind: what refers to it would break."""
        for definition in definitions:
            known = self.engageable(definition.name) if definition.kind in ENGAGEABLE else None
            if known is not None and known.kind is not definition.kind:
                return definition.name
        return None

    def silence(self, contact: str, silent: dict[str, str]) -> None:
        """From now on these channels of a contact, and no others, must not be paged."""
        known = self.silent_channels.setdefault(contact, {})
        known.clear()
        known.update(silent)

    def part_for(self, plan: ResponsePlan) -> "Catalog":
        """The plan and everything it can reach: what an incident takes along, so that it needs no look-up."""
        found: list[Definition] = [plan]
        for alias in plan.engagements:
            found += self._reach(alias)
        if plan.runbook:
            found.append(self.runbooks[plan.runbook.name])
        if plan.analysis:
            found.append(self.analysis_templates[plan.analysis.template])
            if plan.analysis.owner:
                found += self._reach(plan.analysis.owner)
        return self._part(found)

    def part_for_engagement(self, alias: str) -> "Catalog":
        """One engageable and everything it can reach. KeyError if the alias is unknown."""
        return self._part(self._reach(alias))

    def _part(self, found: Iterable[Definition]) -> "Catalog":
        part = Catalog.of(found)
        silent = {name: self.silent_channels[name] for name in part.contacts if name in self.silent_channels}
        return part.model_copy(update={"silent_channels": silent})

    def _reach(self, alias: str, *, above: tuple[str, ...] = ()) -> list[Definition]:
        target = self.engageable(alias)
        if target is None:
            raise KeyError(alias)
        found: list[Definition] = [target]
        if alias in above:  # refused at the door; what is stored must still not turn for ever
            return found
        match target:
            case EscalationPlan():
                for stage in target.stages:
                    found += [self.working_hours[name] for name in stage.working_hours]
                    for escalation in stage.targets:
                        found += self._reach(escalation.contact, above=(*above, alias))
            case OnCallSchedule():
                for name in target.rotations:
                    rotation = self.rotations[name]
                    found.append(rotation)
                    stand_ins = [alias for override in rotation.overrides for alias in override.contacts]
                    found += [self.contacts[alias] for alias in (*rotation.contacts, *stand_ins)]
        if isinstance(target, EscalationPlan | OnCallSchedule) and target.fallback is not None:
            found.append(self.contacts[target.fallback])
        return found
