"""Answers that are taken back, and those that are for a time only."""

import asyncio

import pytest

from records.engagements import EngagementStatus
from records.timeline import EventType
from tests.engagement.people import PEOPLE, QUICK, plan, response, stage, stages
from tests.engagement.phone import Behaviour, Phone
from tests.engagement.story import RefusedError, Stories, until

ANA_THEN_BEN = stages(stage("5m", "ana"), stage("5m", "ben"))


async def test_taking_an_acknowledgement_back_pages_anew_and_the_stage_begins_anew(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(ANA_THEN_BEN))
    story = await stories.page("shop")
    with pytest.raises(RefusedError, match="no answer that could be taken back"):
        await story.unacknowledge("ana")
    await story.at("2m")
    await story.acknowledge("ana")
    await story.at("8m")
    await story.unacknowledge("ana")
    with pytest.raises(RefusedError, match="no answer that could be taken back"):
        await story.unacknowledge("ana")
    assert (await story.record()).acknowledged_by is None
    await story.at("1h")
    await story.expect("0s ana mail", "8m ana mail", "13m ben mail")
    assert (await story.told()).count(EventType.PAGE_UNACKNOWLEDGEMENT) == 1


async def test_when_one_of_two_who_have_it_takes_it_back_only_they_are_paged(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("10m", "ana", "ben"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("2m")
    await story.acknowledge("ben")
    await story.at("3m")
    await story.unacknowledge("ana")
    record = await story.record()
    assert (record.status, record.acknowledged_by) == (EngagementStatus.ACKNOWLEDGED, "ben")
    await story.at("20m")
    await story.expect("0s ana mail", "0s ben mail", "3m ana mail")
    await story.unacknowledge("ben")
    await story.at("31m")
    await story.expect("0s ana mail", "0s ben mail", "3m ana mail", "20m ben mail", "30m cho mail")


async def test_taking_it_back_after_the_last_stage_pages_only_who_took_it_back(stories: Stories) -> None:
    await stories.given(QUICK, plan(ANA_THEN_BEN))
    story = await stories.page("shop")
    await story.at("30m")
    assert (await story.record()).status is EngagementStatus.FINISHED
    await story.acknowledge("ana")
    await story.at("40m")
    await story.unacknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ben mail", "40m ana mail")
    assert (await story.record()).status is EngagementStatus.FINISHED


async def test_taking_a_decline_back_pages_anew_and_the_stage_under_way_begins_anew(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana"), stage("5m", "ben"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("4m")
    await story.unacknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "1m ben mail", "4m ana mail", "9m cho mail")


async def test_taking_back_what_was_not_essential_pages_anew_whatever_the_plan_does(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana?", "ben"), stage("5m", "cho"))))
    climbing = await stories.page("shop")
    await climbing.at("1m")
    await climbing.acknowledge("ana")
    await climbing.at("2m")
    await climbing.unacknowledge("ana")
    await climbing.at("1h")
    await climbing.expect("0s ana mail", "0s ben mail", "2m ana mail", "5m cho mail")
    acknowledged = await stories.page("shop")
    await acknowledged.at("1m")
    await acknowledged.acknowledge("ana")
    await acknowledged.acknowledge("ben")
    await acknowledged.at("2m")
    await acknowledged.unacknowledge("ana")
    await acknowledged.at("1h")
    await acknowledged.expect("0s ana mail", "0s ben mail", "2m ana mail")


async def test_taking_it_back_while_ones_page_is_being_called_back_pages_anew_once(
    stories: Stories, phone: Phone
) -> None:
    dora = (
        f"{{kind: Contact, name: dora, channels: [{{name: hook, type: WEBHOOK, address: '{phone.url}'}}],"
        " plan: {stages: [{duration: 1h, targets: [{channel: hook}]}]}}"
    )
    await stories.given(PEOPLE, dora, plan(stages(stage("5m", "dora"), stage("5m", "ben"))))
    phone.answer = Behaviour.HANG
    story = await stories.page("shop", at_rest=False)
    await until(lambda: bool(phone.rings))
    phone.answer = 200
    await asyncio.gather(story.acknowledge("dora"), story.unacknowledge_once_possible("dora"))
    await story.at("6m")
    await story.expect("0s dora hook STOPPED", "0s dora hook", "5m ben mail")


async def test_a_snooze_is_an_acknowledgement_for_its_time(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(ANA_THEN_BEN))
    story = await stories.page("shop")
    await story.at("2m")
    await story.snooze("ana", "10m")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED
    await story.at("11m")
    await story.expect("0s ana mail")
    await story.at("1h")
    await story.expect("0s ana mail", "12m ana mail", "17m ben mail")
    told = await story.told()
    assert told.count(EventType.PAGE_SNOOZE) == 1


async def test_acknowledging_ends_a_snooze_and_so_does_stopping(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(ANA_THEN_BEN))
    acknowledged = await stories.page("shop")
    await acknowledged.at("2m")
    await acknowledged.snooze("ana", "10m")
    await acknowledged.at("5m")
    await acknowledged.acknowledge("ana")
    await acknowledged.at("1h")
    await acknowledged.expect("0s ana mail")
    assert (await acknowledged.record()).people["ana"].snoozed_until is None
    stopped = await stories.page("shop")
    await stopped.snooze("ana", "10m")
    await stopped.stop("false alarm")
    await stopped.expect("0s ana mail")
    assert await stopped.over()


async def test_a_snooze_ends_quietly_when_another_has_acknowledged_meanwhile(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana", "ben"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.snooze("ana", "10m")
    await story.at("3m")
    await story.acknowledge("ben")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail")
    assert (await story.record()).acknowledged_by == "ben"
    await story.unacknowledge("ben")
    await story.at("66m")
    await story.expect("0s ana mail", "0s ben mail", "1h ben mail", "1h ana mail", "65m cho mail")


async def test_two_snoozes_at_once_each_page_anew_when_their_time_has_come(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("20m", "ana", "ben"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.snooze("ana", "10m")
    await story.snooze("ben", "20m")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail", "11m ana mail", "21m ben mail", "41m cho mail")


async def test_a_second_snooze_replaces_the_first_and_taking_it_back_ends_it(stories: Stories) -> None:
    await stories.given(QUICK, plan(ANA_THEN_BEN))
    story = await stories.page("shop")
    await story.at("2m")
    await story.snooze("ana", "10m")
    await story.at("7m")
    await story.snooze("ana", "10m")
    await story.at("16m")
    await story.expect("0s ana mail")
    await story.at("18m")
    await story.expect("0s ana mail", "17m ana mail")
    await story.snooze("ana", "20m")
    await story.at("20m")
    await story.unacknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "17m ana mail", "20m ana mail", "25m ben mail")


async def test_a_snooze_longer_than_late_answers_are_waited_for_keeps_the_engagement(
    stories: Stories,
) -> None:
    await stories.given(PEOPLE)
    story = await stories.page("ana")
    await story.snooze("ana", "3d")
    await story.at("73h")
    await story.expect("0s ana mail", "72h ana mail")
    await story.acknowledge("ana")


async def test_a_snooze_of_somebody_not_essential_leaves_the_plan_alone(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana?"), stage("10m", "ben"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.snooze("ana", "8m")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ben mail", "9m ana mail", "15m cho mail")


async def test_resolving_ends_a_snooze_and_then_nothing_can_be_taken_back(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(ANA_THEN_BEN), response("shop"))
    story = await stories.incident("shop-down")
    await story.snooze("ana", "10m")
    await stories.tocsin.resolve(story.id)
    for answer in (story.unacknowledge("ana"), story.snooze("ana", "5m"), story.hand_over("ana", "cho")):
        with pytest.raises(RefusedError):
            await answer
    await story.at("1h")
    await story.expect("0s ana mail")
