"""Calendars of rotations together: no gap in the telling, hand-offs between people, hours, swaps, kept overrides."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.calendars import (
    HandOff,
    Stretch,
    hand_offs,
    hours_per_person,
    next_edge,
    on_call_until,
    stretches,
)
from definitions.overrides import OverrideClashError, check_new, kept, swap, with_overrides
from definitions.rotations import Override, Rotation
from definitions.shifts import on_call

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(
    contacts: str = "ana ben", *, zone: str = "UTC", start: str = "2026-03-02T09:00", **more: Any
) -> Rotation:
    overrides = more.pop("overrides", [])
    return Rotation(
        name="turns",
        contacts=contacts.split(),
        time_zone=zone,
        start_time=start,
        recurrence={"daily_settings": ["09:00"], **more},
        overrides=overrides,
    )


def override(start: str, end: str, *contacts: str, by: str | None = None) -> Override:
    return Override(start=utc(start), end=utc(end), contacts=contacts, added_by=by)


def test_stretches_tell_gaps_and_overrides_and_join_the_same_people() -> None:
    alone = daily("ana", overrides=[override("2026-03-03T12:00", "2026-03-03T14:00", "ben")])
    assert stretches([alone], utc("2026-03-01T00:00"), utc("2026-03-05T00:00")) == [
        Stretch(utc("2026-03-01T00:00"), utc("2026-03-02T09:00"), ()),
        Stretch(utc("2026-03-02T09:00"), utc("2026-03-03T12:00"), ("ana",)),
        Stretch(utc("2026-03-03T12:00"), utc("2026-03-03T14:00"), ("ben",), True),
        Stretch(utc("2026-03-03T14:00"), utc("2026-03-05T00:00"), ("ana",)),
    ]


def test_a_hand_off_is_where_the_people_change_not_where_a_turn_ends() -> None:
    office = {"shift_coverages": {"MON": [{"start": "09:00", "end": "17:00"}]}}
    assert hand_offs([daily("ana", **office)], utc("2026-03-02T10:00"), 2) == [
        HandOff(utc("2026-03-02T17:00"), ("ana",), ()),
        HandOff(utc("2026-03-09T09:00"), (), ("ana",)),
    ]
    assert hand_offs([daily("ana")], utc("2026-03-02T10:00"), 5) == []


def test_somebody_who_has_two_shifts_in_a_row_is_on_call_until_the_second_ends() -> None:
    turns = daily("ana ben", overrides=[override("2026-03-03T09:00", "2026-03-03T12:00", "ana")])
    assert on_call_until([turns], "ana", utc("2026-03-02T10:00")) == utc("2026-03-03T12:00")
    assert next_edge([turns], utc("2026-03-02T10:00")) == utc("2026-03-03T09:00")
    assert on_call_until([daily("ana")], "ana", utc("2026-03-02T10:00")) is None


def test_hours_over_a_change_of_clocks_are_hours_that_passed() -> None:
    turns = daily("ana ben", zone="Europe/Berlin", start="2026-03-27T09:00")
    found = hours_per_person([turns], utc("2026-03-27T08:00"), utc("2026-03-30T07:00"))
    # Ana has Friday to Saturday and the 24 hours from Sunday; Ben has the night that is an hour short.
    assert [(one.contact, one.total, one.nights, one.weekends) for one in found] == [
        ("ana", 48 * HOUR, 16 * HOUR, 24 * HOUR),
        ("ben", 23 * HOUR, 7 * HOUR, 23 * HOUR),
    ]


def test_hours_in_two_rotations_at_once_count_once() -> None:
    one = daily("ana", start="2026-03-02T09:00")
    two = one.model_copy(update={"name": "others", "contacts": ("ana", "ben")})
    found = hours_per_person([one, two], utc("2026-03-02T09:00"), utc("2026-03-04T09:00"))
    assert [(hours.contact, hours.total) for hours in found] == [("ana", 48 * HOUR), ("ben", 24 * HOUR)]


ROTATIONS = st.builds(
    lambda zone, count, people, cover, length: daily(
        " ".join(["ana", "ben", "carla"][: max(people, count)]),
        zone=zone,
        number_of_on_calls=count,
        shift_coverages={
            day: [{"start": "22:00", "end": "06:00"}, {"start": "08:30", "end": "09:30"}] for day in cover
        },
        overrides=[
            override("2026-03-28T20:00", "2026-03-28T21:00", "dora"),
            override("2026-03-29T00:00", "2026-03-29T01:30", *["ana"][:length]),
        ],
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Chicago", "Australia/Lord_Howe"]),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sets(st.sampled_from(["MON", "SAT", "SUN"])),
    st.integers(0, 1),
)


@given(st.lists(ROTATIONS, min_size=1, max_size=2), st.integers(0, 14 * 24 * 60))
@settings(max_examples=60, deadline=None)
def test_stretches_hand_offs_hours_and_who_is_on_call_agree(rotations: list[Rotation], minutes: int) -> None:
    start = utc("2026-03-20T00:00") + timedelta(minutes=minutes)
    end = start + 6 * DAY
    found = stretches(rotations, start, end)
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(found))

    def there(at: datetime) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for rotation in rotations for name in on_call(rotation, at)))

    for one in found:
        for at in (one.start, one.start + (one.end - one.start) / 2, one.end - timedelta(seconds=1)):
            assert there(at) == one.contacts
    changes = [
        HandOff(other.start, one.contacts, other.contacts)
        for one, other in pairwise(found)
        if one.contacts != other.contacts
    ]
    assert hand_offs(rotations, start, len(changes)) == changes
    for hours in hours_per_person(rotations, start, end):
        spans = [one.end - one.start for one in found if hours.contact in one.contacts]
        assert hours.total == sum(spans, timedelta())
        assert max(hours.nights, hours.weekends) <= hours.total


def test_a_swap_gives_each_the_shifts_of_the_other() -> None:
    turns = daily("ana ben carla")
    made = swap(turns, "ana", "carla", utc("2026-03-02T09:00"), utc("2026-03-05T09:00"), added_by="chi")
    assert [(f"{one.start:%d %H}", f"{one.end:%d %H}", one.contacts) for one in made] == [
        ("02 09", "03 09", ("carla",)),
        ("04 09", "05 09", ("ana",)),
    ]
    swapped = with_overrides(turns, made)
    people = [on_call(swapped, utc("2026-03-02T10:00") + number * DAY) for number in range(4)]
    assert people == [("carla",), ("ben",), ("ana",), ("ana",)]


def test_two_who_are_on_call_together_have_nothing_to_swap() -> None:
    turns = daily("ana ben", number_of_on_calls=2)
    with pytest.raises(ValueError, match="neither ana nor ben has a shift of turns alone"):
        swap(turns, "ana", "ben", utc("2026-03-02T09:00"), utc("2026-03-05T09:00"), added_by="chi")


def test_a_swap_does_not_undo_somebody_elses_override() -> None:
    turns = daily("ana ben", overrides=[override("2026-03-03T09:00", "2026-03-03T12:00", "ana")])
    with pytest.raises(OverrideClashError, match="ana is on call by an override"):
        swap(turns, "ana", "ben", utc("2026-03-02T09:00"), utc("2026-03-05T09:00"), added_by="chi")


def test_a_swap_that_cuts_off_a_crumb_of_a_shift_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 30m"):
        swap(daily("ana ben"), "ana", "ben", utc("2026-03-02T09:00"), utc("2026-03-03T09:10"), added_by="chi")


NOW = utc("2026-03-10T12:00")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-03-11T09:00", "2026-03-11T09:29", "lasts at least 30m"),
        ("2026-03-11T09:00", "2026-03-11T08:00", "lasts at least 30m"),
        ("2026-03-10T11:00", "2026-03-11T09:00", "begins in the past"),
        ("2026-09-01T09:00", "2026-09-10T09:00", "more than 183 days ahead"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(start: str, end: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_new(override(start, end, "ana"), daily(), NOW)


def test_overlapping_overrides_are_refused_and_touching_ones_are_not() -> None:
    turns = daily(overrides=[override("2026-03-11T09:00", "2026-03-11T12:00", "ana")])
    check_new(override("2026-03-11T12:00", "2026-03-11T13:00", "ben"), turns, NOW)
    with pytest.raises(OverrideClashError, match=r"overlaps the override of turns from 2026-03-11 09:00 to"):
        check_new(override("2026-03-11T11:59", "2026-03-11T13:00", "ben"), turns, NOW)


def test_overrides_added_by_command_stay_when_a_file_does_not_name_them() -> None:
    added = override("2026-03-11T09:00", "2026-03-11T12:00", "ben", by="chi")
    written = override("2026-03-12T09:00", "2026-03-12T12:00", "ben")
    old = override("2025-11-12T09:00", "2025-11-12T12:00", "ben", by="chi")
    stored = daily(overrides=[added, written, old])
    assert kept(daily(), stored, NOW).overrides == (added,)
    assert kept(daily(overrides=[added]), stored, NOW).overrides == (added,)
    assert kept(daily(), None, NOW).overrides == ()
    for start, end in (("2026-03-11T10:00", "2026-03-11T13:00"), ("2026-03-11T09:00", "2026-03-11T12:00")):
        crossing = daily(overrides=[override(start, end, "ana")])
        with pytest.raises(OverrideClashError, match="one that chi added by command"):
            kept(crossing, stored, NOW)
