"""`tocsin rehearse`: what a plan would do, told without paging anybody."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from definitions.catalog import Catalog
from definitions.checks import check
from definitions.durations import format_duration
from definitions.loader import load
from worker.rehearsal.rehearsal import Answer, Cue, rehearse
from worker.rehearsal.telling import Rehearsal

NIGHT = datetime(2026, 12, 24, 3, tzinfo=UTC)

SHOP = """
    kind: Contact
    name: ana
    channels:
      - {name: mail, type: EMAIL, address: ana@shop.example}
      - {name: phone, type: VOICE, address: "+4915112345678", activation: VOUCHED}
    plan:
      stages:
        - {duration: 2m, targets: [{channel: mail}]}
        - {duration: 4m, targets: [{channel: phone, retry_interval: 2m}]}
    ---
    kind: Contact
    name: ben
    channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Rotation
    name: days
    contacts: [ben]
    time_zone: UTC
    start_time: 2026-01-01T00:00
    recurrence:
      daily_settings: ["09:00"]
      shift_coverages: {THU: [{start: "09:00", end: "17:00"}]}
    ---
    kind: OnCallSchedule
    name: by-day
    rotations: [days]
    ---
    kind: WorkingHours
    name: office
    time_zone: UTC
    hours: {THU: [{start: "04:00", end: "17:00"}]}
    ---
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 5m, targets: [{contact: ana}]}
      - {duration: 5m, targets: [{contact: by-day}]}
      - {duration: 5m, targets: [{contact: ben}], when: {during: office, otherwise: wait}}
    ---
    kind: EscalationPlan
    name: endless
    stages: [{duration: 10m, targets: [{contact: ben}]}]
    repeat: until_acknowledged
    ---
    kind: EscalationPlan
    name: twice-more
    stages:
      - {duration: 1m, targets: [{contact: ana}]}
      - {duration: 1m, targets: [{contact: by-day}]}
    repeat: 2
    ---
    kind: EscalationPlan
    name: in-hours
    stages: [{duration: 1m, targets: [{contact: ben}], when: {during: office, otherwise: wait}}]
    ---
    kind: EscalationPlan
    name: unvouched
    stages: [{duration: 1m, targets: [{contact: zoe}]}]
    fallback: ben
    ---
    kind: Contact
    name: zoe
    channels: [{name: sms, type: SMS, address: "+4915112345679"}]
    plan: {stages: [{duration: 1m, targets: [{channel: sms}]}]}
    ---
    kind: ResponsePlan
    name: both
    incident_template: {title: Both, impact: 2}
    engagements: [shop, endless]
    ---
    kind: ResponsePlan
    name: shop-down
    incident_template: {title: The shop is down, impact: 2}
    engagements: [shop]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text(dedent(SHOP))
    return file


@pytest.fixture
def catalog(shop: Path) -> Catalog:
    return check(load([shop]), Catalog())


def pages(told: Rehearsal) -> list[str]:
    return [f"{format_duration(page.after)} {page.contact} {page.channel}" for page in told.pages]


async def test_it_says_minute_by_minute_who_would_be_paged_and_when_the_plan_runs_out(
    catalog: Catalog,
) -> None:
    told = await rehearse(catalog, "shop-down", at=NIGHT)
    assert pages(told) == ["0s ana mail", "2m ana phone", "4m ana phone", "1h ben mail"]
    assert told.pages[-1].at == NIGHT + timedelta(hours=1)
    (ending,) = told.endings
    assert (ending.how, ending.after) == ("ran out", timedelta(hours=2))


async def test_it_names_the_stage_that_nobody_would_hear(catalog: Catalog) -> None:
    told = await rehearse(catalog, "shop", at=NIGHT)
    assert [(one.stage, one.after, one.reason) for one in told.unheard] == [
        (1, timedelta(minutes=5), "nobody is on call"),
    ]
    assert "stage 3 waits: it is outside office" in [remark.words for remark in told.remarks]


async def test_by_day_the_calendar_has_somebody(catalog: Catalog) -> None:
    told = await rehearse(
        catalog, "shop", at=NIGHT.replace(hour=12), cues=[Cue(contact="ben", answer=Answer.ACK, after="6m")]
    )
    assert pages(told) == ["0s ana mail", "2m ana phone", "4m ana phone", "5m ben mail"]
    assert told.unheard == []
    (ending,) = told.endings
    assert (ending.how, ending.by, ending.after) == ("acknowledged", "ben", timedelta(minutes=6))


async def test_whoever_declines_lets_the_next_stage_begin(catalog: Catalog) -> None:
    cues = [
        Cue(contact="ben", answer=Answer.ACK, after="30s"),
        Cue(contact="ana", answer=Answer.DECLINE, after="1m"),
    ]
    told = await rehearse(catalog, "shop", at=NIGHT.replace(hour=12), cues=cues)
    assert pages(told) == ["0s ana mail", "1m ben mail"]
    assert "ben would acknowledge, but has not been paged" in [remark.words for remark in told.remarks]


async def test_a_plan_without_an_end_is_cut_off(catalog: Catalog) -> None:
    told = await rehearse(catalog, "endless", at=NIGHT, longest=timedelta(minutes=15))
    (ending,) = told.endings
    assert (ending.how, ending.after) == ("still going", timedelta(minutes=15))


async def test_a_plan_that_repeats_for_ever_is_rehearsed_for_three_rounds_at_exact_times(
    catalog: Catalog,
) -> None:
    told = await rehearse(catalog, "endless", at=NIGHT.replace(second=30, microsecond=700_000))
    assert pages(told) == ["0s ben mail"]
    (ending,) = told.endings
    assert (ending.how, ending.after) == ("still going", timedelta(minutes=30))
    assert [(format_duration(one.after), one.words) for one in told.remarks] == [
        ("0s", "stage 1, round 1 begins: ben"),
        ("10m", "stage 1, round 2 begins: ben"),
        ("20m", "stage 1, round 3 begins: ben"),
        ("30m", "and so on, every 10m until somebody acknowledges"),
    ]
    assert told.at == NIGHT.replace(second=30)


async def test_what_nobody_hears_in_each_round_is_said_once_and_repeats_that_end_are_played_to_the_end(
    catalog: Catalog,
) -> None:
    told = await rehearse(catalog, "twice-more", at=NIGHT.replace(minute=59, second=59))
    assert [(one.reason, one.after) for one in told.unheard] == [
        ("nobody is on call", timedelta(minutes=1)),
        ("no page goes out in it", timedelta(minutes=1)),
    ]
    starts = [one.at.strftime("%H:%M:%S") for one in told.remarks if one.words.startswith("stage 1")]
    assert starts == ["03:59:59", "04:00:59", "04:01:59"]
    assert told.endings[0].how == "ran out"


async def test_hours_begin_on_the_second(catalog: Catalog) -> None:
    told = await rehearse(catalog, "in-hours", at=NIGHT.replace(minute=41, second=59))
    assert [page.at.strftime("%H:%M:%S") for page in told.pages] == ["04:00:00"]


async def test_with_several_engagements_it_says_whose_stage_it_is(catalog: Catalog) -> None:
    told = await rehearse(catalog, "both", at=NIGHT, longest=timedelta(minutes=1))
    begun = {remark.words for remark in told.remarks if remark.after == timedelta(0)}
    assert begun == {"stage 1 of shop begins: ana", "stage 1 of endless, round 1 begins: ben"}


async def tocsin(*arguments: str, data: Path) -> tuple[int, str, str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(data), "TOCSIN_DATA": str(data)}
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("tocsin")),
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, error = await process.communicate()
    return process.returncode or 0, out.decode(), error.decode()


async def test_the_command_needs_nothing_but_files(shop: Path, data: Path) -> None:
    asked = ["rehearse", "shop", "--file", str(shop), "--at", "2026-12-24T12:00Z", "--ack", "ana@3m"]
    code, out, _ = await tocsin(*asked, "-o", "json", data=data)
    told: dict[str, Any] = json.loads(out)
    assert code == 0
    assert [(page["after"], page["channel"]) for page in told["pages"]] == [("0s", "mail"), ("2m", "phone")]
    assert told["endings"] == [{"engaged": "shop", "how": "acknowledged", "after": "3m", "by": "ana"}]


async def test_channels_that_wait_for_a_code_are_silent_in_files_too(shop: Path, data: Path) -> None:
    asked = ["rehearse", "unvouched", "--file", str(shop), "--at", "2026-12-24T12:00Z", "--for", "10m"]
    code, out, _ = await tocsin(*asked, "-o", "json", data=data)
    told: dict[str, Any] = json.loads(out)
    assert code == 0
    assert [(page["contact"], page["channel"]) for page in told["pages"]] == [("ben", "mail")]
    assert any(
        "zoe is not paged on sms" in one["words"] or "skipped" in one["words"] for one in told["remarks"]
    )


REFUSED: list[tuple[list[str], int, str]] = [
    (["rehearse", "nobody"], 3, "nothing to rehearse as 'nobody'; known: ana, ben, both,"),
    (["rehearse", "shop", "--ack", "max@5m"], 3, "nobody is called 'max'; known contacts: ana, ben, zoe"),
    (["rehearse", "shop", "--ack", "ana"], 2, "write it like ana@7m"),
    (["rehearse", "shop", "--ack", "ana@3m", "--nobody-answers"], 2, "contradicts"),
    (["rehearse", "shop", "--at", "tomorrow"], 2, "is not a date and time"),
]


async def test_bad_input_is_refused_in_words(shop: Path, data: Path) -> None:
    answers = await asyncio.gather(
        *(tocsin(*arguments, "--file", str(shop), data=data) for arguments, _, _ in REFUSED)
    )
    for (ended, _, error), (_, code, words) in zip(answers, REFUSED, strict=True):
        assert ended == code, error
        assert words in error
