"""What a person is told of definitions that are allowed and yet will never do what they seem to."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from definitions.catalog import Catalog
from definitions.checks import check
from definitions.loader import load
from definitions.sources import Loaded
from definitions.warnings import find_warnings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday

PEOPLE = """\
kind: Contact
name: ana
channels: [{name: mail, type: EMAIL, address: ana@shop.example}]
plan: {stages: [{duration: 15m, targets: [{channel: mail}]}]}
---
kind: Contact
name: ben
channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
plan: {stages: [{duration: 15m, targets: [{channel: mail}]}]}
---
kind: Contact
name: deaf
---
kind: Rotation
name: weeks
contacts: [ana, ben]
time_zone: Europe/Berlin
start_time: 2026-01-05
recurrence: {weekly_settings: [{day_of_week: MON, hand_off_time: 09:00}]}
---
kind: Rotation
name: office
contacts: [ana]
time_zone: Europe/Berlin
start_time: 2026-01-05
recurrence:
  daily_settings: [09:00]
  shift_coverages:
    MON: [{start: 09:00, end: 17:00}]
    TUE: [{start: 09:00, end: 17:00}]
---
kind: OnCallSchedule
name: always
rotations: [weeks]
---
kind: OnCallSchedule
name: sometimes
rotations: [office]
---
kind: WorkingHours
name: Office
time_zone: Europe/Berlin
hours: {MON: [{start: 09:00, end: 17:00}]}
---
kind: WorkingHours
name: Always
time_zone: Europe/Berlin
hours:
  MON: [{start: 00:00, end: 00:00}]
  TUE: [{start: 00:00, end: 00:00}]
  WED: [{start: 00:00, end: 00:00}]
  THU: [{start: 00:00, end: 00:00}]
  FRI: [{start: 00:00, end: 00:00}]
  SAT: [{start: 00:00, end: 00:00}]
  SUN: [{start: 00:00, end: 00:00}]
"""

PHONE = "kind: Contact\nname: zoe\nchannels:\n- {name: mail, type: EMAIL, address: z@shop.example}\n"
PLAN = "kind: EscalationPlan\nname: e\nstages:\n"
HOLES = (
    "from Sun 2026-11-22 13:00 to Mon 2026-11-23 09:00, from Mon 2026-11-23 17:00 to Tue 2026-11-24 09:00, "
    "from Tue 2026-11-24 17:00 to Mon 2026-11-30 09:00 and 24 more (Europe/Berlin)"
)

WARNED: dict[str, tuple[str, list[str]]] = {
    "a contact without channels": (
        "kind: Contact\nname: zoe\n",
        ["2: zoe is never paged: there is no channel to page; add one"],
    ),
    "a contact whose plan is empty": (
        PHONE,
        ["2: zoe is never paged: no stage of the contact's plan names a channel; add one"],
    ),
    "a contact who waits for a code": (
        "kind: Contact\nname: zoe\nchannels: [{name: phone, type: SMS, address: '+4915112345678'}]\n"
        "plan: {stages: [{duration: 5m, targets: [{channel: phone}]}]}\n",
        ["2: zoe is never paged: phone is NOT_ACTIVATED; `tocsin channel send-code zoe phone` sends a code"],
    ),
    "one channel of two that waits for a code": (
        PHONE + "- {name: phone, type: SMS, address: '+4915112345678'}\n"
        "plan: {stages: [{duration: 5m, targets: [{channel: mail}, {channel: phone}]}]}\n",
        ["5: phone is never paged: it is NOT_ACTIVATED; `tocsin channel send-code zoe phone` sends a code"],
    ),
    "a repetition that comes too late": (
        PHONE + "plan:\n  stages:\n  - duration: 5m\n    targets:\n    - channel: mail\n"
        "      retry_interval: 5m\n",
        ["10: mail is paged once, never again: 5m is not shorter than its stage of 5m"],
    ),
    "a target that nobody hears": (
        PLAN + "- duration: 5m\n  targets:\n  - contact: ana\n  - contact: deaf\n",
        ["7: nobody hears a page to deaf: there is no channel to page"],
    ),
    "a response plan that nobody hears": (
        "kind: ResponsePlan\nname: r\nincident_template: {title: T, impact: 1}\nengagements:\n- deaf\n",
        ["5: nobody hears a page to deaf: there is no channel to page"],
    ),
    "a rotation of the deaf": (
        "kind: Rotation\nname: r\ncontacts: [deaf]\ntime_zone: UTC\nstart_time: 2026-01-05\n"
        "recurrence: {daily_settings: [09:00]}\n",
        ["3: none of its members can be paged (deaf: there is no channel to page)"],
    ),
    "turns in which nobody hears": (
        "kind: Rotation\nname: r\ncontacts:\n- ana\n- deaf\ntime_zone: UTC\nstart_time: 2026-01-05\n"
        "recurrence: {daily_settings: [09:00]}\n",
        ["5: nobody is paged in the turns of deaf: there is no channel to page"],
    ),
    "a schedule with holes": (
        "kind: OnCallSchedule\nname: s\nrotations: [office]\n",
        [
            f"3: nobody is on call {HOLES}; "
            "then it engages nobody; name a fallback, here or in the plans that engage it"
        ],
    ),
    "a schedule with holes and a fallback": (
        "kind: OnCallSchedule\nname: s\nrotations: [office]\nfallback: ben\n",
        [f"3: nobody is on call {HOLES}; engaged directly, it then engages its fallback ben"],
    ),
    "a schedule that has not begun": (
        "kind: Rotation\nname: later\ncontacts: [ana]\ntime_zone: UTC\nstart_time: 2027-06-01\n"
        "recurrence: {daily_settings: [09:00]}\n---\n"
        "kind: OnCallSchedule\nname: s\nrotations: [later]\nfallback: ben\n",
        ["10: nobody is on call in the next 90 days; engaged directly, it then engages its fallback ben"],
    ),
    "an override that leaves a hole": (
        "kind: Rotation\nname: r\ncontacts: [ana]\ntime_zone: UTC\nstart_time: 2026-01-05\n"
        "recurrence: {daily_settings: [09:00]}\n"
        "overrides: [{start: 2026-12-24T18:00, end: 2026-12-25, contacts: []}]\n---\n"
        "kind: OnCallSchedule\nname: s\nrotations: [r]\nfallback: ben\n",
        [
            "11: nobody is on call from Thu 2026-12-24 18:00 to Fri 2026-12-25 00:00 (UTC); "
            "engaged directly, it then engages its fallback ben"
        ],
    ),
    "a changed rotation that leaves a schedule in force with holes": (
        "kind: Rotation\nname: weeks\ncontacts: [ana]\ntime_zone: UTC\nstart_time: 2027-06-01\n"
        "recurrence: {daily_settings: [09:00]}\n",
        [
            "2: on-call schedule always: nobody is on call in the next 90 days; "
            "then it engages nobody; name a fallback, here or in the plans that engage it"
        ],
    ),
    "a plan that at times engages nobody": (
        PLAN + "- {duration: 5m, targets: [{contact: sometimes}]}\n- {duration: 5m}\n"
        "- {duration: 5m, targets: [{contact: ana}], when: {impact: [1, 2]}}\n",
        [
            "3: at times the plan engages nobody at all (stage 1: at times nobody is on call for sometimes, "
            "stage 2: a wait, stage 3: only when its condition holds); name a fallback"
        ],
    ),
    "a stage for hours that never come": (
        PLAN + "- {duration: 5m, targets: [{contact: ana}]}\n- duration: 5m\n"
        "  targets: [{contact: ben}]\n  when:\n    outside: Always\n",
        ["8: stage 2 is always skipped: Always is open all the time"],
    ),
    "a stage that waits for ever": (
        PLAN
        + "- duration: 5m\n  targets: [{contact: ben}]\n  when:\n    outside: Always\n    otherwise: wait\n"
        "- {duration: 5m, targets: [{contact: ana}]}\n",
        ["7: stage 1 waits for ever, and no later stage begins: Always is open all the time"],
    ),
    "an impact that no response plan has": (
        PLAN + "- {duration: 5m, targets: [{contact: ana}]}\n"
        "- {duration: 5m, targets: [{contact: ben}], when: {impact: [4, 5]}}\n---\n"
        "kind: EscalationPlan\nname: outer\nstages: [{duration: 5m, targets: [{contact: e}]}]\n---\n"
        "kind: ResponsePlan\nname: r\nincident_template: {title: T, impact: 1}\nengagements: [outer]\n",
        [
            "5: stage 2 is for impact 4 and 5, and every response plan that leads here opens incidents of "
            "impact 1: only another impact given by hand begins it"
        ],
    ),
    "a stage that engages nobody new": (
        PLAN + "- {duration: 5m, targets: [{contact: ana}]}\n- {duration: 5m, targets: [{contact: ana}]}\n",
        [
            "5: stage 2 begins at 5m and engages nobody new, as earlier stages still page its targets "
            "(ana until 15m)"
        ],
    ),
    "all must acknowledge, and nobody is essential": (
        PLAN
        + "- duration: 5m\n  targets: [{contact: ana, is_essential: false}]\n  all_must_acknowledge: true\n",
        ["6: stage 1 asks all its essential targets to acknowledge, and has none"],
    ),
    "a repetition that nobody can end": (
        "kind: EscalationPlan\nname: e\nrepeat: until_acknowledged\n"
        "stages: [{duration: 20m, targets: [{contact: ana, is_essential: false}]}]\n",
        ["3: no target is essential, so that no acknowledgement ever ends the repetition"],
    ),
}

QUIET: dict[str, str] = {
    "a schedule that is always covered": "kind: OnCallSchedule\nname: s\nrotations: [office, weeks]\n",
    "a plan with a stage for each time of day": (
        PLAN + "- {duration: 5m, targets: [{contact: ana}], when: {during: Office}}\n"
        "- {duration: 5m, targets: [{contact: ben}], when: {outside: Office}}\n"
    ),
    "a plan whose stages share the impacts": (
        PLAN + "- {duration: 5m, targets: [{contact: ana}], when: {impact: [1, 2]}}\n"
        "- {duration: 5m, targets: [{contact: ben}], when: {impact: [3, 4, 5]}}\n"
    ),
    "a plan that waits for the morning": (
        PLAN + "- {duration: 5m, targets: [{contact: ana}], when: {during: Office, otherwise: wait}}\n"
    ),
    "a plan with a fallback": (
        "kind: EscalationPlan\nname: e\nfallback: ben\n"
        "stages: [{duration: 5m, targets: [{contact: sometimes}]}]\n"
    ),
    "somebody engaged again when their plan is over": (
        PLAN + "- {duration: 15m, targets: [{contact: ana}]}\n- {duration: 5m, targets: [{contact: ana}]}\n"
    ),
    "somebody whom only some incidents have engaged before": (
        PLAN + "- {duration: 5m, targets: [{contact: ana}], when: {impact: [1]}}\n"
        "- {duration: 5m, targets: [{contact: ana}]}\n"
    ),
    "a contact whom nothing engages": (
        PHONE + "plan: {stages: [{duration: 5m, targets: [{channel: mail, retry_interval: 1m}]}]}\n"
    ),
}


@pytest.fixture(scope="module")
def in_force(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    file = tmp_path_factory.mktemp("people") / "people.yaml"
    file.write_text(PEOPLE)
    return check(load([file]), Catalog())


def warnings_of(text: str, in_force: Catalog, folder: Path) -> list[str]:
    """The warnings as `line: message`; channels that need a code wait for it."""
    file = folder / "new.yaml"
    file.write_text(text)
    loaded = load([file])
    catalog = check(loaded, in_force)
    silent = {
        contact.name: {one.name: "NOT_ACTIVATED" for one in contact.channels if one.needs_a_code}
        for contact in catalog.contacts.values()
    }
    found = find_warnings(catalog.model_copy(update={"silent_channels": silent}), loaded, NOW)
    return [str(one).removeprefix(f"{file}:") for one in found]


@pytest.mark.parametrize("name", WARNED)
def test_a_person_is_told_of(name: str, in_force: Catalog, tmp_path: Path) -> None:
    text, expected = WARNED[name]
    assert warnings_of(text, in_force, tmp_path) == expected


@pytest.mark.parametrize("name", QUIET)
def test_nothing_is_said_of(name: str, in_force: Catalog, tmp_path: Path) -> None:
    assert warnings_of(QUIET[name], in_force, tmp_path) == []


def test_the_shop_gives_no_cause() -> None:
    loaded = load([Path(__file__).parents[2] / "examples" / "shop"])
    assert find_warnings(check(loaded, Catalog()), loaded, NOW) == []


def test_fifty_rotations_are_looked_through_at_once(in_force: Catalog) -> None:
    office, weeks = in_force.rotations["office"], in_force.rotations["weeks"]
    many = [
        (office if number % 2 else weeks).model_copy(update={"name": f"r{number}"}) for number in range(50)
    ]
    sometimes = in_force.on_call_schedules["sometimes"]
    schedules = [
        sometimes.model_copy(update={"name": f"s{number}", "rotations": (f"r{number}",)})
        for number in range(50)
    ]
    loaded = Loaded.of([*many, *schedules])
    catalog = check(loaded, in_force)
    took = []
    for _ in range(3):
        began = time.process_time()
        found = find_warnings(catalog, loaded, NOW)
        took.append(time.process_time() - began)
    assert len(found) == 25
    assert min(took) < 0.5, f"{min(took):.3f} s; it takes a tenth of that on an idle machine"
