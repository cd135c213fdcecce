"""On-call schedules: who is paged is whoever is on shift when the stage begins.

A shift that changes while an engagement runs is told here by putting a changed rotation in force.
"""

from records.engagements import EngagementStatus
from tests.engagement.outage import Outage
from tests.engagement.people import PEOPLE, schedule
from tests.engagement.story import Stories

TWICE_PRIMARY = """
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 5m, targets: [{contact: primary}]}
      - {duration: 5m, targets: [{contact: primary}]}
"""


async def test_a_schedule_pages_who_is_on_shift(stories: Stories) -> None:
    await stories.given(PEOPLE, schedule("primary", "ana, ben", instead="cho"))
    story = await stories.page("primary")
    await story.at("2h")
    await story.expect("0s cho mail")
    assert (await story.record()).people["cho"].path == ["primary", "cho"]


async def test_whoever_takes_over_between_two_stages_is_paged_by_the_second(stories: Stories) -> None:
    await stories.given(PEOPLE, schedule("primary", "ana"), TWICE_PRIMARY)
    story = await stories.page("shop")
    await story.at("4m")
    await stories.given(PEOPLE, schedule("primary", "ana", instead="ben"), TWICE_PRIMARY)
    await story.at("2h")
    await story.expect("0s ana mail", "5m ben mail")
    assert (await story.record()).people["ben"].path == ["shop", "primary", "ben"]


async def test_someone_hired_while_the_engagement_runs_is_paged_by_their_own_plan(stories: Stories) -> None:
    await stories.given(PEOPLE, schedule("primary", "ana"), TWICE_PRIMARY)
    story = await stories.page("shop")
    hired = PEOPLE.replace("cho", "eve")
    await stories.given(hired, schedule("primary", "ana", instead="eve"), TWICE_PRIMARY)
    await story.at("2h")
    await story.expect("0s ana mail", "5m eve mail")


async def test_a_stage_that_reaches_nobody_is_skipped_at_once(stories: Stories) -> None:
    plan = """
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 5m, targets: [{contact: primary}]}
      - {duration: 5m, targets: [{contact: secondary}]}
      - {duration: 5m, targets: [{contact: ben}]}
    """
    nobody = (schedule("primary", "ana", instead=""), schedule("secondary", "ana", instead=""))
    await stories.given(PEOPLE, *nobody, plan)
    story = await stories.page("shop")
    await story.at("1h")
    await story.expect("0s ben mail")


async def test_a_stage_that_reaches_somebody_keeps_its_time(stories: Stories) -> None:
    plan = """
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 5m, targets: [{contact: primary}, {contact: ana}]}
      - {duration: 5m, targets: [{contact: ben}]}
    """
    await stories.given(PEOPLE, schedule("primary", "ana", instead=""), plan)
    story = await stories.page("shop")
    await story.at("1h")
    await story.expect("0s ana mail", "5m ben mail")


async def test_a_schedule_on_which_nobody_is_on_shift_ends_at_once(stories: Stories) -> None:
    await stories.given(PEOPLE, schedule("primary", "ana", instead=""))
    story = await stories.page("primary")
    await story.expect()
    assert (await story.record()).status is EngagementStatus.FINISHED


async def test_without_postgresql_the_next_stage_pages_who_is_on_shift_by_the_definitions_at_the_start(
    stories: Stories, outage: Outage
) -> None:
    plan = """
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 2s, targets: [{contact: ana}]}
      - {duration: 5m, targets: [{contact: primary}]}
    """
    await stories.given(PEOPLE, schedule("primary", "ben"), plan)
    story = await stories.page("shop")
    async with outage:
        await story.expect_in_time("0s ana mail", "2s ben mail")
        await story.acknowledge("ben")
    await stories.caught_up(story)
    assert (await stories.tocsin.get_engagement(story.id)).acknowledged_by == "ben"
