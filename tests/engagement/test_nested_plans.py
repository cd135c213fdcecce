"""Escalation plans that are targets of other plans' stages: each climbs on its own clock."""

from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, QUICK, plan, schedule, stage, stages
from tests.engagement.story import Stories

INNER = plan(stages(stage("3m", "ana"), stage("3m", "ben")), name="inner")
NAGGED = PEOPLE.split("---")[-1].replace("persistent", "nagged")
"""`nagged` is paged like `persistent`."""


async def test_a_plan_within_a_plan_climbs_on_its_own_clock(stories: Stories) -> None:
    await stories.given(PEOPLE, INNER, plan(stages(stage("2m", "inner"), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("3h")
    await story.expect("0s ana mail", "2m cho mail", "3m ben mail")
    record = await story.record()
    assert record.status is EngagementStatus.FINISHED
    assert record.people["ben"].path == ["shop", "inner", "ben"]


async def test_an_essential_answer_within_stops_both_plans(stories: Stories) -> None:
    await stories.given(PEOPLE, INNER, plan(stages(stage("10m", "inner"), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail")
    assert (await story.record()).acknowledged_by == "ana"


async def test_an_answer_above_stops_the_plans_within(stories: Stories) -> None:
    await stories.given(PEOPLE, INNER, plan(stages(stage("10m", "inner", "cho"), stage("10m", "persistent"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s ana mail", "0s cho mail")


async def test_an_answer_within_a_plan_that_is_not_essential_stops_only_that_plan(stories: Stories) -> None:
    await stories.given(PEOPLE, INNER, plan(stages(stage("10m", "inner?"), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await story.at("1h")
    await story.expect("0s ana mail", "10m cho mail")


async def test_a_person_who_is_not_essential_in_a_plan_within_stops_neither(stories: Stories) -> None:
    inner = plan(stages(stage("3m", "ana?"), stage("3m", "ben")), name="inner")
    await stories.given(PEOPLE, inner, plan(stages(stage("10m", "inner"), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "3m ben mail", "10m cho mail")


async def test_a_plan_two_levels_down_stops_all_three(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(stages(stage("20m", "middle"), stage("20m", "persistent"))),
        plan(stages(stage("2m", "ana"), stage("10m", "inner")), name="middle"),
        plan(stages(stage("3m", "ben"), stage("3m", "cho")), name="inner"),
    )
    story = await stories.page("shop")
    await story.at("6m")
    assert (await story.record()).people["cho"].path == ["shop", "middle", "inner", "cho"]
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s ana mail", "2m ben mail", "5m cho mail")
    unanswered = await stories.page("shop")
    await unanswered.at("21m")
    await unanswered.acknowledge("persistent")
    await unanswered.expect("0s ana mail", "2m ben mail", "5m cho mail", "20m persistent mail")


async def test_a_stage_whose_plan_finds_nobody_is_skipped_at_once(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        "{kind: Contact, name: dora}",
        schedule("primary", "ana", instead=""),
        plan(stages(stage("10m", "empty"), stage("10m", "deaf"), stage("10m", "ben"))),
        plan(stages(stage("5m", "primary"), stage("5m", "primary")), name="empty"),
        plan(stage("5m", "dora"), name="deaf"),
    )
    story = await stories.page("shop")
    await story.at("1h")
    await story.expect("0s ben mail")


async def test_a_plan_within_that_names_only_somebody_who_is_being_paged_keeps_its_stages_time(
    stories: Stories,
) -> None:
    await stories.given(
        PEOPLE,
        plan(stages(stage("1m", "ana"), stage("20m", "inner"), stage("5m", "cho"))),
        plan(stage("2m", "ana"), name="inner"),
    )
    story = await stories.page("shop")
    await story.at("30m")
    await story.expect("0s ana mail", "21m cho mail")


async def test_silencing_all_in_a_plan_within_silences_only_beneath_it(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        NAGGED,
        plan(stage("30m", "persistent", "inner")),
        plan(stage("30m", "ana", "nagged"), name="inner", more="on_essential_ack: silence_all"),
    )
    story = await stories.page("shop")
    await story.at("5m")
    await story.acknowledge("ana")
    await story.at("1h")
    nagging = [f"{minutes}m persistent mail" for minutes in (0, 4, 8, 12, 16)]
    await story.expect(*nagging, "0s ana mail", "0s nagged mail", "4m nagged mail")


async def test_a_plan_within_silences_all_also_after_the_outer_plan_has_its_answer(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(stage("30m", "cho", "inner")),
        plan(stage("30m", "ana", "persistent"), name="inner", more="on_essential_ack: silence_all"),
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("cho")
    await story.at("5m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s cho mail", "0s ana mail", "0s persistent mail", "4m persistent mail")
    assert (await story.record()).acknowledged_by == "cho"


async def test_a_plan_within_of_which_all_must_acknowledge_holds_up_the_outer_plan(stories: Stories) -> None:
    inner = plan(stage("10m", "ana", "ben", more="all_must_acknowledge: true"), name="inner")
    await stories.given(PEOPLE, inner, plan(stages(stage("5m", "inner"), stage("10m", "cho"))))
    one = await stories.page("shop")
    await one.at("1m")
    await one.acknowledge("ana")
    await one.at("1h")
    await one.expect("0s ana mail", "0s ben mail", "5m cho mail")
    both = await stories.page("shop")
    await both.at("1m")
    await both.acknowledge("ana")
    await both.acknowledge("ben")
    await both.at("1h")
    await both.expect("0s ana mail", "0s ben mail")


async def test_a_stage_that_all_must_acknowledge_waits_for_its_person_and_its_plan(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        INNER,
        plan(
            stages(stage("5m", "cho", "inner", more="all_must_acknowledge: true"), stage("5m", "persistent"))
        ),
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("cho")
    await story.at("4m")
    await story.acknowledge("ben")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED
    await story.at("1h")
    await story.expect("0s ana mail", "0s cho mail", "3m ben mail")


async def test_a_plan_within_repeats_while_the_outer_stage_lasts_and_after(stories: Stories) -> None:
    await stories.given(
        QUICK,
        plan(stages(stage("8m", "inner"), stage("10m", "cho"))),
        plan(stage("5m", "ana"), name="inner", more="repeat: 2"),
    )
    story = await stories.page("shop")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ana mail", "8m cho mail", "10m ana mail")


async def test_a_plan_within_begins_anew_in_the_next_round_unless_it_has_its_answer(stories: Stories) -> None:
    shop = plan(stages(stage("10m", "inner?"), stage("10m", "cho")), more="repeat: 1")
    await stories.given(QUICK, INNER.replace("3m", "5m"), shop)
    unanswered = await stories.page("shop")
    await unanswered.at("1h")
    await unanswered.expect(
        "0s ana mail",
        "5m ben mail",
        "10m cho mail",
        "20m ana mail",
        "25m ben mail",
        "30m cho mail",
    )
    answered = await stories.page("shop")
    await answered.at("1m")
    await answered.acknowledge("ana")
    await answered.at("1h")
    await answered.expect("0s ana mail", "10m cho mail", "30m cho mail")


async def test_declining_within_moves_the_plan_within_on_and_not_the_outer_one(stories: Stories) -> None:
    await stories.given(PEOPLE, INNER, plan(stages(stage("10m", "inner"), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "1m ben mail", "10m cho mail")


async def test_taking_an_answer_within_back_lets_both_plans_go_on(stories: Stories) -> None:
    await stories.given(PEOPLE, INNER, plan(stages(stage("10m", "inner"), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("2m")
    await story.unacknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "2m ana mail", "5m ben mail", "10m cho mail")
