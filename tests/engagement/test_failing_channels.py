"""What happens when a channel does not take a page."""

import asyncio

import httpx2
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from activities.paging import email, http_answers
from records.engagements import EngagementStatus, ReceiptType
from records.timeline import EventType
from tests.engagement.phone import Behaviour, Phone
from tests.engagement.story import Stories, until
from tests.mailbox import Mailbox, MailServer


def ana(phone: Phone, stages: str) -> str:
    """Somebody with a mail address and a webhook."""
    mail = "{name: mail, type: EMAIL, address: ana@shop.example}"
    hook = f"{{name: hook, type: WEBHOOK, address: '{phone.url}'}}"
    return f"{{kind: Contact, name: ana, channels: [{mail}, {hook}], plan: {{stages: [{stages}]}}}}"


MAIL_THEN_HOOK = "{duration: 30m, targets: [{channel: mail}]}, {duration: 30m, targets: [{channel: hook}]}"


class BreakingMailbox(Mailbox):
    """Takes the whole mail and breaks the connection instead of answering, as often as `breaks` says."""

    breaks = 1

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        if self.breaks:
            self.breaks -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return answer


async def test_a_channel_that_fails_hands_over_to_the_next_at_once_and_is_tried_again(
    stories: Stories, phone: Phone
) -> None:
    await stories.given(ana(phone, MAIL_THEN_HOOK))
    stories.mailbox.answer = "451 try later"
    story = await stories.page("ana")
    await story.at("4m")
    failures = [f"{seconds}s ana mail RETRY" for seconds in (0, 5, 15, 35, 75, 135, 195)]
    await story.expect(*failures, "0s ana hook")
    stories.mailbox.answer = None
    await story.at("2h")
    await story.expect(*failures, "0s ana hook", "255s ana mail")
    [letter] = stories.mailbox.letters
    assert {sent.message.key for sent in await story.sent() if sent.message.channel.name == "mail"} == {
        letter.message_id.strip("<>").split("@")[0]
    }


async def test_the_mail_server_is_down_for_ten_minutes_so_the_next_channel_pages_and_the_mail_follows(
    stories: Stories, phone: Phone, mail_server: MailServer
) -> None:
    await stories.given(ana(phone, MAIL_THEN_HOOK))
    await mail_server.stop()
    story = await stories.page("ana")
    await story.at("10m")
    await mail_server.start()
    await story.at("2h")
    refused = [0, 5, 15, 35, 75, *range(135, 600, 60)]
    failures = [f"{seconds}s ana mail RETRY" for seconds in refused]
    await story.expect("0s ana hook", *failures, "615s ana mail")
    told = await stories.tocsin.timeline(story.id)
    failed = [event.data for event in told if event.event_type == EventType.PAGE_FAILURE]
    assert len(failed) == len(refused)
    assert all("connect" in data["reason"].lower() and data["nextAttempt"] for data in failed)


async def test_a_rejected_mail_is_not_tried_again(stories: Stories, phone: Phone) -> None:
    await stories.given(ana(phone, MAIL_THEN_HOOK))
    stories.mailbox.answer = "550 no such person"
    story = await stories.page("ana")
    await story.at("2h")
    await story.expect("0s ana mail REJECTED", "0s ana hook")
    [mail, _] = (await story.record()).people["ana"].pages
    assert mail.rejected
    assert "no such person" in mail.receipts[0].info


async def test_a_pure_wait_before_the_next_channel_is_skipped_when_the_channel_before_failed(
    stories: Stories, phone: Phone
) -> None:
    await stories.given(
        ana(
            phone,
            "{duration: 5m, targets: [{channel: mail}]}, {duration: 30m}, {duration: 5m, targets: [{channel: hook}]}",
        )
    )
    stories.mailbox.answer = "550 no such person"
    story = await stories.page("ana")
    await story.at("2h")
    await story.expect("0s ana mail REJECTED", "0s ana hook")


async def test_one_of_two_channels_failing_leaves_the_stage_its_time(stories: Stories, phone: Phone) -> None:
    await stories.given(
        ana(
            phone,
            "{duration: 5m, targets: [{channel: mail}, {channel: hook}]}, {duration: 5m, targets: [{channel: hook}]}",
        )
    )
    stories.mailbox.answer = "550 no such person"
    story = await stories.page("ana")
    await story.at("1h")
    await story.expect("0s ana mail REJECTED", "0s ana hook", "5m ana hook")


async def test_the_only_channel_is_kept_trying_after_the_plan_is_over(stories: Stories, phone: Phone) -> None:
    await stories.given(ana(phone, "{duration: 1m, targets: [{channel: mail}]}"))
    stories.mailbox.answer = "421 busy"
    story = await stories.page("ana")
    await story.at("2m")
    stories.mailbox.answer = None
    await story.at("1h")
    await story.expect(*(f"{seconds}s ana mail RETRY" for seconds in (0, 5, 15, 35, 75)), "135s ana mail")


async def test_an_answer_ends_the_attempts_of_a_failing_channel(stories: Stories, phone: Phone) -> None:
    await stories.given(ana(phone, MAIL_THEN_HOOK))
    stories.mailbox.answer = "451 try later"
    story = await stories.page("ana")
    await story.at("8s")
    await story.acknowledge("ana")
    await story.at("2h")
    await story.expect("0s ana mail RETRY", "0s ana hook", "5s ana mail RETRY")


async def test_when_it_is_unknown_whether_a_mail_arrived_the_same_mail_is_sent_again(
    stories: Stories, phone: Phone, mail_server: MailServer
) -> None:
    await stories.given(ana(phone, "{duration: 30m, targets: [{channel: mail}]}"))
    mail_server.mailbox = stories.mailbox = BreakingMailbox()
    story = await stories.page("ana")
    await story.at("1h")
    await story.expect("0s ana mail UNKNOWN", "5s ana mail")
    first, second = stories.mailbox.letters
    assert first.message_id == second.message_id
    receipts = (await story.record()).people["ana"].pages[0].receipts
    assert [receipt.type for receipt in receipts] == [ReceiptType.ERROR, ReceiptType.SENT]


async def test_servers_that_say_nothing_are_given_up_after_a_while_and_tried_again(
    stories: Stories, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "STEP_TIMEOUT", 2.0)
    monkeypatch.setattr(http_answers, "TIMEOUT", httpx2.Timeout(2.0))
    await stories.given(ana(phone, "{duration: 30m, targets: [{channel: mail}, {channel: hook}]}"))
    stories.mailbox.answer, phone.answer = "hang", Behaviour.HANG
    story = await stories.page("ana")
    stories.mailbox.answer, phone.answer = None, 200
    await story.at("1m")
    await story.expect("0s ana mail UNKNOWN", "0s ana hook UNKNOWN", "7s ana mail", "7s ana hook")


async def test_a_page_that_is_being_handed_over_is_called_back_when_the_engagement_is_stopped(
    stories: Stories, phone: Phone
) -> None:
    await stories.given(
        ana(phone, "{duration: 5m, targets: [{channel: hook}]}, {duration: 5m, targets: [{channel: mail}]}")
    )
    phone.answer = Behaviour.HANG
    story = await stories.page("ana", at_rest=False)
    await until(lambda: bool(phone.rings))
    await story.stop("false alarm")
    await story.expect("0s ana hook STOPPED")
    assert (await story.record()).status is EngagementStatus.STOPPED
    assert EventType.PAGE_STOP in await story.told()


async def test_an_address_that_breaks_the_mail_client_does_not_keep_the_next_channel_waiting(
    stories: Stories, phone: Phone
) -> None:
    await stories.given(ana(phone, MAIL_THEN_HOOK).replace("ana@shop.example", "zoë@shop.example"))
    story = await stories.page("ana")
    await story.at("3s")
    await story.acknowledge("ana")
    mails = [str(sent) for sent in await story.sent() if sent.message.channel.name == "mail"]
    assert mails
    assert not any(line.endswith("mail") for line in mails), "no mail got through"
    await story.expect(*mails, "0s ana hook")
