"""Paging for an incident: several engagements, answers in each, and what resolving does."""

import pytest

from client import ConflictError
from records.engagements import EngagementStatus
from records.timeline import EventType
from tests.engagement.people import PEOPLE
from tests.engagement.story import Stories

RESPONSE = """
    kind: ResponsePlan
    name: shop-down
    incident_template: {title: The shop is down, impact: 1}
    engagements: [shop, persistent]
    ---
    kind: EscalationPlan
    name: shop
    stages:
      - {duration: 5m, targets: [{contact: ana}]}
      - {duration: 5m, targets: [{contact: ben}]}
"""
EVERYTHING = ("0s ana mail", "0s persistent mail", "4m persistent mail", "5m ben mail")


async def test_a_plan_engages_several_contacts_in_parallel(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down")
    await story.at("6m")
    await story.expect(*EVERYTHING)
    assert (await story.record("shop")).stage == 1


async def test_an_answer_counts_in_the_engagements_that_reached_the_person(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down")
    await story.at("1m")
    await story.acknowledge("ana")
    await story.at("9m")
    await story.expect("0s ana mail", "0s persistent mail", "4m persistent mail", "8m persistent mail")
    assert (await story.record("shop")).status is EngagementStatus.ACKNOWLEDGED
    assert (await story.record("persistent")).status is EngagementStatus.ENGAGED


async def test_an_answer_can_be_for_one_engagement_only(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE.replace("[shop, persistent]", "[shop, ana]"))
    story = await stories.incident("shop-down")
    await story.acknowledge("ana", engagement_id=(await story.record("ana")).engagement_id)
    await story.at("6m")
    await story.expect("0s ana mail", "0s ana mail", "5m ben mail")
    assert (await story.record("ana")).status is EngagementStatus.ACKNOWLEDGED
    assert (await story.record("shop")).status is EngagementStatus.ENGAGED


async def test_resolving_stops_every_page(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down")
    await story.at("2m")
    await stories.tocsin.resolve(story.id)
    await story.at("2h")
    await story.expect("0s ana mail", "0s persistent mail")
    for contact in ("shop", "persistent"):
        record = await story.record(contact)
        assert (record.status, record.stop_reason) == (EngagementStatus.STOPPED, "incident resolved")
    assert (await story.told()).count(EventType.ENGAGEMENT_STOP) == 2


async def test_resolving_leaves_an_answered_engagement_as_it_is(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down")
    await story.acknowledge("ana")
    await stories.tocsin.resolve(story.id)
    await story.expect("0s ana mail", "0s persistent mail")
    assert (await story.record("shop")).status is EngagementStatus.ACKNOWLEDGED
    assert (await story.record("persistent")).status is EngagementStatus.STOPPED


async def test_reopening_pages_nobody_and_engaging_does(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down")
    await stories.tocsin.resolve(story.id)
    await story.at("10m")
    await stories.tocsin.reopen(story.id, reason="it is down again")
    await story.at("30m")
    await story.expect("0s ana mail", "0s persistent mail")
    await stories.tocsin.engage(story.id, "cho", subject="Down again")
    await story.at("2h")
    await story.expect("0s ana mail", "0s persistent mail", "30m cho mail")
    assert stories.mailbox.to("cho@shop.example")[0].message["Subject"] == "Down again"


async def test_stopping_one_engagement_leaves_the_other(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down")
    await story.at("1m")
    engagement = await story.record("persistent")
    await stories.tocsin.disengage(story.id, engagement.engagement_id, reason="asleep")
    await story.at("2h")
    await story.expect("0s ana mail", "0s persistent mail", "5m ben mail")
    with pytest.raises(ConflictError, match="has been stopped already"):
        await stories.tocsin.disengage(story.id, engagement.engagement_id)


async def test_a_resolved_incident_engages_nobody(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE)
    story = await stories.incident("shop-down")
    await stories.tocsin.resolve(story.id)
    with pytest.raises(ConflictError, match="RESOLVED"):
        await stories.tocsin.engage(story.id, "cho")
    await story.expect("0s ana mail", "0s persistent mail")


async def test_the_analysis_is_asked_for_each_interval_until_it_is_done(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE + REVIEW)
    story = await stories.incident("reviewed")
    await stories.tocsin.resolve(story.id)
    await story.at("1d1h")
    await stories.tocsin.skip_analysis(story.id, reason="it was a drill")
    await story.at("5d")
    assert await story.over()
    await story.expect("12h cho mail", "1d cho mail")
    letters = stories.mailbox.to("cho@shop.example")
    assert [letter.message["Subject"] for letter in letters] == ["Analysis owed: The shop is slow"] * 2
    assert (await story.told()).count(EventType.ANALYSIS_REMINDER) == 2


async def test_reopening_ends_reminders_and_resolving_again_starts_them_anew(stories: Stories) -> None:
    await stories.given(PEOPLE, RESPONSE + REVIEW)
    story = await stories.incident("reviewed")
    await stories.tocsin.resolve(story.id)
    await story.at("13h")
    await stories.tocsin.reopen(story.id, reason="not over")
    await story.at("4d")
    await story.expect("12h cho mail")
    await stories.tocsin.resolve(story.id)
    await story.at("4d13h")
    await stories.tocsin.complete_analysis(story.id, answers={"P1": "A cache."})
    await story.expect("12h cho mail", "4d12h cho mail")


REVIEW = """
    ---
    kind: AnalysisTemplate
    name: review
    reminder_interval: 12h
    sections:
      - {id: prevention, title: Prevention, questions: [{id: P1, text: What changes?, required: true}]}
    ---
    kind: ResponsePlan
    name: reviewed
    incident_template: {title: The shop is slow, impact: 3}
    analysis: {template: review, owner: cho}
"""
