"""Every zone, every change of its clocks from 2000 to 2040: nobody is missing, nobody is there twice."""

from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.shifts import next_hand_off, on_call, shifts
from tests.on_call.clocks import DAY, SWEPT, Clocks, all_clocks, at
from tests.on_call.sweeps import HOUR, Case, Segment, cases

CHUNKS = 12
NEAR = 30 * HOUR
SECOND = timedelta(seconds=1)

Change = tuple[str, Clocks, int, int, int]


@cache
def every_change() -> list[Change]:
    """Every change of every zone; of those that are the same for months around, one."""
    found: dict[object, Change] = {}
    for name, clocks in all_clocks().items():
        for change, before, after in clocks.between(*SWEPT):
            around = tuple(clocks.between(change - 50 * DAY, change + 50 * DAY))
            found.setdefault((change, around), (name, clocks, change, before, after))
    return list(found.values())


def test_there_are_as_many_zones_and_changes_as_the_world_has() -> None:
    assert len(all_clocks()) > 150
    assert len(every_change()) > 3000


@pytest.mark.timeout(120)
@pytest.mark.xdist_group("zones")  # the changes are looked for once
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_around_every_change_of_clocks_exactly_those_are_on_call_whose_turn_it_is(chunk: int) -> None:
    for name, clocks, change, before, after in every_change()[chunk::CHUNKS]:
        for case in cases(name, clocks, change, before, after):
            check(case)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_time_of_day_near_a_change_is_as_good(data: st.DataObject) -> None:
    name, clocks, change, before, after = data.draw(st.sampled_from(every_change()))
    aside = data.draw(st.integers(-600, 600)) * 60
    for case in cases(name, clocks, change + aside, before, after):
        check(case)


def check(case: Case) -> None:
    """Shifts, the people of an instant and the next hand-off are those of the wall clock, and of each other."""
    rotation, segments, hand_offs = case.rotation(), case.segments(), case.hand_offs()
    what = (case.kind, case.zone, case.change)
    first, last = segments[0][0], segments[-1][1]
    told: list[Segment] = []
    for shift in shifts(rotation, at(first), at(last)):
        start, end = int(shift.start.timestamp()), min(int(shift.end.timestamp()), last)
        assert start < end, what
        assert not told or told[-1][1] <= start, ("twice", what)
        if told and (told[-1][1], told[-1][2]) == (start, shift.contacts):
            told[-1] = (told[-1][0], end, shift.contacts)
        else:
            told.append((start, end, shift.contacts))
    assert told == [segment for segment in segments if segment[2]], what
    for start, end, people in segments:
        assert len(people) in (0, 2 if case.overrides and "dora" in people else case.count), what
        assert people or case.windows is not None, ("nobody", what)
        for moment in (start, (start + end) // 2, end - 1):
            if abs(moment - case.change) < NEAR:
                assert on_call(rotation, at(moment)) == people, (what, moment)
    for moment in hand_offs:
        # One that a skip moved behind a later one has no effect.
        turn = max(number for number, begins in enumerate(hand_offs) if begins <= moment)
        later = hand_offs[turn + 1 :]
        if later and abs(moment - case.change) < NEAR:
            assert next_hand_off(rotation, at(moment)) == at(min(later)), (what, moment)
            assert next_hand_off(rotation, at(min(later)) - SECOND) == at(min(later)), (what, moment)
