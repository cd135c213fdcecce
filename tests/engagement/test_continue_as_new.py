"""An incident whose history grows long goes on in a new run, in the middle of anything, and nobody notices."""

import asyncio

from records.engagements import EngagementStatus
from records.timeline import EventType
from tests.engagement.outage import Outage
from tests.engagement.people import PEOPLE
from tests.engagement.phone import Phone
from tests.engagement.story import Stories, until

RESPONSE = """
    kind: ResponsePlan
    name: shop-down
    incident_template: {title: The shop is down, impact: 1}
    engagements: [shop]
    ---
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 10m, targets: [{contact: persistent, is_essential: false}]}
      - {duration: 10m, targets: [{contact: ana}]}
      - {duration: 10m, targets: [{contact: ben}]}
      - {duration: 10m, targets: [{contact: cho}]}
"""
REPEATED = [f"{minutes}m persistent mail" for minutes in (0, 4, 8, 12, 16)]
SHORT = 40
"""History events: a run holds two or three pages."""


async def test_an_escalation_goes_on_across_runs_and_loses_and_doubles_no_page(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("2h")
    await story.expect(*REPEATED, "10m ana mail", "20m ben mail", "30m cho mail")
    assert len(await story.runs()) >= 3
    assert (await story.record()).status is EngagementStatus.FINISHED
    told = await story.told()
    assert told.count(EventType.PAGE) == 8
    assert told.count(EventType.ENGAGEMENT_STAGE) == 4
    assert told.count(EventType.ENGAGEMENT_START) == 1


async def test_who_was_engaged_in_an_earlier_run_can_answer_in_a_later_one(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("15m")
    await story.acknowledge("ana")
    await story.at("2h")
    await story.expect(*REPEATED, "10m ana mail")
    assert len(await story.runs()) >= 2
    assert (await story.record()).acknowledged_by == "ana"


async def test_who_answered_in_an_earlier_run_stays_unpaged(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("5m")
    await story.acknowledge("persistent")
    await story.at("2h")
    await story.expect(*REPEATED[:2], "10m ana mail", "20m ben mail", "30m cho mail")
    assert len(await story.runs()) >= 2


async def test_resolving_stops_what_an_earlier_run_began(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("11m")
    await story.acknowledge("ana")
    runs = len(await story.runs())
    for number in range(6):
        await stories.tocsin.add_event(story.id, f"note {number}", note=True)
    await story.settled()
    assert len(await story.runs()) > runs
    await stories.tocsin.resolve(story.id)
    await story.at("2h")
    await story.expect(*REPEATED[:3], "10m ana mail")
    assert (await story.record()).stop_reason == "incident resolved"


async def test_attempts_on_a_failing_channel_go_on_across_runs_under_the_same_key(
    stories: Stories, phone: Phone
) -> None:
    contact = f"""
    kind: Contact
    name: dora
    channels: [{{name: hook, type: WEBHOOK, address: '{phone.url}'}}]
    plan: {{stages: [{{duration: 30m, targets: [{{channel: hook}}]}}]}}
    """
    await stories.given(PEOPLE, contact, RESPONSE.replace("[shop]", "[dora]"))
    phone.answer = 503
    story = await stories.incident("shop-down", history_limit=SHORT)
    await story.at("3m")
    phone.answer = 200
    await story.at("2h")
    failures = [f"{seconds}s dora hook RETRY" for seconds in (0, 5, 15, 35, 75, 135)]
    await story.expect(*failures, "195s dora hook")
    assert len(await story.runs()) >= 2
    assert len({ring.headers["webhook-id"] for ring in phone.rings}) == 1


async def test_reminders_keep_their_time_across_runs(stories: Stories) -> None:
    review = """
    kind: AnalysisTemplate
    name: review
    sections:
      - {id: prevention, title: Prevention, questions: [{id: P1, text: What changes?}]}
    """
    plan = RESPONSE.replace("engagements: [shop]", "analysis: {template: review, owner: ana}")
    await stories.given(PEOPLE, review, plan)
    story = await stories.incident("shop-down", history_limit=SHORT)
    await stories.tocsin.resolve(story.id)
    await story.at("2h")
    for number in range(6):
        await stories.tocsin.add_event(story.id, f"note {number}", note=True)
    await story.at("3d1h")
    await story.expect("1d ana mail", "2d ana mail", "3d ana mail")
    assert len(await story.runs()) >= 2


async def test_what_postgresql_missed_is_saved_whichever_run_it_happened_in(
    stories: Stories, outage: Outage
) -> None:
    quick = """
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 1s, targets: [{contact: ana}]}
      - {duration: 1s, targets: [{contact: ben}]}
      - {duration: 1s, targets: [{contact: cho}]}
      - {duration: 10m}
    """
    await stories.given(PEOPLE, RESPONSE.split("---")[0], quick)
    story = await stories.incident("shop-down", history_limit=20)
    async with outage:
        await story.expect_in_time("0s ana mail", "1s ben mail", "2s cho mail")
        await until(lambda: len(stories.mailbox.letters) == 3)
    await stories.caught_up(story)
    while len(await story.runs()) < 2:  # noqa: ASYNC110 - it waits for another process, until the test's timeout
        await asyncio.sleep(0.05)
    [engagement] = (await stories.tocsin.get_incident(story.id)).engagements
    assert set(engagement.people) == {"ana", "ben", "cho"}
