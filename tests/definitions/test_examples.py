"""The examples are definitions that hold together, and editors' schemas agree with the models on them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from definitions.base import Kind
from definitions.catalog import Catalog
from definitions.changes import Action, changes, to_yaml
from definitions.checks import check
from definitions.loader import load
from definitions.schema import schema_of, schemas
from definitions.shifts import on_call

SHOP = Path(__file__).parents[2] / "examples" / "shop"


def test_the_shop_is_complete() -> None:
    catalog = check(load([SHOP]), Catalog())
    assert {kind: len(catalog.shelf(kind)) for kind in Kind} == {
        Kind.CONTACT: 3,
        Kind.ESCALATION_PLAN: 2,
        Kind.ROTATION: 1,
        Kind.ON_CALL_SCHEDULE: 1,
        Kind.RESPONSE_PLAN: 2,
        Kind.RUNBOOK: 1,
        Kind.ANALYSIS_TEMPLATE: 1,
        Kind.WORKING_HOURS: 1,
    }
    assert {one.action for one in changes(catalog, catalog)} == {Action.UNCHANGED}


def test_the_second_stage_of_the_shop_never_pages_who_was_on_call() -> None:
    catalog = check(load([SHOP]), Catalog())
    (rotation,) = catalog.rotations.values()
    first, second = catalog.escalation_plans["keep-the-shop-open"].stages
    assert [target.contact for target in first.targets] == ["shop-on-call"]
    weeks = [on_call(rotation, datetime(2026, 11, day, 12, tzinfo=UTC)) for day in (3, 10, 17)]
    assert weeks[0] != weeks[1] != weeks[2]
    assert not {target.contact for target in second.targets} & set(rotation.contacts)


def test_what_a_plan_takes_along_is_everything_it_can_reach() -> None:
    catalog = check(load([SHOP]), Catalog())
    part = catalog.part_for(catalog.response_plans["shop-down"])
    assert set(part.contacts) == {"ana", "ben", "carla"}
    assert set(part.runbooks) == {"restart-shop"}
    assert set(part.response_plans) == {"shop-down"}
    assert Catalog.model_validate_json(part.model_dump_json()) == part


def written(text: str) -> Any:
    # What editors see: the same plain values that the loader reads.
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # texts only


@pytest.mark.parametrize("kind", Kind)
def test_every_schema_is_one_and_accepts_the_examples(kind: Kind) -> None:
    schema = schema_of(kind)
    Draft202012Validator.check_schema(schema)
    catalog = check(load([SHOP]), Catalog())
    everything = Draft202012Validator(schemas()["definitions.schema.json"])
    for definition in catalog.shelf(kind).values():
        plain = definition.model_dump(mode="json", exclude_defaults=True) | {"kind": kind.value}
        assert not list(Draft202012Validator(schema).iter_errors(plain))
        assert not list(everything.iter_errors(plain))
        assert list(everything.iter_errors({**plain, "nonsense": 1}))
        assert list(everything.iter_errors({key: plain[key] for key in plain if key != "kind"}))
        assert written(to_yaml(definition))["name"] == definition.name


def test_there_is_a_schema_for_each_kind_and_one_for_all() -> None:
    names = {f"{kind}.schema.json" for kind in Kind} | {"definitions.schema.json"}
    assert set(schemas()) == names
