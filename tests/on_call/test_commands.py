"""`tocsin oncall`: who has it, who takes over, and putting somebody else there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.command import Command, Ended

SOON = (datetime.now(UTC) + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)


def z(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"


def lines(ended: Ended) -> list[str]:
    """What it printed, with one space between words."""
    assert ended.code == 0, ended.err
    return [" ".join(line.split()) for line in ended.out.splitlines()]


async def test_oncall_alone_is_oncall_now(oncall: Command) -> None:
    at = ("--at", "2026-03-02T16:00Z")
    now = await oncall("oncall", "now", "shop", *at)
    assert (await oncall("oncall", "shop", *at)).out == now.out
    assert (await oncall("oncall", *at)).out == now.out
    assert now.out.startswith("shop  ana (Ana Reis), carla  until 2026-03-02 ")
    assert (await oncall("--as", "chi", "oncall", *at, "-o", "json")).json[0][
        "until"
    ] == "2026-03-02T23:00:00Z"


async def test_next_tells_hand_offs_by_the_clock_of_the_rotation_and_in_utc(oncall: Command) -> None:
    told = await oncall("oncall", "next", "shop", "-n", "3", "--at", "2026-03-28T12:00Z")
    assert lines(told)[1:] == [
        # Clocks go forward that night: 09:00 is an hour earlier in UTC.
        "Sun 2026-03-29 09:00 Europe/Berlin 29 07:00Z in 19h days ana → ben",
        "Mon 2026-03-30 09:00 Europe/Berlin 30 07:00Z in 1d19h days ben → ana",
        "Mon 2026-03-30 09:00 America/Chicago 30 14:00Z in 2d2h office nobody → carla",
    ]
    machine = (
        await oncall("oncall", "next", "office", "-n", "1", "--at", "2026-03-28T12:00Z", "-o", "json")
    ).json
    assert machine == [
        {
            "rotation": "office",
            "time_zone": "America/Chicago",
            "at": "2026-03-30T14:00:00Z",
            "before": [],
            "after": ["carla"],
        }
    ]


async def test_show_is_a_calendar_a_person_can_read(oncall: Command) -> None:
    shown = await oncall("oncall", "show", "shop", "--days", "3", "--from", "2026-03-01T00:00Z")
    assert lines(shown) == [
        "days (Europe/Berlin)",
        "Sun 2026-03-01 01:00-09:00 ana",
        "09:00-24:00 ben",
        "Mon 2026-03-02 00:00-09:00 ben",
        "09:00-24:00 ana",
        "Tue 2026-03-03 00:00-09:00 ana",
        "09:00-24:00 ben",
        "Wed 2026-03-04 00:00-01:00 ben",
        "office (America/Chicago)",
        "Sat 2026-02-28 18:00-24:00 nobody",
        "Sun 2026-03-01 00:00-24:00 nobody",
        "Mon 2026-03-02 00:00-09:00 nobody",
        "09:00-17:00 carla",
        "17:00-24:00 nobody",
        "Tue 2026-03-03 00:00-18:00 nobody",
    ]


async def test_hours_tell_whether_the_turns_are_fair(oncall: Command) -> None:
    shown = (
        await oncall("oncall", "hours", "shop", "--days", "14", "--from", "2026-03-02T08:00Z", "-o", "json")
    ).json
    assert shown == [
        {"contact": "ana", "hours": 168.0, "nights": 56.0, "weekends": 48.0},
        {"contact": "ben", "hours": 168.0, "nights": 56.0, "weekends": 48.0},
        {"contact": "carla", "hours": 16.0, "nights": 0.0, "weekends": 0.0},
    ]
    assert "48%" in (await oncall("oncall", "hours", "shop", "--days", "14")).out


async def test_an_override_put_in_by_command_is_seen_everywhere_and_taken_away_again(oncall: Command) -> None:
    start, end = z(SOON), z(SOON + timedelta(hours=2))
    words = ("--from", start, "--to", end, "--contacts", "carla", "--reason", "dentist")
    made = (await oncall("--as", "chi", "oncall", "override", "add", "days", *words, "-o", "json")).json
    assert made["override"]["added_by"] == "chi"
    there = (await oncall("oncall", "shop", "--at", start, "-o", "json")).json
    assert "carla" in [contact["name"] for contact in there[0]["contacts"]]
    assert there[0]["until"] == f"{SOON + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
    listed = await oncall("oncall", "override", "list")
    assert "carla  by chi  dentist" in listed.out
    shown = await oncall("oncall", "show", "days", "--days", "5")
    assert [line.split()[-1] for line in shown.out.splitlines()].count("override") == 1
    gone = await oncall("oncall", "override", "remove", "days", "--from", start)
    assert gone.out.startswith("removed: days")
    assert (await oncall("oncall", "override", "list", "days", "-o", "json")).json == []


async def test_applying_the_file_keeps_what_was_added_by_command(oncall: Command, turns: Path) -> None:
    words = ("--from", z(SOON), "--to", z(SOON + timedelta(hours=2)), "--contacts", "carla")
    assert (await oncall("oncall", "override", "add", "days", *words)).code == 0
    assert (await oncall("diff", str(turns))).out == "Nothing would change.\n"
    later = changed(turns, "daily_settings: [10:00]")
    difference = (await oncall("diff", later)).out
    assert "10:00" in difference
    assert not [line for line in difference.splitlines() if line.startswith("-") and "start:" in line]
    assert (await oncall("apply", later)).code == 0
    assert len((await oncall("oncall", "override", "list", "days", "-o", "json")).json) == 1


async def test_a_file_may_not_cross_what_was_added_by_command(oncall: Command, turns: Path) -> None:
    words = ("--from", z(SOON), "--to", z(SOON + timedelta(hours=2)), "--contacts", "carla")
    assert (await oncall("oncall", "override", "add", "days", *words)).code == 0
    start, end = z(SOON + timedelta(hours=1)), z(SOON + timedelta(hours=3))
    own = f"overrides: [{{start: {start}, end: {end}, contacts: [ben]}}]"
    crossing = changed(turns, f"daily_settings: [09:00]}}\n{own}\n#")
    refused = await oncall("apply", crossing)
    refused.fails(2, "turns.yaml:", "added by command", "override remove")


def changed(turns: Path, settings: str) -> str:
    """The file with other settings of the first rotation; its path."""
    turns.write_text(turns.read_text().replace("daily_settings: [09:00]", settings, 1))
    return str(turns)


async def test_a_swap_is_two_overrides(oncall: Command) -> None:
    # Ana and Ben take a day each from 09:00 in Berlin.
    days = (await oncall("oncall", "next", "days", "-n", "3", "--at", z(SOON), "-o", "json")).json
    first, _, last = (change["at"] for change in days)
    made = (
        await oncall("oncall", "swap", "days", "ana", "ben", "--from", first, "--to", last, "-o", "json")
    ).json
    assert [one["override"]["contacts"] for one in made] == [days[0]["before"], days[0]["after"]]
    again = await oncall("oncall", "swap", "days", "ana", "ben", "--from", first, "--to", last)
    again.fails(4, "by an override")


NIGHTS = """
kind: Rotation
name: nights
contacts: [ana, carla]
time_zone: Asia/Kathmandu
start_time: 2030-01-07T21:00
recurrence: {weekly_settings: [{day_of_week: MON, hand_off_time: "21:00"}]}
"""


@pytest.fixture
def nights(tmp_path: Path) -> str:
    """A file with a rotation that is not in force."""
    path = tmp_path / "new.yaml"
    path.write_text(NIGHTS)
    return str(path)


async def test_a_preview_stores_nothing(oncall: Command, nights: str) -> None:
    shown = (await oncall("oncall", "preview", nights, "-n", "2", "--days", "7", "-o", "json")).json
    assert [change["at"] for change in shown["hand_offs"]] == ["2030-01-14T15:15:00Z", "2030-01-21T15:15:00Z"]
    assert [one["contacts"] for one in shown["calendars"][0]["stretches"]] == [["ana"]]
    assert "ana → carla" in (await oncall("oncall", "preview", nights)).out
    (await oncall("oncall", "show", "nights")).fails(3, "'nights'", "days")


PAST = z(datetime.now(UTC) - timedelta(days=1))
LATER = z(SOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["override", "add", "days", "--from", PAST, "--to", LATER, "--contacts", "ana"], 2, ["in the past"]),
        (
            ["override", "add", "days", "--from", z(SOON), "--to", LATER, "--contacts", "dora"],
            3,
            ["'dora'", "ana"],
        ),
        (
            ["override", "add", "nights", "--from", z(SOON), "--to", LATER, "--contacts", "ana"],
            3,
            ["'nights'"],
        ),
        (
            ["override", "add", "days", "--from", z(SOON), "--to", z(SOON), "--contacts", "ana"],
            2,
            ["at least 30m"],
        ),
        (["override", "add", "days", "--from", z(SOON), "--to", "noon", "--contacts", "ana"], 2, ["'noon'"]),
        (["override", "remove", "days", "--from", z(SOON)], 3, ["no override of days"]),
        (["swap", "days", "ana", "ana", "--from", z(SOON), "--to", LATER], 2, ["themselves"]),
        (["swap", "days", "ana", "dora", "--from", z(SOON), "--to", LATER], 3, ["'dora'"]),
        (["next", "shop", "-n", "0"], 2, ["1 to 500"]),
        (["show", "shop", "--days", "2000"], 2, ["1 to 750"]),
        (["hours", "nobody"], 3, ["'nobody'", "shop"]),
        (["feed", "nobody"], 3, ["'nobody'", "shop"]),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    oncall: Command, arguments: list[str], code: int, words: list[str]
) -> None:
    (await oncall("oncall", *arguments)).fails(code, *words)


async def test_an_override_that_overlaps_another_is_refused(oncall: Command) -> None:
    add = ("oncall", "override", "add", "days", "--contacts", "carla", "--from", z(SOON), "--to")
    assert (await oncall(*add, z(SOON + timedelta(hours=2)))).code == 0
    (await oncall(*add, z(SOON + timedelta(hours=1)))).fails(4, "overlaps the override of days")


async def test_an_override_from_now_on_ends_when_it_is_taken_away(oncall: Command) -> None:
    end = z(datetime.now(UTC) + timedelta(hours=2))
    assert (await oncall("oncall", "override", "add", "days", "--to", end, "--contacts", "carla")).code == 0
    assert "carla" in (await oncall("oncall", "shop")).out
    now = z(datetime.now(UTC) + timedelta(minutes=1))
    assert (await oncall("oncall", "override", "remove", "days", "--from", now)).code == 0
    assert (await oncall("oncall", "override", "list", "-o", "json")).json == []
