"""What an acknowledgement stops: `all_must_acknowledge` and `on_essential_ack`."""

from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, plan, stage, stages
from tests.engagement.story import Stories

BOTH = "all_must_acknowledge: true"
NAGGING = [f"{minutes}m persistent mail" for minutes in (0, 4, 8, 12, 16)]


async def test_a_stage_that_all_must_acknowledge_stops_the_plan_once_both_have(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("10m", "ana", "ben", more=BOTH), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("2m")
    await story.acknowledge("ana")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await story.at("4m")
    await story.acknowledge("ben")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail")


async def test_one_of_two_who_must_leaves_the_plan_going_until_the_other_does_late(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(stages(stage("5m", "ana", "ben", more=BOTH), stage("5m", "cho"), stage("5m", "persistent"))),
    )
    story = await stories.page("shop")
    await story.at("2m")
    await story.acknowledge("ana")
    await story.at("7m")
    await story.expect("0s ana mail", "0s ben mail", "5m cho mail")
    await story.acknowledge("ben")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail", "5m cho mail")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED


async def test_an_essential_answer_of_a_later_stage_stops_a_plan_whose_first_stage_all_must_acknowledge(
    stories: Stories,
) -> None:
    await stories.given(
        PEOPLE,
        plan(stages(stage("5m", "ana", "ben", more=BOTH), stage("5m", "cho"), stage("5m", "persistent"))),
    )
    story = await stories.page("shop")
    await story.at("7m")
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail", "5m cho mail")


async def test_who_is_not_essential_neither_holds_up_nor_fulfils_what_all_must(stories: Stories) -> None:
    await stories.given(
        PEOPLE, plan(stages(stage("10m", "ana", "ben?", more=BOTH), stage("10m", "cho"), stage("5m", "ben")))
    )
    first = await stories.page("shop")
    await first.at("2m")
    await first.acknowledge("ana")
    assert (await first.record()).status is EngagementStatus.ACKNOWLEDGED
    await first.at("15m")
    await first.expect("0s ana mail", "0s ben mail")
    second = await stories.page("shop")
    await second.at("2m")
    await second.acknowledge("ben")
    await second.at("15m")
    await second.expect("0s ana mail", "0s ben mail", "10m cho mail")


async def test_who_took_over_from_somebody_must_acknowledge_in_their_place(stories: Stories) -> None:
    await stories.given(
        PEOPLE, plan(stages(stage("10m", "ana", "ben", more=BOTH), stage("10m", "persistent")))
    )
    story = await stories.page("shop")
    await story.at("4m")
    await story.hand_over("ana", "cho")
    await story.at("5m")
    await story.acknowledge("ben")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await story.at("13m")
    await story.acknowledge("cho")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail", "4m cho mail")


async def test_one_of_two_who_must_taking_it_back_opens_it_again(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("10m", "ana", "ben", more=BOTH), stage("10m", "cho"))))
    story = await stories.page("shop")
    await story.at("2m")
    await story.acknowledge("ana")
    await story.acknowledge("ben")
    await story.at("3m")
    await story.unacknowledge("ana")
    assert (await story.record()).status is EngagementStatus.ENGAGED
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail", "3m ana mail", "13m cho mail")


async def test_an_essential_answer_silences_everybody_where_the_plan_says_so(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(
            stages(stage("5m", "persistent", "cho?"), stage("5m", "ana"), stage("5m", "ben")),
            more="on_essential_ack: silence_all",
        ),
    )
    story = await stories.page("shop")
    await story.at("3m")
    await story.acknowledge("cho")
    await story.at("6m")
    await story.expect(*NAGGING[:2], "0s cho mail", "5m ana mail")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect(*NAGGING[:2], "0s cho mail", "5m ana mail")


async def test_the_last_of_all_who_must_silences_the_others_and_not_the_first(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(
            stages(stage("10m", "ana", "ben", "persistent?", more=BOTH), stage("10m", "cho")),
            more="on_essential_ack: silence_all",
        ),
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("6m")
    await story.acknowledge("ben")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ben mail", *NAGGING[:2])


async def test_who_was_silenced_can_still_answer_and_is_not_called_back_by_it(stories: Stories) -> None:
    await stories.given(
        PEOPLE, plan(stages(stage("5m", "persistent", "ana")), more="on_essential_ack: silence_all")
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("5m")
    await story.acknowledge("persistent")
    await story.at("1h")
    await story.expect("0s persistent mail", "0s ana mail")
    assert (await story.record()).people["persistent"].acknowledged_at is not None


async def test_a_stage_in_which_nobody_can_be_paged_is_skipped_at_once(stories: Stories) -> None:
    nobody = "{kind: Contact, name: dora}"
    await stories.given(
        PEOPLE, nobody, plan(stages(stage("5m", "dora"), stage("5m", "ben"), stage("5m", "ana")))
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.expect("0s ben mail")
    deaf = await stories.page_with_silent_channels("shop", {"ben": {"mail": "opted out"}})
    await deaf.at("1h")
    await deaf.expect("0s ana mail")
