"""Bad definitions are refused with file, line and the words a person needs; good ones arrive as written."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.contacts import Contact
from definitions.loader import MAX_FILE_BYTES, load
from definitions.problems import DefinitionError
from definitions.rotations import Rotation
from definitions.runbooks import Runbook
from definitions.yaml_nodes import YamlError, json_as_yaml, parse_yaml

ROTATION = """\
kind: Rotation
name: week
contacts: [ana]
time_zone: Europe/Berlin
start_time: 2026-01-05
"""
DAILY = "recurrence: {daily_settings: [09:00]}\n"
PLAN = "kind: ResponsePlan\nname: shop\nincident_template: {title: Shop, impact: 1}\n"

BAD: list[tuple[str, str]] = [
    # Keys and kinds.
    ("kind: Contact\nname: ana\ndisplay: Ana\n", "3: unknown key 'display'; did you mean 'display_name'?"),
    (
        "kind: Contact\nname: ana\nshoe_size: 38\n",
        "3: unknown key 'shoe_size'; Contact has kind, name, display_name, channels, plan, min_page_gap",
    ),
    (
        "kind: Contact\nname: ana\nchannels:\n  - name: mail\n    type: EMAIL\n    adress: a@b\n",
        "4: 'address' is missing in channels[0]; add it\n"
        "6: unknown key 'adress' in channels[0]; did you mean 'address'?",
    ),
    ("kind: Contakt\nname: ana\n", "1: unknown kind 'Contakt'; did you mean 'Contact'?"),
    (
        "# Ana\nname: ana\n",
        "2: 'kind' is missing; write one of Contact, EscalationPlan, Rotation, OnCallSchedule, ResponsePlan, "
        "Runbook, AnalysisTemplate, WorkingHours",
    ),
    ("kind: Contact\n", "1: 'name' is missing; add it"),
    (
        "- kind: Contact\n",
        "1: a definition is a mapping with a kind and a name; the kinds are Contact, EscalationPlan, "
        "Rotation, OnCallSchedule, ResponsePlan, Runbook, AnalysisTemplate, WorkingHours",
    ),
    (
        "schemaVersion: '0.3'\nmainSteps: []\n",
        "1: an Automation document is no definition; name it in a runbook: kind, name and file",
    ),
    # Values.
    (
        "kind: Contact\nname: Ana Reis\n",
        "2: name: 'Ana Reis' is not allowed; use only small letters, digits, _ and -",
    ),
    (
        "kind: Runbook\nname: x\ndocument: {a: 1}\n",
        "2: name: 'x' is not allowed; "
        "use 3 to 128 characters: small letters, capital letters, digits, _, - and .",
    ),
    ("kind: Contact\nname: 5\n", "2: name is the number 5; write text"),
    ("kind: Contact\nname: true\n", "2: name is true (a truth value; quote it to make it text); write text"),
    ("kind: Contact\nname:\n", "2: name is empty; write text"),
    ("kind: Contact\nname: ana\nchannels: mail\n", "3: channels is the text 'mail'; write a list"),
    (
        "kind: Contact\nname: ana\nchannels: [{name: a, type: PIGEON, address: x}]\n",
        "3: channels[0].type: unknown value 'PIGEON'; it is EMAIL, SMS, VOICE, WEBHOOK, SLACK, TEAMS or APPRISE",
    ),
    (
        "kind: Contact\nname: ana\nchannels: [{name: a, type: EMAIL, address: ana}]\n",
        "3: channels[0]: 'ana' is not a mail address; write it like ana@example.org",
    ),
    (
        "kind: Contact\nname: ana\nchannels: [{name: a, type: WEBHOOK, address: http://x, secret: hunter}]\n",
        "3: channels[0].secret: a secret is never written down; name it like {{ secret:NAME }}",
    ),
    (
        "kind: Contact\nname: ana\nplan:\n  stages:\n    - duration: 5\n",
        "5: plan.stages[0].duration: 5 is not a duration; write it like 30s, 5m, 1h30m, 2d or PT5M",
    ),
    (
        "kind: Contact\nname: ana\nplan: {stages: [{duration: 999999999d}]}\n",
        "3: plan.stages[0].duration: a stage of a contact's plan lasts at most 1d",
    ),
    (
        "kind: Contact\nname: ana\nplan:\n  stages:\n  - duration: 5m\n    targets:\n    - channel: mail\n",
        "7: no channel 'mail' on this contact; its channels: none",
    ),
    (PLAN.replace("1", "6"), "3: incident_template.impact is 6; it must be at most 5"),
    (
        PLAN.replace("1", "true"),
        "3: incident_template.impact is true (a truth value; quote it to make it text); write a whole number",
    ),
    (PLAN.replace("Shop", "x" * 201), "3: incident_template.title has 201 characters; at most 200 fit"),
    (PLAN + "engagements: [a, b, c, d, e, f]\n", "4: engagements has 6 entries; at most 5 fit"),
    (
        PLAN + "runbook:\n  name: r\n  parameters:\n    A: 1.5\n",
        "7: runbook.parameters.A is the number 1.5; write text, a whole number, true or false, "
        "a list of texts or a mapping of texts",
    ),
    ("kind: Runbook\nname: restart\n", "1: a runbook has either a document or a file; here is neither"),
    # Rotations.
    (
        ROTATION.replace("Berlin", "Berln") + DAILY,
        "4: unknown time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?",
    ),
    (
        ROTATION.replace("Europe/Berlin", "EST") + DAILY,
        "4: unknown time zone 'EST'; write a place's IANA name like Europe/Berlin",
    ),
    (
        ROTATION.replace("Europe/Berlin", "Berlin") + DAILY,
        "4: unknown time zone 'Berlin'; did you mean 'Europe/Berlin'?",
    ),
    (
        ROTATION + "recurrence: {daily_settings: [9:00]}\n",
        "6: recurrence.daily_settings[0]: '9:00' is not a time of day; "
        'write hours and minutes like "09:00"',
    ),
    (
        ROTATION + "recurrence: {}\n",
        "6: recurrence: give exactly one of daily_settings, weekly_settings, monthly_settings; "
        "here: none of them",
    ),
    (
        ROTATION + "recurrence:\n  daily_settings: [09:00]\n  monthly_settings:\n"
        "  - {day_of_month: 1, hand_off_time: 09:00}\n",
        "6: recurrence: give exactly one of daily_settings, weekly_settings, monthly_settings; "
        "here: daily_settings and monthly_settings",
    ),
    (
        ROTATION + "recurrence:\n  daily_settings:\n  - 09:00\n  - 21:00\n  - 09:00\n",
        "10: this hand-off is listed twice; keep one",
    ),
    (
        ROTATION + "recurrence:\n  daily_settings: [09:00]\n  number_of_on_calls: 2\n",
        "8: number_of_on_calls is 2 of 1 contacts; add contacts or lower it",
    ),
    (
        ROTATION.replace("2026-01-05", "2026") + DAILY,
        "5: start_time: 2026 is not a date and time; write it like 2026-11-02T09:00",
    ),
    (
        ROTATION.replace("2026-01-05", "2026-02-30") + DAILY,
        "5: start_time: '2026-02-30' is not a date and time: day is out of range for month",
    ),
    (
        ROTATION + DAILY + "overrides:\n- start: 2026-02-01T09:00\n  end: 2026-02-01T09:29\n",
        "8: an override ends at least 30m after it starts; move its start or end",
    ),
    (
        ROTATION + DAILY + "overrides:\n- {start: 2026-02-01T09:00, end: 2026-02-01T12:00}\n"
        "- {start: 2026-02-01T10:59Z, end: 2026-02-01T18:00}\n",
        "9: overrides[1] overlaps overrides[0]; let one end where the other starts",
    ),
    (
        "kind: AnalysisTemplate\nname: t\nreminder_interval: 1s\nsections:\n- id: s\n  title: S\n"
        "  questions:\n  - {id: q, text: Why?}\n  - {id: q, text: Why not?}\n",
        "3: reminder_interval is 1s; it must be at least 1m\n"
        "9: two questions have the id 'q'; give each its own",
    ),
    # YAML.
    ("kind: Contact\nname: ana\nname: ben\n", "3: the key 'name' is already on line 2; keep one of the two"),
    (PLAN + "chat_channel: {{ x }}\n", '4: {{ x }} without quotes is not text in YAML; write "{{ x }}"'),
    (
        PLAN + "chat_channel: {{ x }}/y\n",
        '4: {{ x }}/y without quotes is not text in YAML; write "{{ x }}/y"',
    ),
    (
        PLAN.replace("Shop, impact: 1", "{{ x }}, impact: 9"),
        "3: incident_template.impact is 9; it must be at most 5\n"
        '3: {{ x }} without quotes is not text in YAML; write "{{ x }}"',
    ),
    (
        "kind: Contact\nname: a: b\n",
        "2: a ':' where none can be; check the indentation, quote text with ': ' in it",
    ),
    (
        "kind: Contact\nchannels:\n\t- name: a\n",
        "3: text cannot begin with this character; quote it, and indent with spaces, not tabs",
    ),
    ("kind: Contact\nname: 'ana\n\n", "2: a quote that is never closed; close it"),
    (
        "kind: Contact\nchannels: [1\nname: x\n",
        "2: a bracket that is never closed, or a missing comma; close it",
    ),
    ("kind: Contact\nname\nplan: x\n", "2: a line that is neither key nor value; write key: value"),
    (
        "kind: Contact\nname: *ana\n",
        "2: *ana stands for nothing; put &ana on a value above it",
    ),
    (
        "kind: Contact\n<<: {name: ana}\nname: ana\n",
        "2: merging with << is not read here; write the keys out",
    ),
    ("kind: Contact\nname: !Ref ana\n", "2: the tag !Ref is not read here; write the plain value"),
    (
        "kind: !!python/object:os.system Contact\nname: ana\n",
        "1: the tag !!python/object:os.system is not read here; write the plain value",
    ),
    (
        'kind: Contact\nname: ana\ndisplay_name: "a\\0"\n',
        "3: a text holds the character \\0, which cannot be stored; remove it",
    ),
    ("kind: Contact\nname: ana\x07\n", "2: the character '\\x07' cannot stand in YAML; remove or escape it"),
    ("kind: Contact\nname: " + "[" * 200 + "]" * 200 + "\n", "2: nested more than 100 deep; flatten it"),
    (
        "kind: Contact\na: &a [lol, lol, lol, lol, lol, lol, lol, lol]\n"
        + "".join(
            f"{y}: &{y} [{', '.join([f'*{x}'] * 9)}]\n" for x, y in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "7: aliases repeat too much here; write the values out",
    ),
]


@pytest.mark.parametrize(("text", "expected"), BAD, ids=[expected[:50] for _, expected in BAD])
def test_a_bad_definition_is_refused_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    with pytest.raises(DefinitionError) as refused:
        load([file])
    assert str(refused.value).replace(f"{file}:", "") == expected


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Contact\nname: A\n---\nkind: Contcat\n")
    (tmp_path / "b.yml").write_text("kind: '\n")
    (tmp_path / "c.yaml").write_text("kind: Contact\nname: c\n")
    with pytest.raises(DefinitionError) as refused:
        load([tmp_path, tmp_path / "missing.yaml"])
    places = [f"{Path(problem.file).name}:{problem.line}" for problem in refused.value.problems]
    assert places == ["a.yaml:2", "a.yaml:4", "b.yml:1", "missing.yaml:None"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text("#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(DefinitionError) as refused:
        load([file])
    assert str(refused.value) == f"{file}: larger than 1 MB; split it"


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_bytes("kind: Contact\nname: ana\ndisplay_name: Zoë\n".encode("latin-1"))
    with pytest.raises(DefinitionError) as refused:
        load([file])
    assert str(refused.value) == f"{file}:3: not UTF-8 text; save the file as UTF-8"


def test_a_missing_path_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as refused:
        load([tmp_path, tmp_path / "nowhere"])
    assert [problem.message for problem in refused.value.problems] == [
        "no *.yaml or *.yml in this folder; name another",
        "no such file or folder; check the path",
    ]


def test_a_folder_is_read_at_any_depth_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("one.yaml", "deep/er/two.yml", ".git/three.yaml", ".four.yaml", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"kind: Contact\nname: {Path(name).stem.strip('.')}\n")
    # Named twice, read once.
    assert [one.name for one in load([tmp_path, tmp_path / "one.yaml"]).definitions] == ["one", "two"]


def test_plain_text_stays_text() -> None:
    text = """
    date: 2026-01-05
    at: 12:30
    yes: on
    number: 010
    account: 012345678901
    real: 1.5
    tilde: ~
    empty:
    inf: .inf
    joined: &a [1, -2]
    again: *a
    """
    (node,), problems = parse_yaml(text)
    assert not problems
    assert node.plain() == {
        "date": "2026-01-05",
        "at": "12:30",
        "yes": "on",
        "number": "010",
        "account": "012345678901",
        "real": 1.5,
        "tilde": None,
        "empty": None,
        "inf": ".inf",
        "joined": [1, -2],
        "again": [1, -2],
    }


def test_times_of_a_rotation_are_read_in_its_zone(tmp_path: Path) -> None:
    file = tmp_path / "week.yaml"
    file.write_text(
        ROTATION
        + DAILY
        + "overrides:\n- {start: 2026-07-01 09:00, end: 2026-07-01T12:00:00Z, contacts: [ben]}\n"
    )
    (week,) = load([file]).definitions
    assert isinstance(week, Rotation)
    assert week.start_time == datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert week.recurrence.daily_settings == (time(9),)
    assert week.overrides[0].start == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert week.overrides[0].end - week.overrides[0].start == timedelta(hours=5)


DOCUMENT = {
    "schemaVersion": "0.3",
    "mainSteps": [{"name": "Wait", "action": "aws:sleep", "inputs": {"Duration": "PT5M"}}],
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wait.yaml", yaml.safe_dump(DOCUMENT)),
        ("wait.json", json.dumps(DOCUMENT)),
        ("tabs.json", json.dumps(DOCUMENT, indent="\t")),
    ],
)
def test_a_runbook_takes_its_document_from_a_file_beside_it(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / name).write_text(text)
    (tmp_path / "runbooks.yaml").write_text(f"kind: Runbook\nname: wait\nfile: docs/{name}\n")
    # The folder holds the document, too; it is not taken for a definition.
    assert load([tmp_path]).definitions == (Runbook(name="wait", document=DOCUMENT),)


def test_json_escapes_outside_the_first_plane_are_read(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps({"description": "lamp \U0001f4a1"}))
    (tmp_path / "r.yaml").write_text("kind: Runbook\nname: lamp\nfile: d.json\n")
    (runbook,) = load([tmp_path]).definitions
    assert isinstance(runbook, Runbook)
    assert runbook.document["description"] == "lamp \U0001f4a1"


def test_problems_in_a_document_name_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("schemaVersion: '0.3'\nmainSteps:\n- name: a\n  name: b\n")
    (tmp_path / "list.yaml").write_text("- a\n")
    (tmp_path / "r.yaml").write_text(
        "kind: Runbook\nname: one\nfile: d.yaml\n---\nkind: Runbook\nname: two\nfile: nowhere.yaml\n---\n"
        "kind: Runbook\nname: three\nfile: list.yaml\n---\nkind: Runbook\nname: four\nfile: 4\n"
    )
    with pytest.raises(DefinitionError) as refused:
        load([tmp_path / "r.yaml"])
    assert str(refused.value).replace(f"{tmp_path}/", "").splitlines() == [
        "d.yaml:4: the key 'name' is already on line 3; keep one of the two",
        "list.yaml:1: not an Automation document; write one mapping with schemaVersion and mainSteps",
        "r.yaml:7: there is no file nowhere.yaml; the path is seen from this file's folder",
        "r.yaml:15: file must be text; write the path of the document, seen from this file's folder",
    ]


# YAML reads keys of up to 1024 characters, escapes included.
KEYS = st.text(min_size=1, max_size=100)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def without_nul(value: Any) -> bool:
    return "\\u0000" not in json.dumps(value)


def test_a_pattern_that_holds_the_character_nul_is_read_with_it_written_out() -> None:
    (node,), problems = parse_yaml(r'{"Key": {"allowedPattern": "^[\u0000-\u007f]*$"}}')
    assert problems == []
    assert node.plain() == {"Key": {"allowedPattern": "^[\\x00-\x7f]*$"}}


@given(st.dictionaries(KEYS, JSON, max_size=4).filter(without_nul))
def test_every_json_value_is_read_as_it_is(value: dict[str, Any]) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1)):
        (node,), problems = parse_yaml(json_as_yaml(text))
        assert not problems
        assert node.plain() == value


@given(st.text(alphabet=st.sampled_from(list("ab:-{}[]&*!|>'\"#%@`,? \n\t0")), max_size=60) | st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        nodes, problems = parse_yaml(text)
    except YamlError as error:
        found = [(error.line, error.message)]
    else:
        for node in nodes:
            json.dumps(node.plain())
        found = problems
    assert all(1 <= line <= len(text) + 1 and "; " in message for line, message in found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    kind=st.sampled_from(
        ["Contact", "EscalationPlan", "Rotation", "ResponsePlan", "Runbook", "AnalysisTemplate"]
    ),
    body=st.dictionaries(
        st.sampled_from(
            [
                "name",
                "channels",
                "plan",
                "stages",
                "contacts",
                "start_time",
                "time_zone",
                "recurrence",
                "document",
            ]
        ),
        JSON.filter(without_nul),
    ),
)
def test_whatever_a_key_holds_the_answer_names_a_line(
    tmp_path: Path, kind: str, body: dict[str, Any]
) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(json.dumps({"kind": kind, **body}, indent=1))
    lines = len(file.read_text().splitlines())
    try:
        load([file])
        found = []
    except DefinitionError as error:
        found = error.problems
    assert all(1 <= (problem.line or 0) <= lines for problem in found)
    # Pydantic's own words are for programmers.
    assert not [problem for problem in found if "Input should" in problem.message]


def test_definitions_know_where_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("# People\n\nkind: Contact\nname: ana\n---\nkind: Contact\nname: ben\n")
    loaded = load([file])
    assert [(one.name, str(source)) for one, source in loaded] == [("ana", f"{file}:3"), ("ben", f"{file}:6")]
    assert all(isinstance(one, Contact) for one in loaded.definitions)
