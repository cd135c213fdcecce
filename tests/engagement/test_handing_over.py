"""Somebody gives it to another."""

import pytest

from records.engagements import EngagementStatus
from records.timeline import EventType
from tests.engagement.people import PEOPLE, plan, stage, stages
from tests.engagement.story import RefusedError, Stories

PERSISTENT_THEN_BEN = stages(stage("10m", "persistent"), stage("5m", "ben"))
ANA_THEN_BEN = stages(stage("5m", "ana"), stage("5m", "ben"))


async def test_handing_over_pages_the_other_and_starts_the_stages_clock_anew(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(PERSISTENT_THEN_BEN))
    story = await stories.page("shop")
    await story.at("5m")
    await story.hand_over("persistent", "cho")
    with pytest.raises(RefusedError, match="already"):
        await story.hand_over("persistent", "ana")
    with pytest.raises(RefusedError, match="themselves"):
        await story.hand_over("cho", "cho")
    await story.at("1h")
    await story.expect("0s persistent mail", "4m persistent mail", "5m cho mail", "15m ben mail")
    assert (await story.told()).count(EventType.PAGE_HAND_OVER) == 1


async def test_handing_over_what_one_has_acknowledged_opens_it_until_the_other_does(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(ANA_THEN_BEN))
    story = await stories.page("shop")
    await story.at("2m")
    await story.acknowledge("ana")
    await story.at("10m")
    await story.hand_over("ana", "cho")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await story.at("14m")
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s ana mail", "10m cho mail")
    assert (await story.record()).acknowledged_by == "cho"


async def test_handing_over_what_one_has_acknowledged_and_nobody_takes_goes_on(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(ANA_THEN_BEN))
    story = await stories.page("shop")
    await story.at("2m")
    await story.acknowledge("ana")
    await story.at("10m")
    await story.hand_over("ana", "cho")
    await story.at("1h")
    await story.expect("0s ana mail", "10m cho mail", "15m ben mail")


async def test_handing_over_to_somebody_who_is_being_paged_does_not_page_them_twice(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana", "ben?"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("3m")
    await story.hand_over("ana", "ben")
    await story.at("7m")
    await story.expect("0s ana mail", "0s ben mail")
    await story.acknowledge("ben")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail")
    assert (await story.record()).acknowledged_by == "ben", "who takes over is as essential as who gave"


async def test_who_is_being_paged_and_takes_over_must_acknowledge_where_all_must(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(
            stages(
                stage("5m", "cho?"),
                stage("10m", "ana", "ben", more="all_must_acknowledge: true"),
                stage("5m", "persistent"),
            )
        ),
    )
    story = await stories.page("shop")
    await story.at("6m")
    await story.hand_over("ana", "cho")
    await story.at("7m")
    await story.acknowledge("ben")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await story.at("10m")
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s cho mail", "5m ana mail", "5m ben mail")


async def test_somebody_who_declined_and_is_asked_by_name_is_paged_again(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(ANA_THEN_BEN))
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("3m")
    await story.hand_over("ben", "ana")
    await story.at("4m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "1m ben mail", "3m ana mail")


@pytest.mark.parametrize("essential", ["", "?"])
async def test_handing_over_to_somebody_who_has_it_stops_the_plan(stories: Stories, essential: str) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana", f"ben{essential}"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ben")
    await story.at("2m")
    await story.hand_over("ana", "ben")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail")
    assert (await story.record()).acknowledged_by == "ben"


async def test_it_goes_from_hand_to_hand_and_back(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("10m", "ana"), stage("5m", "persistent"))))
    story = await stories.page("shop")
    await story.at("2m")
    await story.hand_over("ana", "ben")
    await story.at("4m")
    await story.hand_over("ben", "cho")
    await story.at("6m")
    await story.hand_over("cho", "ana")
    await story.at("15m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "2m ben mail", "4m cho mail", "6m ana mail")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED


async def test_who_takes_over_from_somebody_not_essential_does_not_stop_the_plan(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana?"), stage("5m", "ben"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.hand_over("ana", "cho")
    await story.at("2m")
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s ana mail", "1m cho mail", "6m ben mail")


async def test_handing_over_within_a_plan_starts_only_that_plans_clock_anew(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(stages(stage("8m", "inner"), stage("10m", "persistent"))),
        plan(stages(stage("5m", "ana"), stage("5m", "ben")), name="inner"),
    )
    story = await stories.page("shop")
    await story.at("4m")
    await story.hand_over("ana", "cho")
    assert (await story.record()).people["cho"].path == ["shop", "inner", "cho"]
    await story.at("9m30s")
    await story.acknowledge("cho")
    await story.at("20m")
    nagging = [f"{minutes}m persistent mail" for minutes in (8, 12, 16, 20)]
    await story.expect("0s ana mail", "4m cho mail", "9m ben mail", *nagging)
