"""An incident that turns out to be worse."""

from tests.engagement.people import PEOPLE, plan, response, stage, stages
from tests.engagement.story import Stories

SHOP = plan(stages(stage("5m", "ana"), stage("5m", "ben")))
ANEW = "re_engage_on_impact_rise: true"


async def test_a_worse_impact_engages_anew_whoever_is_not_being_paged(stories: Stories) -> None:
    await stories.given(PEOPLE, SHOP, response("shop", "persistent", impact=3, more=ANEW))
    story = await stories.incident("shop-down")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("2m")
    await stories.tocsin.update_incident(story.id, impact=4)
    await story.at("3m")
    await story.expect("0s ana mail", "0s persistent mail")
    await stories.tocsin.update_incident(story.id, impact=2)
    await story.at("7m")
    await stories.tocsin.update_incident(story.id, impact=1)
    await story.at("21m")
    nagging = [f"{minutes}m persistent mail" for minutes in (0, 4, 8, 12, 16)]
    await story.expect("0s ana mail", *nagging, "3m ana mail", "8m ben mail")
    assert (await story.sent())[-1].message.impact == 1
    await story.acknowledge("ben")
    await stories.tocsin.resolve(story.id)
    await story.at("2h")
    await story.expect("0s ana mail", *nagging, "3m ana mail", "8m ben mail")


async def test_a_resolved_incident_engages_nobody_anew(stories: Stories) -> None:
    await stories.given(PEOPLE, SHOP, response("shop", impact=3, more=ANEW))
    story = await stories.incident("shop-down")
    await stories.tocsin.resolve(story.id)
    await stories.tocsin.update_incident(story.id, impact=1)
    await story.at("1h")
    await story.expect("0s ana mail")


async def test_a_worse_impact_engages_nobody_anew_unless_the_response_plan_says_so(stories: Stories) -> None:
    await stories.given(PEOPLE, SHOP, response("shop", impact=3))
    story = await stories.incident("shop-down")
    await story.acknowledge("ana")
    await stories.tocsin.update_incident(story.id, impact=1)
    await story.at("1h")
    await story.expect("0s ana mail")
