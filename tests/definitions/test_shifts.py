"""Who is on call: tables around changes of the clocks, and properties against a slow reading of the rules."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.rotations import Coverage, DayOfWeek, Rotation
from definitions.shifts import Shift, ShiftType, next_hand_off, on_call, shifts

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def rotation(zone: str, start: str, contacts: str = "ana ben carla", **more: Any) -> Rotation:
    overrides = more.pop("overrides", [])
    return Rotation(
        name="r",
        contacts=contacts.split(),
        time_zone=zone,
        start_time=start,
        recurrence=more,
        overrides=overrides,
    )


def weekly(*settings: str) -> list[dict[str, str]]:
    return [dict(zip(("day_of_week", "hand_off_time"), one.split(), strict=True)) for one in settings]


def monthly(*settings: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"day_of_month": day, "hand_off_time": at} for day, at in settings]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "at", "hand_offs"),
    [
        # Clocks go forward at 02:00 and 02:30 does not exist: it moves to 03:30.
        ("Europe/Berlin", "2026-03-28", "02:30", ["03-28T01:30", "03-29T01:30", "03-30T00:30"]),
        # Clocks go back at 03:00 and 02:30 comes twice: the first counts, and the shift is 25 h later.
        ("Europe/Berlin", "2026-10-24", "02:30", ["10-24T00:30", "10-25T00:30", "10-26T01:30"]),
        ("Europe/Berlin", "2026-03-28", "09:00", ["03-28T08:00", "03-29T07:00", "03-30T07:00"]),
        ("America/Chicago", "2026-03-07", "02:30", ["03-07T08:30", "03-08T08:30", "03-09T07:30"]),
        ("America/Chicago", "2026-10-31", "01:30", ["10-31T06:30", "11-01T06:30", "11-02T07:30"]),
        # Half an hour forward at 02:00, half an hour back at 02:00.
        ("Australia/Lord_Howe", "2026-10-03", "02:15", ["10-02T15:45", "10-03T15:45", "10-04T15:15"]),
        ("Australia/Lord_Howe", "2026-04-04", "01:45", ["04-03T14:45", "04-04T14:45", "04-05T15:15"]),
        # Never any change, and an offset of 5:45.
        ("Asia/Kathmandu", "2026-03-28", "09:00", ["03-28T03:15", "03-29T03:15", "03-30T03:15"]),
    ],
)
def test_a_hand_off_keeps_its_wall_clock_time(zone: str, start: str, at: str, hand_offs: list[str]) -> None:
    turns = rotation(zone, start, daily_settings=[at])
    expected = [utc(f"2026-{one}") for one in hand_offs]
    found = []
    moment = turns.start_time
    # Turn 0 holds over the first hand-off, so the first change of people is the second one.
    for _ in expected[1:]:
        moment = next_hand_off(turns, moment)
        found.append(moment)
    assert found == expected[1:]
    assert on_call(turns, expected[1] - MINUTE) == ("ana",)
    assert on_call(turns, expected[1]) == ("ben",)
    assert on_call(turns, expected[2]) == ("carla",)


def test_a_day_that_a_zone_skips_has_no_turn() -> None:
    turns = rotation("Pacific/Apia", "2011-12-28T09:00", daily_settings=["09:00"])
    # Samoa went from the 29th to the 31st: the hand-off of the 30th falls on that of the 31st.
    assert on_call(turns, utc("2011-12-29T19:00")) == ("ben",)
    assert next_hand_off(turns, utc("2011-12-29T19:00")) == utc("2011-12-30T19:00")
    assert on_call(turns, utc("2011-12-30T19:00")) == ("ana",)


def test_a_hand_off_stands_when_clocks_go_back_to_the_day_before() -> None:
    turns = rotation("America/St_Johns", "2010-11-05T00:00", daily_settings=["00:00"])
    # One minute after midnight it was 23:01 again.
    assert on_call(turns, utc("2010-11-07T02:29")) == ("ben",)
    assert on_call(turns, utc("2010-11-07T02:30")) == ("carla",)
    assert on_call(turns, utc("2010-11-07T02:45")) == ("carla",)
    assert next_hand_off(turns, utc("2010-11-07T02:45")) == utc("2010-11-08T03:30")


def test_two_hand_offs_that_a_gap_turns_around_leave_one_change() -> None:
    turns = rotation("Europe/Berlin", "2026-03-28T00:00", daily_settings=["02:30", "03:15"])
    # On the 29th 02:30 becomes 03:30, after 03:15 has begun the turn that follows it.
    found = shifts(turns, utc("2026-03-29T00:00"), utc("2026-03-29T12:00"))
    assert [(shift.start, shift.contacts) for shift in found] == [
        (utc("2026-03-28T02:15"), ("ben",)),
        (utc("2026-03-29T01:15"), ("ana",)),
    ]


def test_before_the_start_nobody_and_from_the_start_the_first() -> None:
    turns = rotation("UTC", "2026-01-07T12:00", weekly_settings=weekly("MON 09:00"))
    assert on_call(turns, utc("2026-01-07T11:59")) == ()
    assert on_call(turns, utc("2026-01-07T12:00")) == ("ana",)
    assert on_call(turns, utc("2026-01-12T09:00")) == ("ana",)
    assert on_call(turns, utc("2026-01-19T08:59")) == ("ana",)
    assert on_call(turns, utc("2026-01-19T09:00")) == ("ben",)
    assert next_hand_off(turns, utc("2025-01-01T00:00")) == utc("2026-01-07T12:00")
    assert next_hand_off(turns, utc("2026-01-07T12:00")) == utc("2026-01-19T09:00")


def test_a_multiplier_counts_weeks_from_that_of_the_start() -> None:
    turns = rotation(
        "UTC",
        "2026-01-05T09:00",
        weekly_settings=weekly("MON 09:00", "THU 15:00"),
        recurrence_multiplier=2,
    )
    found = shifts(turns, utc("2026-01-05T09:00"), utc("2026-02-02T09:00"))
    assert [(f"{shift.start:%m-%d %H:%M}", *shift.contacts) for shift in found] == [
        ("01-05 09:00", "ana"),
        ("01-08 15:00", "ben"),
        ("01-19 09:00", "carla"),
        ("01-22 15:00", "ana"),
    ]


def test_a_month_without_the_day_hands_over_on_its_last() -> None:
    turns = rotation("UTC", "2026-01-31T10:00", monthly_settings=monthly((31, "10:00")))
    found = shifts(turns, utc("2026-01-31T10:00"), utc("2026-05-01T00:00"))
    assert [f"{shift.start:%m-%d}" for shift in found] == ["01-31", "02-28", "03-31", "04-30"]


def test_two_days_that_a_short_month_moves_onto_its_last_both_hand_over() -> None:
    turns = rotation("UTC", "2026-01-30T09:00", monthly_settings=monthly((30, "09:00"), (31, "02:00")))
    found = shifts(turns, utc("2026-01-30T09:00"), utc("2026-03-31T00:00"))
    assert [(f"{shift.start:%m-%d %H:%M}", *shift.contacts) for shift in found] == [
        ("01-30 09:00", "ana"),
        ("01-31 02:00", "ben"),
        ("02-28 02:00", "carla"),
        ("02-28 09:00", "ana"),
        ("03-30 09:00", "ben"),
    ]


def test_the_window_of_people_advances_by_one() -> None:
    turns = rotation("UTC", "2026-01-01T00:00", daily_settings=["00:00"], number_of_on_calls=2)
    people = [on_call(turns, utc("2026-01-01T00:00") + day * DAY) for day in range(4)]
    assert people == [("ana", "ben"), ("ben", "carla"), ("carla", "ana"), ("ana", "ben")]


def test_coverage_masks_turns_without_skipping_them_and_crosses_midnight() -> None:
    night = [{"start": "22:00", "end": "06:00"}]
    turns = rotation(
        "UTC", "2026-01-05T12:00", daily_settings=["12:00"], shift_coverages={"MON": night, "WED": night}
    )
    assert on_call(turns, utc("2026-01-05T21:59")) == ()
    assert on_call(turns, utc("2026-01-05T22:00")) == ("ana",)
    assert on_call(turns, utc("2026-01-06T05:59")) == ("ana",)
    assert on_call(turns, utc("2026-01-06T06:00")) == ()
    assert on_call(turns, utc("2026-01-08T02:00")) == ("carla",)
    assert shifts(turns, utc("2026-01-05T00:00"), utc("2026-01-09T00:00")) == [
        Shift(utc("2026-01-05T22:00"), utc("2026-01-06T06:00"), ("ana",)),
        Shift(utc("2026-01-07T22:00"), utc("2026-01-08T06:00"), ("carla",)),
    ]


def test_a_window_that_ends_where_it_starts_lasts_a_day() -> None:
    whole = [{"start": "00:00", "end": "00:00"}]
    turns = rotation(
        "Europe/Berlin",
        "2026-03-23T00:00",
        weekly_settings=weekly("MON 00:00"),
        shift_coverages=dict.fromkeys(DayOfWeek, whole),
    )
    # The week of the change to summer time is an hour short, and in one piece.
    assert shifts(turns, utc("2026-03-25T00:00"), utc("2026-03-26T00:00")) == [
        Shift(utc("2026-03-22T23:00"), utc("2026-03-29T22:00"), ("ana",))
    ]


def test_an_override_replaces_everybody_even_outside_coverage() -> None:
    turns = rotation(
        "UTC",
        "2026-01-05T00:00",
        daily_settings=["00:00"],
        shift_coverages={"MON": [{"start": "08:00", "end": "16:00"}]},
        overrides=[{"start": "2026-01-05T12:00", "end": "2026-01-05T20:00", "contacts": ["dora"]}],
    )
    assert on_call(turns, utc("2026-01-05T11:59")) == ("ana",)
    assert on_call(turns, utc("2026-01-05T19:59")) == ("dora",)
    assert on_call(turns, utc("2026-01-05T20:00")) == ()
    assert shifts(turns, utc("2026-01-05T00:00"), utc("2026-01-06T00:00")) == [
        Shift(utc("2026-01-05T08:00"), utc("2026-01-05T12:00"), ("ana",)),
        Shift(utc("2026-01-05T12:00"), utc("2026-01-05T20:00"), ("dora",), ("ana",), ShiftType.OVERRIDDEN),
    ]


def test_an_override_over_two_turns_is_two_shifts_and_may_leave_nobody() -> None:
    turns = rotation(
        "UTC",
        "2026-01-05T09:00",
        daily_settings=["09:00"],
        overrides=[{"start": "2026-01-06T06:00", "end": "2026-01-06T12:00"}],
    )
    found = shifts(turns, utc("2026-01-06T00:00"), utc("2026-01-06T18:00"))
    assert [(f"{shift.start:%d %H}", shift.contacts, shift.overridden) for shift in found] == [
        ("05 09", ("ana",), ()),
        ("06 06", (), ("ana",)),
        ("06 09", (), ("ben",)),
        ("06 12", ("ben",), ()),
    ]
    assert on_call(turns, utc("2026-01-06T07:00")) == ()


@pytest.mark.timeout(10)
def test_centuries_after_the_start_are_as_near_as_tomorrow() -> None:
    turns = rotation("UTC", "1970-01-01T09:00", daily_settings=["09:00"], recurrence_multiplier=7)
    for year in range(1990, 2990):
        days = (date(year, 7, 1) - date(1970, 1, 1)).days
        assert on_call(turns, utc(f"{year}-07-01T10:00")) == (("ana", "ben", "carla")[days // 7 % 3],)


@pytest.mark.parametrize("ask", [on_call, next_hand_off])
def test_a_datetime_without_a_time_zone_is_refused(ask: Any) -> None:
    turns = rotation("UTC", "2026-01-01", daily_settings=["00:00"])
    with pytest.raises(ValueError, match="2026-01-02T00:00:00 has no time zone"):
        ask(turns, datetime(2026, 1, 2))  # noqa: DTZ001  # the point of the test


# The slow reading of the rules: walk minute by minute and look at the clock on the wall.

ZONES = ["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
CHANGES_OF_CLOCKS = ["2026-03-04", "2026-03-25", "2026-04-01", "2026-09-30", "2026-10-21", "2026-10-28"]
# Around the small hours, where clocks change; far enough apart that no change turns two around.
TIMES = ["00:00", "02:10", "09:30", "17:05"]


def is_hand_off(turns: Rotation, at: datetime) -> bool:
    zone = ZoneInfo(turns.time_zone)
    local = at.astimezone(zone)
    if local.fold == 0 and listed(turns, local.replace(tzinfo=None)):
        return True
    before = (at + (at - DAY).astimezone(zone).utcoffset()).replace(tzinfo=None)  # type: ignore[operator]
    skipped = before.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != before
    return skipped and listed(turns, before)


def listed(turns: Rotation, wall: datetime) -> bool:
    start = turns.start_time.astimezone(ZoneInfo(turns.time_zone)).date()
    recurrence, every = turns.recurrence, turns.recurrence.recurrence_multiplier
    if recurrence.daily_settings:
        return (wall.date() - start).days % every == 0 and wall.time() in recurrence.daily_settings
    if recurrence.weekly_settings:
        weeks = (wall.date().toordinal() - 1) // 7 - (start.toordinal() - 1) // 7
        day = list(DayOfWeek)[wall.weekday()]
        pairs = [(one.day_of_week, one.hand_off_time) for one in recurrence.weekly_settings]
        return weeks % every == 0 and (day, wall.time()) in pairs
    months = (wall.year - start.year) * 12 + wall.month - start.month
    is_last = (wall.date() + DAY).day == 1
    days = [
        one
        for one in recurrence.monthly_settings
        if one.day_of_month == wall.day or (is_last and one.day_of_month > wall.day)
    ]
    return months % every == 0 and wall.time() in [one.hand_off_time for one in days]


def is_covered(coverages: dict[DayOfWeek, tuple[Coverage, ...]], wall: datetime) -> bool:
    days = list(DayOfWeek)
    minute = wall.time()
    today = coverages.get(days[wall.weekday()], ())
    yesterday = coverages.get(days[wall.weekday() - 1], ())
    return (
        not coverages
        or any(one.start <= minute and (minute < one.end or one.end <= one.start) for one in today)
        or any(one.end <= one.start and minute < one.end for one in yesterday)
    )


def walked(turns: Rotation, end: datetime) -> list[tuple[datetime, tuple[str, ...]]]:
    """Who is on call at every minute from the start."""
    names, count = turns.contacts, turns.recurrence.number_of_on_calls
    seen, minutes, at = 0, [], turns.start_time
    while at < end:
        seen += is_hand_off(turns, at)
        turn = max(seen - 1, 0)
        people = tuple(names[(turn + place) % len(names)] for place in range(count))
        wall = at.astimezone(ZoneInfo(turns.time_zone)).replace(tzinfo=None)
        if not is_covered(turns.recurrence.shift_coverages, wall):
            people = ()
        for override in turns.overrides:
            if override.start <= at < override.end:
                people = override.contacts
        minutes.append((at, people))
        at += MINUTE
    return minutes


def recurrences(days: int) -> st.SearchStrategy[dict[str, Any]]:
    times = st.lists(st.sampled_from(TIMES), min_size=1, max_size=3, unique=True)
    kinds: list[st.SearchStrategy[dict[str, Any]]] = [times.map(lambda found: {"daily_settings": found})]
    if days > 7:
        slots = st.lists(
            st.tuples(st.sampled_from(list(DayOfWeek)), st.sampled_from(TIMES)),
            min_size=1,
            max_size=3,
            unique=True,
        )
        kinds.append(slots.map(lambda found: {"weekly_settings": weekly(*(f"{a} {b}" for a, b in found))}))
        numbers = st.lists(st.integers(1, 31), min_size=1, max_size=2, unique_by=lambda day: min(day, 28))
        kinds.append(numbers.map(lambda found: {"monthly_settings": monthly(*((d, "02:10") for d in found))}))
    return st.builds(
        lambda kind, count, every: kind | {"number_of_on_calls": count, "recurrence_multiplier": every},
        st.one_of(kinds),
        st.integers(1, 3),
        st.integers(1, 3),
    )


def clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def check_against_the_walk(turns: Rotation, days: int) -> None:
    end = turns.start_time + days * DAY
    minutes = walked(turns, end)
    found = shifts(turns, turns.start_time, end)
    by_minute = {at: people for at, people in minutes if people}
    from_shifts: dict[datetime, tuple[str, ...]] = {}
    for shift in found:
        at = shift.start
        while at < min(shift.end, end):
            assert at not in from_shifts, f"two shifts at {at}"
            if shift.contacts:
                from_shifts[at] = shift.contacts
            at += MINUTE
    assert from_shifts == by_minute
    changed = [i for i in range(1, len(minutes)) if minutes[i][1] != minutes[i - 1][1]]
    for place in {0, len(minutes) - 1, *changed, *(i - 1 for i in changed), *range(0, len(minutes), 997)}:
        at, people = minutes[place]
        assert on_call(turns, at) == people


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(ZONES), st.sampled_from(CHANGES_OF_CLOCKS), st.sampled_from(TIMES), recurrences(days=6)
)
def test_daily_turns_are_those_of_the_wall_clock(zone: str, day: str, at: str, recurrence: Any) -> None:
    check_against_the_walk(rotation(zone, f"{day}T{at}", **recurrence), days=6)


@settings(max_examples=6, deadline=None)
@given(
    st.sampled_from(ZONES), st.sampled_from(CHANGES_OF_CLOCKS), st.sampled_from(TIMES), recurrences(days=45)
)
def test_long_turns_are_those_of_the_wall_clock(zone: str, day: str, at: str, recurrence: Any) -> None:
    check_against_the_walk(rotation(zone, f"{day}T{at}", **recurrence), days=45)


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from(["UTC", "Asia/Kathmandu"]),
    recurrences(days=6),
    st.dictionaries(
        st.sampled_from(list(DayOfWeek)),
        st.lists(st.tuples(st.integers(0, 1439), st.integers(30, 1440)), min_size=1, max_size=2),
        min_size=1,
    ),
    st.integers(0, 6000),
)
def test_coverage_and_overrides_are_those_of_the_wall_clock(
    zone: str, recurrence: Any, windows: dict[DayOfWeek, list[tuple[int, int]]], minute: int
) -> None:
    coverages = {
        day: [{"start": clock(start), "end": clock(start + length)} for start, length in listed]
        for day, listed in windows.items()
    }
    begin = utc("2026-03-02T07:00") + minute * MINUTE
    override = {"start": begin, "end": begin + timedelta(hours=20), "contacts": ["dora"]}
    turns = rotation(zone, "2026-03-02", shift_coverages=coverages, overrides=[override], **recurrence)
    check_against_the_walk(turns, days=6)


@given(
    st.sampled_from([*ZONES, "Pacific/Apia", "America/Nuuk", "Africa/Casablanca"]),
    recurrences(days=45),
    st.datetimes(datetime(2005, 1, 1), datetime(2031, 1, 1)),  # noqa: DTZ001  # hypothesis wants them naive
)
@settings(deadline=None)
def test_without_coverage_there_is_never_a_gap_nor_two_shifts_at_once(
    zone: str, recurrence: Any, at: datetime
) -> None:
    turns = rotation(zone, "2004-02-29T23:45", **recurrence)
    moment = at.replace(tzinfo=UTC)
    found = shifts(turns, moment, moment + 100 * DAY)
    assert found[0].start <= moment < found[0].end
    assert found[-1].end >= moment + 100 * DAY
    for earlier, later in pairwise(found):
        assert earlier.start < earlier.end == later.start
        assert next_hand_off(turns, earlier.start) == later.start
        assert len(later.contacts) == turns.recurrence.number_of_on_calls
