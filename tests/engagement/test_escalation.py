"""How an escalation plan climbs from stage to stage."""

import pytest

from client import ConflictError
from records.engagements import EngagementStatus
from records.timeline import EventType
from tests.engagement.people import PEOPLE
from tests.engagement.story import Stories


def plan(stages: str) -> str:
    return f"{{kind: EscalationPlan, name: shop, stages: [{stages}]}}"


ANA_THEN_BEN = plan("{duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ben}]}")


async def test_nobody_answers_so_the_second_stage_is_paged_at_minute_five(stories: Stories) -> None:
    await stories.given(PEOPLE, ANA_THEN_BEN)
    story = await stories.page("shop")
    await story.at("4m50s")
    await story.expect("0s ana mail")
    await story.at("3h")
    await story.expect("0s ana mail", "5m ben mail")
    record = await story.record()
    assert record.status is EngagementStatus.FINISHED
    assert record.people["ben"].path == ["shop", "ben"]


async def test_an_essential_answer_stops_later_stages(stories: Stories) -> None:
    await stories.given(PEOPLE, ANA_THEN_BEN)
    story = await stories.page("shop")
    await story.at("4m")
    await story.acknowledge("ana")
    await story.at("20m")
    await story.expect("0s ana mail")


async def test_an_answer_that_is_not_essential_stops_only_that_person(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(
            "{duration: 10m, targets: [{contact: persistent, is_essential: false}]},"
            " {duration: 10m, targets: [{contact: ben}]}"
        ),
    )
    story = await stories.page("shop")
    await story.at("5m")
    await story.acknowledge("persistent")
    await story.at("2h")
    await story.expect("0s persistent mail", "4m persistent mail", "10m ben mail")
    record = await story.record()
    assert record.acknowledged_by is None
    assert record.people["persistent"].acknowledged_at is not None


async def test_an_essential_answer_leaves_others_who_are_being_paged_to_their_own_plan(
    stories: Stories,
) -> None:
    await stories.given(
        PEOPLE,
        plan(
            "{duration: 5m, targets: [{contact: persistent}]}, {duration: 5m, targets: [{contact: ana}]},"
            " {duration: 5m, targets: [{contact: ben}]}"
        ),
    )
    story = await stories.page("shop")
    await story.at("6m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect(
        "0s persistent mail",
        "4m persistent mail",
        "5m ana mail",
        "8m persistent mail",
        "12m persistent mail",
        "16m persistent mail",
    )


async def test_all_targets_of_a_stage_are_engaged_at_once(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(
            "{duration: 5m, targets: [{contact: ana}, {contact: ben}]}, {duration: 5m, targets: [{contact: cho}]}"
        ),
    )
    story = await stories.page("shop")
    await story.at("10m")
    await story.expect("0s ana mail", "0s ben mail", "5m cho mail")


async def test_an_empty_stage_of_a_plan_is_a_pure_wait(stories: Stories) -> None:
    await stories.given(PEOPLE, plan("{duration: 7m}, {duration: 5m, targets: [{contact: ana}]}"))
    story = await stories.page("shop")
    await story.at("6m50s")
    await story.expect()
    await story.at("7m")
    await story.expect("7m ana mail")


async def test_six_stages_of_half_an_hour_page_on_the_minute(stories: Stories) -> None:
    order = ["ana", "ben", "cho", "ana", "ben", "cho"]
    quick = PEOPLE.replace("duration: 1h", "duration: 10m")
    await stories.given(
        quick, plan(", ".join(f"{{duration: 30m, targets: [{{contact: {name}}}]}}" for name in order))
    )
    story = await stories.page("shop")
    await story.at("6h")
    await story.expect(
        "0s ana mail", "30m ben mail", "1h cho mail", "1h30m ana mail", "2h ben mail", "2h30m cho mail"
    )
    assert (await story.told()).count(EventType.ENGAGEMENT_STAGE) == 6


async def test_someone_named_in_two_stages_is_paged_again_once_their_plan_ran_out(stories: Stories) -> None:
    await stories.given(
        PEOPLE.replace("duration: 1h", "duration: 2m"),
        plan("{duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ana}]}"),
    )
    story = await stories.page("shop")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ana mail")


async def test_someone_named_in_two_stages_is_not_paged_twice_while_their_plan_runs(stories: Stories) -> None:
    await stories.given(
        PEOPLE, plan("{duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ana}]}")
    )
    story = await stories.page("shop")
    await story.at("2h")
    await story.expect("0s ana mail")


async def test_someone_who_has_answered_is_not_paged_by_a_later_stage(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(
            "{duration: 5m, targets: [{contact: ana, is_essential: false}]},"
            " {duration: 5m, targets: [{contact: ana, is_essential: false}, {contact: ben}]}"
        ),
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ben mail")


async def test_someone_essential_in_any_stage_they_were_engaged_in_stops_the_plan(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(
            "{duration: 5m, targets: [{contact: ana, is_essential: false}]},"
            " {duration: 5m, targets: [{contact: ana}]}, {duration: 5m, targets: [{contact: ben}]}"
        ),
    )
    story = await stories.page("shop")
    await story.at("6m")
    await story.acknowledge("ana")
    await story.at("1h")
    await story.expect("0s ana mail")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED


async def test_a_late_answer_counts(stories: Stories) -> None:
    await stories.given(PEOPLE, ANA_THEN_BEN)
    story = await stories.page("shop")
    await story.at("3h")
    assert (await story.record()).status is EngagementStatus.FINISHED
    await story.acknowledge("ana", note="slept")
    await story.expect("0s ana mail", "5m ben mail")
    record = await story.record()
    assert record.status is EngagementStatus.ACKNOWLEDGED
    assert record.acknowledged_by == "ana"


async def test_an_answer_from_somebody_not_engaged_yet_is_refused_and_changes_nothing(
    stories: Stories,
) -> None:
    await stories.given(PEOPLE, ANA_THEN_BEN)
    story = await stories.page("shop")
    with pytest.raises(ConflictError, match="'ben' has not been engaged; engaged so far: ana"):
        await story.acknowledge("ben")
    await story.at("5m")
    await story.expect("0s ana mail", "5m ben mail")
    assert EventType.ACKNOWLEDGEMENT not in await story.told()


async def test_answering_twice_is_harmless(stories: Stories) -> None:
    await stories.given(PEOPLE, plan("{duration: 5m, targets: [{contact: ana, is_essential: false}]}"))
    story = await stories.page("shop")
    await story.acknowledge("ana", note="first")
    await story.acknowledge("ana", note="second")
    await story.at("10m")
    await story.expect("0s ana mail")
    assert (await story.told()).count(EventType.ACKNOWLEDGEMENT) == 1
    receipts = (await story.record()).people["ana"].pages[0].receipts
    assert [(receipt.type, receipt.info) for receipt in receipts][1:] == [("READ", "first")]


async def test_stopping_ends_stages_and_repetitions(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan("{duration: 10m, targets: [{contact: persistent}]}, {duration: 5m, targets: [{contact: ben}]}"),
    )
    story = await stories.page("shop")
    await story.at("5m")
    await story.stop("false alarm")
    await story.expect("0s persistent mail", "4m persistent mail")
    record = await story.record()
    assert (record.status, record.stop_reason) == (EngagementStatus.STOPPED, "false alarm")
    assert record.people["persistent"].pages[0].receipts[-1].type == "STOP"
