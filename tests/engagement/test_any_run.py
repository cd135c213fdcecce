"""A new run begins in the middle of rounds, waits, plans within plans, snoozes and fallbacks: nobody notices."""

from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, QUICK, hours, in_minutes, plan, response, schedule, stage, stages
from tests.engagement.story import IncidentStory, Stories

SHORT = 30
"""History events: a run holds a page or two."""


async def new_run(stories: Stories, story: IncidentStory) -> None:
    """Say so much that the incident continues as new."""
    runs = len(await story.runs())
    for number in range(8):
        await stories.tocsin.add_event(story.id, f"note {number}", note=True)
    await story.settled()
    assert len(await story.runs()) > runs


async def test_rounds_go_on(stories: Stories) -> None:
    shop = plan(stages(stage("5m", "ana"), stage("5m", "ben")), more="repeat: 2")
    await stories.given(QUICK, shop, response("shop"))
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("12m")
    await new_run(stories, story)
    await story.at("17m")
    await story.decline("ana")
    await new_run(stories, story)
    await story.at("2h")
    await story.expect("0s ana mail", "5m ben mail", "10m ana mail", "15m ben mail", "20m ben mail")
    assert (await story.record()).status is EngagementStatus.FINISHED


async def test_a_round_that_waits_for_its_time_goes_on(stories: Stories) -> None:
    shop = plan(
        stages(stage("5m", "primary"), stage("5m", "primary")),
        more="fallback: cho, repeat: until_acknowledged",
    )
    await stories.given(PEOPLE, schedule("primary", "ana", instead=""), shop, response("shop"))
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("2m")
    await new_run(stories, story)
    await stories.given(PEOPLE, schedule("primary", "ana", instead="ben"), shop, response("shop"))
    await story.at("12m")
    await story.expect("0s cho mail", "10m ben mail")
    await new_run(stories, story)
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s cho mail", "10m ben mail")


async def test_plans_within_plans_go_on(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        plan(stages(stage("10m", "inner"), stage("10m", "persistent"))),
        plan(stages(stage("3m", "ana"), stage("3m", "ben"), stage("10m", "cho")), name="inner"),
        response("shop"),
    )
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("4m")
    await new_run(stories, story)
    await story.at("7m")
    await story.acknowledge("ana")
    await new_run(stories, story)
    await story.at("8m")
    await story.unacknowledge("ana")
    await new_run(stories, story)
    await story.at("9m")
    await story.acknowledge("cho")
    await story.at("1h")
    await story.expect("0s ana mail", "3m ben mail", "6m cho mail", "8m ana mail")


async def test_a_snooze_goes_on(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("5m", "ana"), stage("5m", "ben"))), response("shop"))
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("2m")
    await story.snooze("ana", "10m")
    await new_run(stories, story)
    await story.at("14m")
    await story.hand_over("ana", "cho")
    await new_run(stories, story)
    await story.at("1h")
    await story.expect("0s ana mail", "12m ana mail", "14m cho mail", "19m ben mail")


async def test_a_wait_for_working_hours_goes_on(stories: Stories) -> None:
    at = in_minutes(60)
    shop = plan(stages(stage("5m", "ana", more="when: {during: soon, otherwise: wait}"), stage("5m", "ben")))
    soon = hours("soon", opens=at, closes=at.replace(hour=(at.hour + 3) % 24))
    await stories.given(PEOPLE, soon, shop, response("shop"))
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("30m")
    await new_run(stories, story)
    await story.at("2h")
    opened = int((at - await story.began()).total_seconds())
    await story.expect(f"{opened}s ana mail", f"{opened + 300}s ben mail")


async def test_a_fallback_is_engaged_once(stories: Stories) -> None:
    shop = plan(stages(stage("5m", "ana"), stage("5m", "ben")), more="fallback: cho")
    await stories.given(PEOPLE, shop, response("shop"))
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("1m")
    await story.decline("ana")
    await new_run(stories, story)
    await story.at("2m")
    await story.decline("ben")
    await new_run(stories, story)
    await story.at("2h")
    await story.expect("0s ana mail", "1m ben mail", "2m cho mail")


async def test_who_was_silenced_in_an_earlier_run_stays_silent(stories: Stories) -> None:
    shop = plan(stage("30m", "persistent", "ana"), more="on_essential_ack: silence_all")
    await stories.given(PEOPLE, shop, response("shop"))
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("5m")
    await story.acknowledge("ana")
    await new_run(stories, story)
    await story.at("1h")
    await story.expect("0s ana mail", "0s persistent mail", "4m persistent mail")
