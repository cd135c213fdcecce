"""Stages that are only for some impacts, or for times within or outside working hours."""

from datetime import datetime

import pytest

from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, hours, in_minutes, plan, response, stage, stages
from tests.engagement.story import Stories, Story


def open_now() -> str:
    """Hours named `open`: since an hour ago, for three more."""
    return hours("open", opens=in_minutes(-60), closes=in_minutes(180))


def opening(at: datetime) -> str:
    """Hours named `soon`, which open then for three hours."""
    closes = at.replace(hour=(at.hour + 3) % 24)
    return hours("soon", opens=at, closes=closes)


async def since_the_start(story: Story, at: datetime, *, minutes: int = 0) -> str:
    """An instant as the story counts it."""
    return f"{int((at - await story.began()).total_seconds()) + minutes * 60}s"


async def test_a_stage_for_other_impacts_is_skipped(stories: Stories) -> None:
    shop = plan(
        stages(
            stage("5m", "ana", more="when: {impact: [1, 2]}"),
            stage("5m", "ben", more="when: {impact: [3]}"),
            stage("5m", "cho"),
        )
    )
    await stories.given(PEOPLE, shop, response("shop", impact=3))
    incident = await stories.incident("shop-down")
    await incident.at("1h")
    await incident.expect("0s ben mail", "5m cho mail")
    alone = await stories.page("shop")
    await alone.at("1h")
    await alone.expect("0s ana mail", "5m ben mail", "10m cho mail")


async def test_an_impact_that_changes_counts_when_the_stages_turn_comes(stories: Stories) -> None:
    shop = plan(
        stages(
            stage("5m", "ana"),
            stage("5m", "ben", more="when: {impact: [1]}"),
            stage("5m", "cho", more="when: {impact: [3]}"),
            stage("5m", "persistent", more="when: {impact: [2, 3]}"),
        )
    )
    await stories.given(PEOPLE, shop, response("shop", impact=3))
    story = await stories.incident("shop-down")
    await story.at("2m")
    await stories.tocsin.update_incident(story.id, impact=1)
    await story.at("6m")
    await stories.tocsin.update_incident(story.id, impact=4)
    await story.at("2h")
    await story.expect("0s ana mail", "5m ben mail")
    assert (await story.record()).status is EngagementStatus.FINISHED


@pytest.mark.parametrize(("name", "paged"), [("open", "ana"), ("soon", "ben")])
async def test_a_stage_during_working_hours_and_one_outside_them_page_exactly_one(
    stories: Stories, name: str, paged: str
) -> None:
    shop = plan(
        stages(
            stage("5m", "ana", more=f"when: {{during: {name}}}"),
            stage("5m", "ben", more=f"when: {{outside: {name}}}"),
            stage("5m", "cho"),
        )
    )
    await stories.given(PEOPLE, open_now(), opening(in_minutes(120)), shop)
    story = await stories.page("shop")
    await story.at("1h")
    await story.expect(f"0s {paged} mail", "5m cho mail")


async def test_a_stage_that_waits_begins_in_the_minute_in_which_the_hours_do(stories: Stories) -> None:
    at = in_minutes(120)
    shop = plan(stages(stage("5m", "ana", more="when: {during: soon, otherwise: wait}"), stage("5m", "ben")))
    await stories.given(PEOPLE, opening(at), shop)
    story = await stories.page("shop")
    await story.at("1h59m")
    await story.expect()
    assert (await story.record()).waits_until == at
    await story.at("3h")
    await story.expect(
        f"{await since_the_start(story, at)} ana mail",
        f"{await since_the_start(story, at, minutes=5)} ben mail",
    )


async def test_a_stage_outside_hours_that_waits_begins_in_the_minute_in_which_they_end(
    stories: Stories,
) -> None:
    at = in_minutes(90)
    night = hours("day", opens=in_minutes(-60), closes=at)
    shop = plan(stages(stage("5m", "ana"), stage("5m", "ben", more="when: {outside: day, otherwise: wait}")))
    await stories.given(PEOPLE, night, shop)
    story = await stories.page("shop")
    await story.at("3h")
    await story.expect("0s ana mail", f"{await since_the_start(story, at)} ben mail")


async def test_hours_count_when_the_stages_turn_comes(stories: Stories) -> None:
    shop = plan(
        stages(
            stage("90m", "ana", more="when: {outside: soon}"),
            stage("5m", "ben", more="when: {outside: soon}"),
            stage("5m", "cho", more="when: {during: soon, otherwise: wait}"),
        )
    )
    await stories.given(PEOPLE, opening(in_minutes(60)), shop)
    story = await stories.page("shop")
    await story.at("3h")
    await story.expect("0s ana mail", "90m cho mail")


async def test_an_answer_ends_the_wait(stories: Stories) -> None:
    shop = plan(stages(stage("5m", "ana"), stage("5m", "ben", more="when: {during: soon, otherwise: wait}")))
    await stories.given(PEOPLE, opening(in_minutes(60)), shop)
    story = await stories.page("shop")
    await story.at("30m")
    await story.acknowledge("ana")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED
    await story.at("2h")
    await story.expect("0s ana mail")


async def test_an_impact_that_no_longer_fits_after_the_wait_skips_the_stage(stories: Stories) -> None:
    at = in_minutes(60)
    shop = plan(
        stages(
            stage("5m", "ana", more="when: {during: soon, otherwise: wait, impact: [3]}"),
            stage("5m", "ben"),
        )
    )
    await stories.given(PEOPLE, opening(at), shop, response("shop", impact=3))
    story = await stories.incident("shop-down")
    await story.at("30m")
    await stories.tocsin.update_incident(story.id, impact=2)
    await story.at("2h")
    await story.expect(f"{await since_the_start(story, at)} ben mail")


async def test_who_waits_for_hours_is_waited_for_in_a_nested_plan_too(stories: Stories) -> None:
    at = in_minutes(60)
    shop = plan(stages(stage("5m", "inner"), stage("5m", "cho")))
    inner = plan(stage("5m", "ana", more="when: {during: soon, otherwise: wait}"), name="inner")
    await stories.given(PEOPLE, opening(at), shop, inner)
    story = await stories.page("shop")
    await story.at("2h")
    await story.expect("5m cho mail", f"{await since_the_start(story, at)} ana mail")
