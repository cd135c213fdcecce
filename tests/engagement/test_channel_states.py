"""Channels that must not be paged, and what providers tell later about pages they took."""

from records.engagements import ReceiptType
from records.timeline import EventType
from tests.engagement.people import PEOPLE, plan, stage, stages
from tests.engagement.story import Stories

MAIL_THEN_HOME = """
    kind: Contact
    name: dora
    channels:
      - {name: mail, type: EMAIL, address: dora@shop.example}
      - {name: home, type: EMAIL, address: dora@home.example}
    plan:
      stages:
        - {duration: 10m, targets: [{channel: mail, retry_interval: 4m}]}
        - {duration: 10m, targets: [{channel: home}]}
"""


async def test_a_channel_that_must_not_be_paged_is_passed_over_and_the_timeline_says_so(
    stories: Stories,
) -> None:
    await stories.given(MAIL_THEN_HOME)
    story = await stories.page_with_silent_channels("dora", {"dora": {"mail": "not activated"}})
    await story.at("1h")
    await story.expect("0s dora home")
    events = await stories.tocsin.timeline_from_history(story.id)
    [failure] = [event for event in events if event.event_type == EventType.PAGE_FAILURE]
    assert (failure.data["channel"], failure.data["reason"]) == ("mail", "not activated")


async def test_one_of_two_channels_that_must_not_be_paged_leaves_the_other(stories: Stories) -> None:
    both = MAIL_THEN_HOME.replace(
        "{channel: mail, retry_interval: 4m}", "{channel: mail}, {channel: home}", 1
    )
    await stories.given(both)
    story = await stories.page_with_silent_channels("dora", {"dora": {"mail": "deactivated"}})
    await story.at("1h")
    await story.expect("0s dora home", "10m dora home")


async def test_a_channel_deactivated_on_the_way_is_not_paged_again(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("10m", "persistent"), stage("5m", "ben"))))
    story = await stories.page("shop")
    await story.at("5m")
    await story.deactivate_channel("persistent", "mail")
    await story.at("1h")
    await story.expect("0s persistent mail", "4m persistent mail", "10m ben mail")
    assert EventType.CHANNEL_DEACTIVATION in await story.told()
    assert (await story.receipts("persistent"))[-1].info == "opted out"


async def test_a_channel_deactivated_before_its_person_is_engaged_counts_too(stories: Stories) -> None:
    await stories.given(PEOPLE, plan(stages(stage("10m", "ana"), stage("5m", "ben"), stage("5m", "cho"))))
    story = await stories.page("shop")
    await story.deactivate_channel("ben", "mail")
    await story.at("1h")
    await story.expect("0s ana mail", "10m cho mail")


async def test_a_delivery_is_a_receipt_once_however_often_it_is_told(stories: Stories) -> None:
    await stories.given(PEOPLE)
    story = await stories.page("ana")
    page = await story.page_of("ana")
    await story.report_delivery(page, delivered=True)
    await story.report_delivery(page, delivered=True)
    await story.at("2h")
    await story.expect("0s ana mail")
    assert [receipt.type for receipt in await story.receipts("ana")] == [
        ReceiptType.SENT,
        ReceiptType.DELIVERED,
    ]
    assert (await story.told()).count(EventType.PAGE_DELIVERY) == 1


async def test_a_page_that_failed_after_all_is_sent_anew_and_the_next_channel_does_not_wait(
    stories: Stories,
) -> None:
    await stories.given(MAIL_THEN_HOME)
    story = await stories.page("dora")
    await story.at("1m")
    page = await story.page_of("dora")
    await story.report_delivery(page, delivered=False, detail="unreachable")
    await story.report_delivery(page, delivered=False, detail="unreachable")
    await story.at("1h")
    await story.expect("0s dora mail", "1m dora home", "65s dora mail")
    assert len(set(await story.keys("dora"))) == 2, "it is a new message"
    assert [receipt.type for receipt in await story.receipts("dora")] == [
        ReceiptType.SENT,
        ReceiptType.ERROR,
        ReceiptType.SENT,
    ]
    assert (await story.told()).count(EventType.PAGE_FAILURE) == 1


async def test_a_page_that_failed_after_all_is_not_sent_anew_to_who_has_answered(stories: Stories) -> None:
    await stories.given(MAIL_THEN_HOME)
    story = await stories.page("dora")
    await story.acknowledge("dora")
    await story.report_delivery(await story.page_of("dora"), delivered=False, detail="unreachable")
    await story.at("1h")
    await story.expect("0s dora mail")


async def test_a_number_that_is_never_reached_is_tried_ever_more_slowly(stories: Stories) -> None:
    await stories.given(MAIL_THEN_HOME.replace("{channel: home}", "{channel: mail}"))
    story = await stories.page("dora")
    for attempt in range(1, 6):
        page = await story.page_of("dora")
        await story.report_delivery(page, delivered=False, detail=f"undelivered {attempt}")
        await story.at(f"{attempt * 90}s")
    paged = [round(sent.at.total_seconds()) for sent in await story.sent()]
    await story.acknowledge("dora")
    await story.expect(*(f"{second}s dora mail" for second in paged))
    pauses = [second - 90 * done for done, second in enumerate(paged[1:])]
    assert pauses == sorted(pauses)
    assert pauses[0] == 5
    assert pauses[-1] >= 60
