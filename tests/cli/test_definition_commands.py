"""Definitions from the command line."""

import json
from pathlib import Path

import yaml

from tests.cli.command import Command
from tests.cli.plans import PLANS


async def test_definitions_are_checked_compared_and_applied(tocsin: Command, plans: Path) -> None:
    assert (await tocsin("validate", str(plans), "-o", "json")).json == {"valid": True, "warnings": []}
    assert (await tocsin("get", "contacts", "-o", "json")).json == []

    applied = await tocsin("apply", str(plans))
    assert "added    Contact ana" in applied.out
    assert applied.out.endswith("9 added, 0 changed, 0 unchanged\n")
    assert (await tocsin("diff", str(plans))).out == "Nothing would change.\n"

    _call_ana_something_else(plans)
    difference = (await tocsin("diff", str(plans))).out
    assert "-display_name: Ana Reis\n+display_name: Ana R.\n" in difference
    changes = (await tocsin("apply", str(plans), "-o", "json")).json
    changed = [(one["kind"], one["name"]) for one in changes if one["action"] == "changed"]
    assert changed == [("Contact", "ana")]


def _call_ana_something_else(plans: Path) -> None:
    plans.write_text(PLANS.replace("Ana Reis", "Ana R."))


async def test_what_get_prints_can_be_applied_again(tocsin: Command, plans: Path, tmp_path: Path) -> None:
    assert (await tocsin("apply", str(plans))).code == 0
    printed = tmp_path / "printed.yaml"
    printed.write_text((await tocsin("get", "PLANS")).out)
    assert [one["name"] for one in yaml.safe_load_all(printed.read_text())] == ["quiet", "shop-down"]
    assert (await tocsin("diff", str(printed))).out == "Nothing would change.\n"


async def test_kinds_are_understood_however_they_are_written(tocsin: Command, plans: Path) -> None:
    assert (await tocsin("apply", str(plans))).code == 0
    for kind in ("OnCallSchedule", "oncallschedules", "on-call-schedule", "SCHEDULES", "oncall"):
        got = await tocsin("get", kind, "pager", "-o", "json")
        assert got.json["rotations"] == ["weeks"], kind


async def test_what_others_refer_to_is_not_deleted(tocsin: Command, plans: Path) -> None:
    assert (await tocsin("apply", str(plans))).code == 0
    (await tocsin("delete", "contact", "ana")).fails(4, "'weeks'")
    assert (await tocsin("delete", "plan", "quiet")).code == 0
    (await tocsin("get", "plan", "quiet")).fails(3, "no ResponsePlan 'quiet'")


async def test_schemas_are_printed_and_written_for_editors(tocsin: Command, tmp_path: Path) -> None:
    contact = (await tocsin("schema", "contact", "-o", "json")).json
    assert contact["title"] == "Contact"
    folder = tmp_path / "schemas"
    written = (await tocsin("schema", "--dir", str(folder), "-o", "json")).json
    assert json.loads((folder / "Contact.schema.json").read_text()) == contact
    assert len(written) == 9
