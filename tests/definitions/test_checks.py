"""Definitions must make sense together, and with those in force."""

from pathlib import Path

import pytest

from definitions.base import Kind
from definitions.catalog import Catalog
from definitions.checks import check
from definitions.contacts import Contact
from definitions.loader import load
from definitions.problems import DefinitionError
from definitions.references import check_deletion, referrers
from definitions.response_plans import IncidentTemplate, PlannedRunbook, ResponsePlan
from definitions.runbooks import Runbook
from definitions.sources import Loaded

PEOPLE = """\
kind: Contact
name: ana
---
kind: Rotation
name: week
contacts: [ana]
time_zone: UTC
start_time: 2026-01-05
recurrence: {daily_settings: [09:00]}
---
kind: OnCallSchedule
name: on-call
rotations: [week]
---
kind: EscalationPlan
name: everybody
stages: [{duration: 5m, targets: [{contact: on-call}, {contact: ana}]}]
---
kind: Runbook
name: restart
document:
  schemaVersion: "0.3"
  parameters:
    Instance: {type: String, allowedPattern: "i-.*"}
    Incident: {type: String, default: none}
    Resources: {type: StringList, default: []}
    Force: {type: Boolean, default: false}
  mainSteps:
  - {name: Wait, action: "aws:sleep", inputs: {Duration: PT1M}}
---
kind: AnalysisTemplate
name: why
sections: [{id: s, title: S, questions: [{id: q, text: Why?}]}]
"""
NIGHT = "kind: EscalationPlan\nname: night\nstages:\n"
PLAN = "kind: ResponsePlan\nname: shop\nincident_template: {title: Shop, impact: 1}\n"
RUNBOOK = "kind: Runbook\nname: other\ndocument:\n  schemaVersion: '0.3'\n  mainSteps:\n"


@pytest.fixture
def in_force(tmp_path: Path) -> Catalog:
    file = tmp_path / "people.yaml"
    file.write_text(PEOPLE)
    return check(load([file]), Catalog())


BAD: list[tuple[str, str]] = [
    # References.
    (
        "kind: EscalationPlan\nname: e\nstages:\n- duration: 5m\n  targets:\n  - contact: anna\n",
        "6: there is no contact, escalation plan or on-call schedule 'anna'; did you mean 'ana'?",
    ),
    (
        "kind: OnCallSchedule\nname: s\nrotations:\n- week\n- wek\n",
        "5: there is no rotation 'wek'; did you mean 'week'?",
    ),
    (
        "kind: Rotation\nname: w\ncontacts:\n- ana\n- on-call\n- zoe\ntime_zone: UTC\nstart_time: 2026-01-05"
        "\n"
        "recurrence: {daily_settings: [09:00]}\n"
        "overrides: [{start: 2026-02-01, end: 2026-02-02, contacts: [bob]}]\n",
        "5: 'on-call' is the alias of an on-call schedule; name a contact\n"
        "6: there is no contact 'zoe'; define it, or name one that exists\n"
        "10: there is no contact 'bob'; define it, or name one that exists",
    ),
    (
        PLAN + "engagements: [everyboddy]\nrunbook: {name: restrat}\n"
        "analysis:\n  template: who\n  owner: nobody\n",
        "4: there is no contact, escalation plan or on-call schedule 'everyboddy'"
        "; did you mean 'everybody'?\n"
        "5: there is no runbook 'restrat'; did you mean 'restart'?\n"
        "7: there is no analysis template 'who'; define it, or name one that exists\n"
        "8: there is no contact 'nobody'"
        "; define it, or name one that exists",
    ),
    # Names.
    (
        "kind: Contact\nname: ben\n---\nkind: Contact\nname: ben\n",
        "5: contact 'ben' is already defined at FILE:1; give one of them another name",
    ),
    (
        "kind: Contact\nname: on-call\n",
        "2: the alias 'on-call' is also that of the on-call schedule in force; "
        "contacts, plans and schedules share their names",
    ),
    (
        "kind: Contact\nname: x\n---\nkind: OnCallSchedule\nname: x\nrotations: [week]\n",
        "2: the alias 'x' is also that of the on-call schedule at FILE:4; "
        "contacts, plans and schedules share their names\n"
        "5: the alias 'x' is also that of the contact at FILE:1; "
        "contacts, plans and schedules share their names",
    ),
    (
        "kind: Rotation\nname: w\ncontacts: [ana]\ntime_zone: EST\nstart_time: 2026-01-05T00:00:00Z\n"
        "recurrence: {daily_settings: [09:00]}\n",
        "4: unknown time zone 'EST'; write a place's IANA name like Europe/Berlin",
    ),
    (
        "kind: WorkingHours\nname: Office\ntime_zone: Berlin\nhours: {MON: [{start: 09:00, end: 17:00}]}\n",
        "3: unknown time zone 'Berlin'; did you mean 'Europe/Berlin'?",
    ),
    # Escalation plans within escalation plans.
    (
        NIGHT + "- duration: 5m\n  targets:\n  - contact: night\n",
        "6: the plan contains itself: night -> night; take one of them out",
    ),
    (
        NIGHT + "- duration: 5m\n  targets:\n  - contact: ana\n  - contact: everybody\n---\n"
        "kind: EscalationPlan\nname: everybody\nstages: [{duration: 5m, targets: [{contact: night}]}]\n",
        "7: the plan contains itself: night -> everybody -> night; take one of them out",
    ),
    (
        NIGHT + "- {duration: 5m, targets: [{contact: ana}]}\nfallback: everybody\n",
        "5: 'everybody' is the alias of an escalation plan; name a contact",
    ),
    # Planned runbooks.
    (
        PLAN + "runbook:\n  name: restart\n  parameters:\n    Instnce: i-1\n    Force: perhaps\n"
        "  dynamic_parameters:\n    Force: INCIDENT_RECORD_ARN\n    Incident: INVOLVED_RESOURCES\n"
        "    Resources: INVOLVED_RESOURCES\n    Incidnt: INCIDENT_RECORD_ARN\n",
        "6: runbook restart: parameter 'Instance': is required: give one text\n"
        "7: runbook restart: unknown parameter 'Instnce'; did you mean 'Instance'?\n"
        "8: runbook restart: parameter 'Force': expected true or false, got 'perhaps'\n"
        "10: runbook restart: parameter 'Force' is given twice; "
        "keep it in parameters or in dynamic_parameters\n"
        "11: runbook restart: INVOLVED_RESOURCES fits only a StringList parameter; 'Incident' is a String\n"
        "13: runbook restart: unknown parameter 'Incidnt'; did you mean 'Incident'?",
    ),
    (
        PLAN + "runbook:\n  name: restart\n  parameters: {Instance: server}\n",
        "6: runbook restart: parameter 'Instance': 'server' does not match i-.*",
    ),
]


@pytest.mark.parametrize(("text", "expected"), BAD, ids=[expected[:50] for _, expected in BAD])
def test_what_does_not_fit_is_refused_with_its_line(
    tmp_path: Path, in_force: Catalog, text: str, expected: str
) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(text)
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), in_force)
    found = str(refused.value).replace(f"at {file}", "at FILE").replace(f"{file}:", "")
    assert found == expected


def chain(names: str) -> str:
    """A plan within a plan, the first outermost; the last one engages ana."""
    plans = zip(names, [*names[1:], "ana"], strict=True)
    return "---\n".join(
        f"kind: EscalationPlan\nname: {name}\nstages:\n- duration: 5m\n  targets:\n  - contact: {inner}\n"
        for name, inner in plans
    )


def test_plans_stand_within_plans_at_most_five_deep(tmp_path: Path, in_force: Catalog) -> None:
    file = tmp_path / "plans.yaml"
    file.write_text(chain("abcdef"))
    stored = check(load([file]), in_force)
    file.write_text(chain("abcdefg"))
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), in_force)
    way = "plans stand within plans 6 deep, at most 5 fit: a -> b -> c -> d -> e -> f -> g"
    assert str(refused.value) == f"{file}:6: {way}"
    # The plan that makes one in force too deep is to blame.
    file.write_text(chain("fg"))
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), stored)
    assert str(refused.value) == f"{file}:6: {way}"


def test_a_circle_through_plans_in_force_is_refused(tmp_path: Path, in_force: Catalog) -> None:
    file = tmp_path / "plans.yaml"
    file.write_text(chain("abc"))
    stored = check(load([file]), in_force)
    file.write_text(NIGHT.replace("night", "c") + "- duration: 5m\n  targets:\n  - contact: a\n")
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), stored)
    assert str(refused.value) == (
        f"{file}:6: the plan contains itself: c -> a -> b -> c; take one of them out"
    )


def test_a_plan_that_begins_hundreds_of_others_is_refused(tmp_path: Path, in_force: Catalog) -> None:
    file = tmp_path / "plans.yaml"
    eleven = ", ".join(["{contact: b}"] * 11)
    within = ", ".join(["{contact: c}"] * 10)
    file.write_text(
        f"kind: EscalationPlan\nname: a\nstages: [{{duration: 5m, targets: [{eleven}]}}]\n---\n"
        f"kind: EscalationPlan\nname: b\nstages: [{{duration: 5m, targets: [{within}]}}]\n---\n{chain('c')}"
    )
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), in_force)
    assert str(refused.value) == (
        f"{file}:3: the plan begins 121 other plans, at most 100 fit; name some of them once"
    )


@pytest.mark.parametrize(("end", "length"), [("09:10", "10m"), ("09:29", "29m")])
def test_a_window_of_ten_minutes_is_refused(tmp_path: Path, in_force: Catalog, end: str, length: str) -> None:
    file = tmp_path / "rotation.yaml"
    rotation = (
        "kind: Rotation\nname: r\ncontacts: [ana]\ntime_zone: UTC\nstart_time: 2026-01-05\nrecurrence:\n"
        "  daily_settings: [09:00]\n  shift_coverages:\n    MON:\n    - {{start: 09:00, end: {}}}\n"
    )
    file.write_text(rotation.format(end))
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), in_force)
    assert str(refused.value) == (f"{file}:10: 09:00 to {end} is {length}; a window lasts at least 30m")
    for fine in ("09:30", "09:00", "08:59", "00:00"):
        file.write_text(rotation.format(fine))
        check(load([file]), in_force)


def test_a_runbook_that_goes_in_circles_is_refused(tmp_path: Path, in_force: Catalog) -> None:
    file = tmp_path / "circle.yaml"
    file.write_text(
        RUNBOOK + "  - {name: A, action: 'aws:sleep', inputs: {Duration: PT1M}}\n"
        "  - {name: B, action: 'aws:sleep', inputs: {Duration: PT1M}, nextStep: A}\n"
    )
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), in_force)
    (problem,) = refused.value.problems
    assert problem.file == str(file)
    assert problem.line in (6, 7)
    assert "A -> B -> A" in problem.message


def test_a_bad_step_names_the_line_of_the_document_file(tmp_path: Path, in_force: Catalog) -> None:
    (tmp_path / "d.yaml").write_text("schemaVersion: '0.3'\nmainSteps:\n- name: A\n  action: aws:slep\n")
    file = tmp_path / "runbooks.yaml"
    file.write_text("kind: Runbook\nname: one\nfile: d.yaml\n")
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), in_force)
    assert str(refused.value).startswith(f"{tmp_path}/d.yaml:4: ")
    assert "did you mean 'aws:sleep'?" in str(refused.value)


def test_a_document_over_128_kb_is_refused(tmp_path: Path, in_force: Catalog) -> None:
    file = tmp_path / "big.yaml"
    file.write_text(
        RUNBOOK
        + f"  - {{name: A, action: 'aws:sleep', description: {'x' * 140_000}, inputs: {{Duration: PT1M}}}}\n"
    )
    with pytest.raises(DefinitionError) as refused:
        check(load([file]), in_force)
    assert str(refused.value) == (
        f"{file}:3: the document is 137 KB; at most 128 KB fit, so move long scripts elsewhere"
    )


def test_a_runbook_may_not_lose_a_parameter_that_a_plan_in_force_gives(in_force: Catalog) -> None:
    plan = ResponsePlan(
        name="shop",
        incident_template=IncidentTemplate(title="Shop", impact=1),
        runbook=PlannedRunbook(name="restart", parameters={"Instance": "i-1"}),
    )
    in_force = check(Loaded.of([plan]), in_force)
    document = dict(in_force.runbooks["restart"].document)
    document["parameters"] = {}
    with pytest.raises(DefinitionError) as refused:
        check(Loaded.of([Runbook(name="restart", document=document)]), in_force)
    assert str(refused.value) == (
        "Runbook restart: the response plan shop in force does not fit: runbook restart: "
        "unknown parameter 'Instance'; the document has none"
    )


def test_a_document_that_was_never_read_is_refused() -> None:
    with pytest.raises(DefinitionError) as refused:
        check(Loaded.of([Runbook(name="big", file="big.yaml")]), Catalog())
    assert str(refused.value) == (
        "Runbook big: the document in big.yaml has not been read; load the runbook from its YAML file"
    )


def test_new_definitions_stand_beside_those_in_force_and_replace_their_namesakes(in_force: Catalog) -> None:
    new = [Contact(name="ana", display_name="Ana"), Contact(name="ben")]
    result = check(Loaded.of(new), in_force)
    assert list(result.contacts.values()) == new
    assert result.rotations == in_force.rotations
    assert in_force.contacts["ana"].display_name == ""


def test_what_others_refer_to_cannot_be_deleted(in_force: Catalog) -> None:
    with pytest.raises(DefinitionError) as refused:
        check_deletion(in_force, Kind.CONTACT, "ana")
    assert str(refused.value).splitlines() == [
        "Contact ana: EscalationPlan everybody still refers to it; change or delete that first",
        "Contact ana: Rotation week still refers to it; change or delete that first",
    ]
    assert [one.name for one in referrers(in_force, Kind.ROTATION, "week")] == ["on-call"]
    check_deletion(in_force, Kind.ANALYSIS_TEMPLATE, "why")
    with pytest.raises(KeyError):
        check_deletion(in_force, Kind.CONTACT, "zoe")


@pytest.mark.parametrize("address", ["a,b@x.example", "a;b@x.example", "x<a@b.example>", "a@[10.0.0.1]"])
def test_what_a_mail_library_takes_for_another_address_is_refused(
    tmp_path: Path, in_force: Catalog, address: str
) -> None:
    file = tmp_path / "contact.yaml"
    file.write_text(
        f"kind: Contact\nname: zoe\nchannels:\n- {{name: mail, type: EMAIL, address: '{address}'}}\n"
    )
    with pytest.raises(DefinitionError, match="is not one plain mail address"):
        check(load([file]), in_force)
