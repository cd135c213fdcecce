"""Somebody says they cannot."""

import pytest

from records.engagements import EngagementStatus, ReceiptType
from records.timeline import EventType
from tests.engagement.people import PEOPLE, plan, stage, stages
from tests.engagement.story import RefusedError, Stories

THREE = stages(stage("5m", "ana"), stage("5m", "ben"), stage("5m", "cho"))


async def test_declining_begins_the_next_stage_at_once(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(THREE))
    story = await stories.page("shop")
    await story.at("2m")
    await story.decline("ana")
    with pytest.raises(RefusedError, match="declined already"):
        await story.decline("ana")
    await story.at("2h")
    await story.expect("0s ana mail", "2m ben mail", "7m cho mail")
    assert (await story.told()).count(EventType.PAGE_DECLINE) == 1
    assert [receipt.type for receipt in await story.receipts("ana")] == [ReceiptType.SENT, ReceiptType.STOP]


async def test_one_of_two_declining_begins_the_next_stage_and_leaves_the_other_to_their_plan(
    stories: Stories,
) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana", "persistent"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("1h")
    nagging = [f"{minutes}m persistent mail" for minutes in (0, 4, 8, 12, 16)]
    await story.expect("0s ana mail", "1m cho mail", *nagging)


async def test_declining_what_one_is_not_essential_to_stops_only_ones_own_pages(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("10m", "persistent?", "ana"), stage("5m", "ben"))))
    story = await stories.page("shop")
    await story.at("5m")
    await story.decline("persistent")
    await story.at("1h")
    await story.expect("0s persistent mail", "0s ana mail", "4m persistent mail", "10m ben mail")


async def test_declining_in_a_stage_that_is_over_begins_none(stories: Stories) -> None:
    await stories.given(
        PEOPLE, plan(stages(stage("5m", "persistent"), stage("5m", "ben"), stage("5m", "cho")))
    )
    story = await stories.page("shop")
    await story.at("6m")
    await story.decline("persistent")
    await story.at("1h")
    await story.expect("0s persistent mail", "4m persistent mail", "5m ben mail", "10m cho mail")


async def test_somebody_still_paged_from_an_earlier_stage_who_declines_is_counted_on_in_the_one_under_way(
    stories: Stories,
) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana"), stage("5m", "ana"), stage("5m", "ben"))))
    story = await stories.page("shop")
    await story.at("6m")
    await story.decline("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "6m ben mail")


async def test_declining_after_an_acknowledgement_takes_it_back_and_moves_on(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(THREE))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("3m")
    await story.decline("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "3m ben mail", "8m cho mail")


async def test_who_has_declined_can_still_acknowledge(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(THREE))
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("3m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "1m ben mail")
    assert (await story.record()).acknowledged_by == "ana"


async def test_declining_with_nobody_left_ends_the_engagement(stories: Stories) -> None:
    await stories.given(PEOPLE)
    story = await stories.page("persistent")
    await story.at("1m")
    await story.decline("persistent")
    await story.at("1h")
    await story.expect("0s persistent mail")
    assert (await story.record()).status is EngagementStatus.FINISHED


async def test_who_was_not_engaged_cannot_answer(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(THREE))
    story = await stories.page("shop")
    for answer in (
        story.decline("ben"),
        story.unacknowledge("ben"),
        story.snooze("ben", "5m"),
        story.hand_over("ben", "cho"),
        story.acknowledge_by_link("ben", f"{story.id}-0"),
    ):
        with pytest.raises(RefusedError, match="'ben' has not been engaged; engaged so far: ana"):
            await answer
    await story.expect("0s ana mail")


async def test_a_link_does_its_work_once(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(THREE))
    story = await stories.page("shop")
    [link] = await story.keys("ana")
    await story.acknowledge_by_link("ana", link)
    await story.unacknowledge("ana")
    for answer in (story.acknowledge_by_link("ana", link), story.decline("ana", link=link)):
        with pytest.raises(RefusedError, match="this link has been used"):
            await answer
    await story.settled()
    newer = (await story.keys("ana"))[-1]
    await story.acknowledge_by_link("ana", newer)
    await story.at("1h")
    await story.expect("0s ana mail", "0s ana mail")
