"""Who would hear a page: contacts with a channel that may be paged, and whatever leads to one."""

from definitions.catalog import Catalog
from definitions.contacts import Contact
from definitions.escalation_plans import EscalationPlan
from definitions.on_call_schedules import OnCallSchedule
from definitions.rotations import Rotation


class Hearing:
    """Answers for one catalog, each worked out once. References must be whole."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[str, str | None] = {}

    def why_deaf(self, alias: str) -> str | None:
        """Why nobody hears a page to a contact, plan or schedule; None if somebody does."""
        if alias not in self._known:
            self._known[alias] = None
            self._known[alias] = self._look(alias)
        return self._known[alias]

    def deaf_members(self, rotation: Rotation) -> dict[str, str]:
        """The contacts who take turns and hear no page, and why."""
        reasons = {alias: self.why_deaf(alias) for alias in rotation.contacts}
        return {alias: reason for alias, reason in reasons.items() if reason is not None}

    def _look(self, alias: str) -> str | None:
        match self._catalog.engageable(alias):
            case Contact() as contact:
                return self._of_contact(contact)
            case OnCallSchedule() as schedule:
                rotations = [self._catalog.rotations[name] for name in schedule.rotations]
                members = {one for rotation in rotations for one in rotation.contacts}
                return self._all_deaf(members, "nobody in its rotations can be paged")
            case EscalationPlan() as plan:
                targets = {target.contact for stage in plan.stages for target in stage.targets}
                targets |= {plan.fallback} if plan.fallback is not None else set()
                return self._all_deaf(targets, "nobody in its stages can be paged")
        return None

    def _all_deaf(self, aliases: set[str], words: str) -> str | None:
        return words if all(self.why_deaf(alias) is not None for alias in aliases) else None

    def _of_contact(self, contact: Contact) -> str | None:
        if not contact.channels:
            return "there is no channel to page"
        planned = planned_channels(contact)
        if not planned:
            return "no stage of the contact's plan names a channel"
        silent = self._catalog.silent_channels.get(contact.name, {})
        if all(name in silent for name in planned):
            return ", ".join(f"{name} is {silent[name]}" for name in planned)
        return None


def planned_channels(contact: Contact) -> list[str]:
    """The channels that the contact's plan names, each once."""
    return list(dict.fromkeys(target.channel for stage in contact.plan.stages for target in stage.targets))
