"""Turns that are rare, and in which somebody must be paged all the same, or nobody."""

import uuid

import pytest

from definitions.catalog import Catalog
from definitions.escalation_plans import EscalationPlan
from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, plan, response, schedule, stage, stages
from tests.engagement.story import RefusedError, Stories
from workflows.messages import Engage

ANA_THEN_BEN = plan(stages(stage("5m", "ana"), stage("5m", "ben")))
FALLBACK = plan(stage("5m", "ana"), more="fallback: cho")


async def test_declining_what_has_been_resolved_pages_nobody(stories: Stories) -> None:
    await stories.given(PEOPLE, ANA_THEN_BEN, response("shop"))
    story = await stories.incident("shop-down")
    await story.at("1m")
    await story.acknowledge("ana")
    await stories.tocsin.resolve(story.id)
    with pytest.raises(RefusedError, match="RESOLVED"):
        await story.decline("ana")
    await story.at("1h")
    await story.expect("0s ana mail")


async def test_a_snooze_does_not_wake_an_engagement_that_was_stopped(stories: Stories) -> None:
    both = plan(stages(stage("5m", "ana", "ben", more="all_must_acknowledge: true"), stage("5m", "cho")))
    await stories.given(PEOPLE, both, response("shop", "ana"))
    story = await stories.incident("shop-down")
    await story.at("1m")
    shop = await story.record("shop")
    await story.acknowledge("ben", engagement_id=shop.engagement_id)
    await stories.tocsin.disengage(story.id, shop.engagement_id)
    await story.snooze("ana", "10m")
    await story.at("1h")
    await story.expect("0s ana mail", "0s ana mail", "0s ben mail", "11m ana mail")
    assert (await story.record("shop")).status is EngagementStatus.STOPPED


async def test_a_hand_over_leaves_out_an_engagement_that_was_stopped(stories: Stories) -> None:
    await stories.given(PEOPLE, ANA_THEN_BEN, response("shop", "ana"))
    story = await stories.incident("shop-down")
    await story.at("1m")
    await stories.tocsin.disengage(story.id, (await story.record("shop")).engagement_id)
    await story.hand_over("ana", "cho")
    await story.at("2m")
    await story.expect("0s ana mail", "0s ana mail", "1m cho mail")


async def test_the_only_one_on_call_declines_so_the_schedules_fallback_is_paged(stories: Stories) -> None:
    await stories.given(PEOPLE, schedule("primary", "ana", fallback="cho"))
    story = await stories.page("primary")
    await story.at("1m")
    await story.decline("ana")
    await story.at("2m")
    await story.expect("0s ana mail", "1m cho mail")


@pytest.mark.parametrize("acknowledged", [False, True])
async def test_the_last_one_declines_late_so_the_fallback_is_paged(
    stories: Stories, acknowledged: bool
) -> None:
    await stories.given(PEOPLE, FALLBACK)
    story = await stories.page("shop")
    await story.at("1m")
    if acknowledged:
        await story.acknowledge("ana")
    await story.at("6m")
    await story.decline("ana")
    await story.at("7m")
    await story.expect("0s ana mail", "6m cho mail")


async def test_a_name_that_has_become_something_else_is_refused(stories: Stories) -> None:
    await stories.given(
        PEOPLE,
        schedule("primary", "ana"),
        plan(stages(stage("5m", "ben"), stage("5m", "primary"))),
        response("shop"),
    )
    story = await stories.incident("shop-down")
    contacts = (await stories.tocsin.catalog()).contacts
    stages_ = [{"duration": "5m", "targets": [{"contact": "cho"}]}]
    other = EscalationPlan.model_validate({"kind": "EscalationPlan", "name": "ana", "stages": stages_})
    message = Engage(
        engagement_id=str(uuid.uuid4()),
        contact="ana",
        author="x",
        catalog=Catalog.of([other, contacts["cho"]]),
    )
    with pytest.raises(RefusedError, match="of another kind"):
        await story.tell("engage", message)
    await story.at("6m")
    await story.expect("0s ben mail", "5m ana mail")


async def test_a_new_run_knows_that_a_stage_has_reached_nobody_yet(stories: Stories) -> None:
    waits_first = "{duration: 5m}, {duration: 1m, targets: [{contact: nobody}]}"
    inner = f"{{kind: EscalationPlan, name: inner, stages: [{waits_first}]}}"
    await stories.given(
        PEOPLE,
        schedule("nobody", "ana", instead=""),
        inner,
        plan(stages(stage("1h", "inner"), stage("5m", "ben"))),
        response("shop"),
    )
    story = await stories.incident("shop-down", history_limit=30)
    await story.at("1m")
    for number in range(8):
        await stories.tocsin.add_event(story.id, f"note {number}")
    await story.at("20m")
    assert len(await story.runs()) > 1
    await story.expect("5m ben mail")


async def test_a_page_that_is_held_goes_at_once_when_its_incident_becomes_critical(stories: Stories) -> None:
    dora = """
        kind: Contact
        name: dora
        channels: [{name: mail, type: EMAIL, address: dora@shop.example}]
        min_page_gap: 30m
        plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    """
    second = response("dora").replace("shop-down", "other")
    await stories.given(dora, response("dora"), second)
    first = await stories.incident("shop-down")
    other = await stories.incident("other")
    await other.at("1m")
    await other.expect("0s dora mail HELD")
    await stories.tocsin.update_incident(other.id, impact=1)
    await other.at("2m")
    await other.expect("0s dora mail HELD", "1m dora mail")
    await first.expect("0s dora mail")


async def test_whose_plan_is_as_long_as_the_round_is_paged_in_every_round(stories: Stories) -> None:
    five = """
        kind: Contact
        name: eva
        channels: [{name: mail, type: EMAIL, address: eva@shop.example}]
        plan: {stages: [{duration: 5m, targets: [{channel: mail, retry_interval: 3m}]}]}
    """
    await stories.given(five, plan(stage("5m", "eva"), more="repeat: 2"))
    story = await stories.page("shop")
    await story.at("30m")
    await story.expect(*(f"{minute}m eva mail" for minute in (0, 3, 5, 8, 10, 13)))


async def test_whose_plan_ends_as_a_later_stage_names_them_again_is_paged_again(stories: Stories) -> None:
    five = """
        kind: Contact
        name: eva
        channels: [{name: mail, type: EMAIL, address: eva@shop.example}]
        plan: {stages: [{duration: 5m, targets: [{channel: mail}]}]}
    """
    await stories.given(five, plan(stages(stage("5m", "eva"), stage("5m", "eva"))))
    story = await stories.page("shop")
    await story.at("30m")
    await story.expect("0s eva mail", "5m eva mail")


async def test_a_snooze_leaves_an_engagement_that_is_over_alone(stories: Stories) -> None:
    short = """
        kind: Contact
        name: eva
        channels: [{name: mail, type: EMAIL, address: eva@shop.example}]
        plan: {stages: [{duration: 1m, targets: [{channel: mail}]}]}
    """
    await stories.given(
        PEOPLE,
        short,
        response("eva", more="re_engage_on_impact_rise: true"),
        response("ana").replace("-down", "-up"),
    )
    story = await stories.incident("shop-down")
    await story.at("5m")
    await stories.tocsin.update_incident(story.id, impact=1)
    await story.snooze("eva", "10m")
    await story.at("20m")
    await story.expect("0s eva mail", "5m eva mail", "15m eva mail")
