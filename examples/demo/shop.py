"""examples/shop, and the two things about it that a demo must have otherwise."""

from collections.abc import Iterable
from pathlib import Path

from definitions.catalog import Catalog, Definition
from definitions.changes import to_yaml
from definitions.contacts import Contact
from definitions.escalation_plans import EscalationPlan
from definitions.loader import load
from definitions.response_plans import ResponsePlan
from examples.demo.phones import Device

SHOP = Path(__file__).resolve().parents[1] / "shop"
PLAN = "shop-down"

SPEED = 20
"""A minute of the shop's paging plans passes in three seconds."""


def read_shop() -> Catalog:
    """The definitions of examples/shop."""
    return Catalog.of(load([SHOP]).definitions)


def devices(shop: Catalog) -> dict[str, Device]:
    """What rings, by mail address."""
    return {
        channel.address: Device(contact.name, first_name(contact), channel.name)
        for contact in shop.contacts.values()
        for channel in contact.channels
    }


def first_name(contact: Contact) -> str:
    """What friends call them."""
    return (contact.display_name or contact.name).split()[0]


def write_overlay(shop: Catalog, instance_id: str, path: Path) -> None:
    """Writes the definitions that differ: paging plans at SPEED, and the runbook pointed at `instance_id`."""
    changed: Iterable[Definition] = [
        *(_hurried_contact(contact) for contact in shop.contacts.values()),
        *(_hurried_plan(plan) for plan in shop.escalation_plans.values()),
        _pointed_at(shop.response_plans[PLAN], instance_id),
    ]
    path.write_text("---\n".join(to_yaml(definition) for definition in changed), encoding="utf-8")


def _hurried_contact(contact: Contact) -> Contact:
    stages = tuple(
        stage.model_copy(
            update={
                "duration": stage.duration / SPEED,
                "targets": tuple(
                    target.model_copy(update={"retry_interval": target.retry_interval / SPEED})
                    for target in stage.targets
                ),
            }
        )
        for stage in contact.plan.stages
    )
    return contact.model_copy(update={"plan": contact.plan.model_copy(update={"stages": stages})})


def _hurried_plan(plan: EscalationPlan) -> EscalationPlan:
    stages = tuple(stage.model_copy(update={"duration": stage.duration / SPEED}) for stage in plan.stages)
    return plan.model_copy(update={"stages": stages})


def _pointed_at(plan: ResponsePlan, instance_id: str) -> ResponsePlan:
    if plan.runbook is None:
        raise ValueError(f"response plan {plan.name!r} of {SHOP} has no runbook; the demo needs one")
    parameters = plan.runbook.parameters | {"InstanceId": instance_id}
    return plan.model_copy(update={"runbook": plan.runbook.model_copy(update={"parameters": parameters})})
