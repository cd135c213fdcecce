"""A plan that begins again after its last stage."""

from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, QUICK, plan, schedule, stage, stages
from tests.engagement.story import Stories

ANA_THEN_BEN = stages(stage("5m", "ana"), stage("5m", "ben"))


async def test_a_plan_that_repeats_once_begins_again_after_its_last_stage_and_then_ends(
    stories: Stories,
) -> None:
    await stories.given(QUICK, plan(ANA_THEN_BEN, more="repeat: 1"))
    story = await stories.page("shop")
    await story.at("19m")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await story.at("3h")
    await story.expect("0s ana mail", "5m ben mail", "10m ana mail", "15m ben mail")
    assert (await story.record()).status is EngagementStatus.FINISHED


async def test_a_plan_repeats_until_somebody_acknowledges(stories: Stories) -> None:
    await stories.given(QUICK, plan(ANA_THEN_BEN, more="repeat: until_acknowledged"))
    story = await stories.page("shop")
    await story.at("32m")
    await story.acknowledge("ben")
    await story.at("3h")
    await story.expect(
        "0s ana mail",
        "5m ben mail",
        "10m ana mail",
        "15m ben mail",
        "20m ana mail",
        "25m ben mail",
        "30m ana mail",
    )
    assert (await story.record()).acknowledged_by == "ben"


async def test_each_round_pages_who_is_on_call_then(stories: Stories) -> None:
    shop = plan(stage("5m", "primary"), more="repeat: until_acknowledged")
    await stories.given(PEOPLE, schedule("primary", "ana"), shop)
    story = await stories.page("shop")
    await story.at("4m")
    await stories.given(PEOPLE, schedule("primary", "ana", instead="ben"), shop)
    await story.at("9m")
    await story.acknowledge("ben")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ben mail")


async def test_somebody_whose_own_plan_still_runs_is_not_started_again_by_the_next_round(
    stories: Stories,
) -> None:
    await stories.given(PEOPLE, plan(stage("25m", "ana"), more="repeat: 3"))
    story = await stories.page("shop")
    await story.at("4h")
    await story.expect("0s ana mail", "75m ana mail")


async def test_a_round_in_which_every_stage_is_skipped_still_takes_the_time_of_all_its_stages(
    stories: Stories,
) -> None:
    shop = plan(
        stages(stage("5m", "primary"), stage("5m", "primary")),
        more="repeat: until_acknowledged",
    )
    await stories.given(PEOPLE, schedule("primary", "ana", instead=""), shop)
    story = await stories.page("shop")
    await story.at("4m")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await stories.given(PEOPLE, schedule("primary", "ana", instead="ben"), shop)
    await story.at("14m")
    await story.acknowledge("ben")
    await story.at("1h")
    await story.expect("10m ben mail")


async def test_who_has_declined_or_handed_over_is_passed_over_by_later_stages_and_rounds(
    stories: Stories,
) -> None:
    await stories.given(
        QUICK,
        plan(
            stages(stage("5m", "ana"), stage("5m", "ana", "ben"), stage("5m", "ana"), stage("5m", "cho")),
            more="repeat: 1",
        ),
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("3m")
    await story.hand_over("ben", "persistent")
    await story.at("1h")
    handed_over = [f"{minutes}m persistent mail" for minutes in (3, 7, 11, 15, 19)]
    await story.expect("0s ana mail", "1m ben mail", *handed_over, "8m cho mail", "13m cho mail")
    assert (await story.record()).status is EngagementStatus.FINISHED


async def test_a_round_that_everybody_has_declined_is_the_last_that_pages_anybody(stories: Stories) -> None:
    await stories.given(QUICK, plan(ANA_THEN_BEN, more="repeat: 2"))
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("2m")
    await story.decline("ben")
    await story.at("3h")
    await story.expect("0s ana mail", "1m ben mail")
    assert (await story.record()).status is EngagementStatus.FINISHED
