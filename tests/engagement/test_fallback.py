"""The contact who is engaged when nobody could be reached."""

from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, plan, schedule, stage, stages
from tests.engagement.phone import Phone
from tests.engagement.story import Stories

NOBODY = schedule("primary", "ana", instead="")


def dora(phone: Phone) -> str:
    """Somebody without mail."""
    return (
        f"{{kind: Contact, name: dora, channels: [{{name: hook, type: WEBHOOK, address: '{phone.url}'}}],"
        " plan: {stages: [{duration: 1h, targets: [{channel: hook}]}]}}"
    )


async def test_when_nobody_is_on_call_the_fallback_is_engaged_and_their_answer_counts(
    stories: Stories,
) -> None:
    shop = plan(
        stages(stage("5m", "primary"), stage("5m", "primary")),
        more="fallback: cho, repeat: until_acknowledged",
    )
    await stories.given(PEOPLE, NOBODY, shop)
    story = await stories.page("shop")
    await story.at("1m")
    await story.expect("0s cho mail")
    await story.at("12m")
    await stories.given(PEOPLE, schedule("primary", "ana", instead="ben"), shop)
    await story.at("21m")
    await story.acknowledge("cho")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED
    await story.at("3h")
    await story.expect("0s cho mail", "20m ben mail")


async def test_a_schedule_has_a_fallback_of_its_own(stories: Stories) -> None:
    await stories.given(PEOPLE, schedule("primary", "ana", instead="", fallback="cho"))
    story = await stories.page("primary")
    await story.at("2h")
    await story.expect("0s cho mail")


async def test_when_every_channel_rejects_the_fallback_is_engaged_after_the_last_stage(
    stories: Stories, phone: Phone
) -> None:
    await stories.given(
        PEOPLE, dora(phone), plan(stages(stage("5m", "ana"), stage("5m", "ben")), more="fallback: dora")
    )
    stories.mailbox.answer = "550 no such person"
    story = await stories.page("shop")
    await story.at("2h")
    await story.expect("0s ana mail REJECTED", "5m ben mail REJECTED", "10m dora hook")


async def test_when_everybody_has_declined_the_fallback_is_engaged_at_once(stories: Stories) -> None:
    await stories.given(
        PEOPLE, plan(stages(stage("5m", "ana"), stage("5m", "ben")), more="fallback: cho, repeat: 1")
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("2m")
    await story.decline("ben")
    await story.at("3m")
    await story.expect("0s ana mail", "1m ben mail", "2m cho mail")
    await story.acknowledge("cho")
    assert (await story.record()).status is EngagementStatus.ACKNOWLEDGED
    await story.at("1h")
    await story.expect("0s ana mail", "1m ben mail", "2m cho mail")


async def test_the_fallback_is_not_engaged_while_somebody_who_was_reached_says_nothing(
    stories: Stories,
) -> None:
    await stories.given(
        PEOPLE, plan(stages(stage("5m", "ana"), stage("5m", "ben")), more="fallback: cho, repeat: 1")
    )
    story = await stories.page("shop")
    await story.at("1m")
    await story.decline("ana")
    await story.at("3h")
    await story.expect("0s ana mail", "1m ben mail")
    assert not (await story.record()).fallback_engaged
