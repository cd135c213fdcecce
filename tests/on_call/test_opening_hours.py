"""Working hours: whether they are open, and when that changes, on the wall clock of their zone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.opening_hours import is_open, next_closing, next_opening
from definitions.rotations import DayOfWeek
from definitions.working_hours import WorkingHours

DAYS = list(DayOfWeek)
HORIZON = timedelta(days=400)


def hours(zone: str = "Europe/Berlin", holidays: tuple[str, ...] = (), **days: str) -> WorkingHours:
    """Hours like MON="09:00-17:00 18:00-20:00"."""
    spans = {
        day: [dict(zip(("start", "end"), one.split("-"), strict=True)) for one in text.split()]
        for day, text in days.items()
    }
    return WorkingHours.model_validate(
        {"kind": "WorkingHours", "name": "office", "time_zone": zone, "hours": spans, "holidays": holidays}
    )


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


WEEK = dict.fromkeys(("MON", "TUE", "WED", "THU", "FRI"), "09:00-17:00")


def test_an_office_opens_at_nine_and_closes_at_five_on_its_own_clock() -> None:
    office = hours(**WEEK)
    assert not is_open(office, local("2026-03-02T08:59:59"))
    assert is_open(office, local("2026-03-02T09:00"))
    assert is_open(office, local("2026-03-02T16:59:59"))
    assert not is_open(office, local("2026-03-02T17:00"))
    # Friday evening to Monday morning, over the change to summer time.
    assert next_opening(office, local("2026-03-27T17:00")) == local("2026-03-30T09:00")
    assert next_closing(office, local("2026-03-27T17:00")) == local("2026-03-30T17:00")
    assert next_opening(office, local("2026-03-30T09:00")) == local("2026-03-31T09:00")


def test_a_holiday_closes_the_windows_that_begin_on_it() -> None:
    night = hours(holidays=("2026-12-25",), THU="22:00-06:00", FRI="22:00-06:00", SAT="22:00-06:00")
    assert is_open(night, local("2026-12-25T05:59"))  # Thursday's window runs on into the holiday
    assert not is_open(night, local("2026-12-25T23:00"))
    assert not is_open(night, local("2026-12-26T05:00"))
    assert next_opening(night, local("2026-12-25T05:59")) == local("2026-12-26T22:00")


def test_windows_that_touch_at_midnight_do_not_close_there() -> None:
    weekend = hours(SAT="00:00-00:00", SUN="00:00-12:00")
    assert is_open(weekend, local("2026-03-01T00:00"))
    assert next_closing(weekend, local("2026-02-28T10:00")) == local("2026-03-01T12:00")
    assert next_opening(weekend, local("2026-02-28T10:00")) == local("2026-03-07T00:00")


def test_hours_that_never_close_have_no_closing_and_no_opening() -> None:
    always = hours(**dict.fromkeys(DAYS, "00:00-00:00"))
    assert is_open(always, local("2026-03-29T02:30"))
    assert next_closing(always, local("2026-03-01T00:00")) is None
    assert next_opening(always, local("2026-03-01T00:00")) is None


def test_hours_with_a_year_of_holidays_open_after_them() -> None:
    closed = [str(date(2026, 1, 1) + timedelta(days=day)) for day in range(365)]
    office = hours(holidays=tuple(closed), **WEEK)
    assert next_opening(office, local("2026-01-01T00:00")) == local("2027-01-01T09:00")
    more = [str(date(2026, 1, 1) + timedelta(days=day)) for day in range(420)]
    assert next_opening(hours(holidays=tuple(more), **WEEK), local("2026-01-01T00:00")) is None


def test_times_that_clocks_skip_move_forward_and_of_two_the_first_counts() -> None:
    small_hours = hours(SUN="02:15-02:45")
    # 02:15 does not exist on 29 March, and comes twice on 25 October.
    assert next_opening(small_hours, local("2026-03-29T00:00")) == datetime(2026, 3, 29, 1, 15, tzinfo=UTC)
    assert next_closing(small_hours, local("2026-03-29T00:00")) == datetime(2026, 3, 29, 1, 45, tzinfo=UTC)
    assert next_opening(small_hours, local("2026-10-25T00:00")) == datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    assert not is_open(small_hours, datetime(2026, 10, 25, 1, 15, tzinfo=UTC))


@pytest.mark.parametrize("ask", [is_open, next_opening, next_closing])
def test_an_instant_without_a_time_zone_is_refused(ask: Any) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        ask(hours(**WEEK), datetime(2026, 3, 2))  # noqa: DTZ001  # the point of the test


def window(start: int, minutes: int) -> dict[str, time]:
    end = (start + minutes) % (24 * 60)
    return {"start": time(start // 60, start % 60), "end": time(end // 60, end % 60)}


WINDOWS = st.builds(window, st.integers(0, 24 * 60 - 1), st.integers(30, 24 * 60))
ANY_HOURS = st.builds(
    lambda zone, hours, holidays: WorkingHours.model_validate(
        {"kind": "WorkingHours", "name": "h", "time_zone": zone, "hours": hours, "holidays": holidays}
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.dictionaries(
        st.sampled_from(DAYS),
        st.lists(WINDOWS, min_size=1, max_size=3),
        min_size=1,
    ),
    st.lists(st.dates(date(2011, 12, 20), date(2012, 1, 10)), max_size=8),
)
ANY_INSTANT = st.datetimes(datetime(2011, 12, 15), datetime(2012, 1, 20), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants them naive


@given(ANY_HOURS, ANY_INSTANT)
@settings(max_examples=150, deadline=None)
def test_openings_and_closings_are_exactly_where_is_open_changes(office: WorkingHours, at: datetime) -> None:
    moment, state = at, is_open(office, at)
    for _ in range(6):
        opening, closing = next_opening(office, moment), next_closing(office, moment)
        change = closing if state else opening
        if change is None:
            assert all(is_open(office, moment + timedelta(days=day)) is state for day in range(400))
            return
        assert moment < change <= moment + HORIZON
        assert is_open(office, change) is not state
        assert is_open(office, change - timedelta(microseconds=1)) is state
        other = opening if state else closing
        assert other is None or other > change
        for part in range(1, 20):
            assert is_open(office, moment + (change - moment) * part / 20) is state
        moment, state = change, not state


@given(ANY_HOURS.filter(lambda office: office.time_zone == "UTC"), ANY_INSTANT)
@settings(max_examples=150, deadline=None)
def test_in_utc_a_window_is_open_as_its_clock_says(office: WorkingHours, at: datetime) -> None:
    def begun_on(day: date, since: timedelta) -> bool:
        if day in office.holidays:
            return False
        for window in office.hours.get(DAYS[day.weekday()], ()):
            start = timedelta(hours=window.start.hour, minutes=window.start.minute)
            end = timedelta(hours=window.end.hour, minutes=window.end.minute)
            if start <= since < (end if end > start else end + timedelta(days=1)):
                return True
        return False

    since = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    day = timedelta(days=1)
    assert is_open(office, at) == (begun_on(at.date(), since) or begun_on(at.date() - day, since + day))
