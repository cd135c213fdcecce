"""What Twilio passes on: text messages, key presses and receipts, if Twilio signed them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from client import Tocsin
from records.engagements import EngagementStatus, ReceiptType
from records.timeline import EventType
from server.twilio_signature import is_from_twilio
from settings import Settings
from tests.paging.twilio import TwilioPeer
from tests.server.shop import ANA, OUR_NUMBER, PUBLIC_URL, Shop, serving, until
from worker.stack.ports import HOST, choose_port

pytestmark = pytest.mark.timeout(60)

SMS_URL = f"{PUBLIC_URL}/twilio/sms"


async def test_the_code_as_a_reply_acknowledges(shop: Shop) -> None:
    await shop.goes_down()

    assert "<Message>You have it." in await shop.text(f"  {shop.code}. ")
    engagement = await shop.engagement()
    assert (engagement.status, engagement.acknowledged_by) == (EngagementStatus.ACKNOWLEDGED, "ana")
    (event,) = await shop.told(EventType.ACKNOWLEDGEMENT)
    assert event.author == "ana"
    receipts = [receipt.type for receipt in (await shop.page("sms")).receipts]
    assert ReceiptType.DELIVERED in receipts

    assert "You have it." in await shop.text(f"ack {shop.code}"), "the same said twice does no harm"


async def test_no_and_the_code_declines(shop: Shop) -> None:
    await shop.goes_down()
    assert "You cannot." in await shop.text(f"NO {shop.code}")
    assert (await shop.person()).declined_at is not None
    await until(lambda: shop.mailbox.to("ben@shop.example"))


async def test_a_bare_ack_is_enough_while_one_page_is_open(shop: Shop) -> None:
    await shop.goes_down()
    first = shop.incident_id
    await shop.goes_down()
    assert "2 pages of yours wait" in await shop.text("ack")
    assert await shop.nobody_has_it()

    assert "You have it." in await shop.text(shop.code)
    assert "You have it." in await shop.text("Ack!")
    shop.incident_id = first
    assert await shop.somebody_has_it()
    assert "No page of yours waits" in await shop.text("1")
    assert "Reply with the code" in await shop.text("who is this?")


async def test_wrong_codes_are_counted_and_after_five_not_even_the_right_one_is_taken(shop: Shop) -> None:
    link = await shop.goes_down()
    right = shop.code
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    assert "Nobody is paged at this number" in await shop.text(right, number="+4915199999999")

    for _ in range(5):
        assert "No page of yours has that code." in await shop.text(wrong)
    assert "5 wrong codes have been tried" in await shop.text(right)
    assert await shop.nobody_has_it()
    refused = await until(lambda: _all_of(shop, EventType.REFUSED_ANSWER, 5))
    assert {event.data["contact"] for event in refused} == {"ana"}
    assert not any(wrong in str(event.data) for event in refused), "guesses tell what the code is not"

    assert (await shop.http.post(link, data={"action": "acknowledge"})).status_code == 200


async def test_stop_ends_sms_and_start_allows_a_new_code(shop: Shop) -> None:
    await shop.goes_down()
    assert "not paged by SMS any more" in await shop.text("Stop")
    assert await shop.tocsin.opted_out(ANA)
    await until(lambda: shop.told(EventType.CHANNEL_DEACTIVATION))
    assert "can be paged by SMS again" in await shop.text("YES")
    assert not await shop.tocsin.opted_out(ANA)
    channels = {channel.channel: channel.status for channel in await shop.tocsin.list_channels("ana")}
    assert channels["sms"] == "NOT_ACTIVATED"
    assert await shop.nobody_has_it()


async def test_key_one_acknowledges_and_any_other_is_asked_for_again(shop: Shop) -> None:
    await shop.goes_down()
    call = shop.twilio.calls[-1]

    for digits in ("7", "", "*"):
        asked = await shop.twilio.press(call, digits)
        assert "<Gather" in asked.text
        assert "Press 1" in asked.text
        assert call.action is not None
        assert call.action in asked.text
    assert await shop.nobody_has_it()

    for _ in range(2):
        assert "You have it" in (await shop.twilio.press(call, "1")).text
    assert (await shop.engagement()).acknowledged_by == "ana"


async def test_key_two_declines(shop: Shop) -> None:
    await shop.goes_down()
    pressed = await shop.twilio.press(shop.twilio.calls[-1], "2")
    assert "You cannot" in pressed.text
    assert pressed.headers["content-type"].startswith("text/xml")
    assert (await shop.person()).declined_at is not None


async def test_delivery_is_recorded_once_however_often_it_is_reported(shop: Shop) -> None:
    await shop.goes_down()
    message, call = shop.twilio.messages[-1], shop.twilio.calls[-1]
    for status in ("queued", "sent", "delivered", "delivered", "sent"):
        assert (await shop.twilio.report(message, status)).status_code == 200
    delivered = await until(lambda: shop.told(EventType.PAGE_DELIVERY))
    assert len(delivered) == 1
    receipts = [receipt.type for receipt in (await shop.page("sms")).receipts]
    assert receipts.count(ReceiptType.DELIVERED) == 1

    for _ in range(2):
        assert (await shop.twilio.report(call, "no-answer", error_code=13225)).status_code == 200
    failed = await until(lambda: shop.told(EventType.PAGE_FAILURE))
    assert len(failed) == 1
    assert "no-answer" in str(failed[0].data)
    assert await shop.nobody_has_it()


async def test_what_twilio_did_not_sign_does_nothing(shop: Shop) -> None:
    await shop.goes_down()
    forged = TwilioPeer(auth_token="guessed", proxy=shop.twilio.proxy)
    answers = [
        await forged.reply(SMS_URL, ANA, OUR_NUMBER, shop.code),
        await forged.press(shop.twilio.calls[-1], "1"),
        await forged.report(shop.twilio.messages[-1], "delivered"),
        await shop.twilio.reply(SMS_URL, ANA, OUR_NUMBER, "STOP", signature="\N{SNOWMAN}".encode().hex()),
        await shop.http.post("/twilio/sms", data={"From": ANA, "Body": shop.code}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert "TOCSIN_PUBLIC_URL" in answers[0].text
    large = await shop.http.post("/twilio/sms", content=b"Body=" + b"x" * 10_000_000)
    assert large.status_code == 413
    assert await shop.nobody_has_it()
    assert not await shop.tocsin.opted_out(ANA)
    assert not await shop.told(EventType.PAGE_DELIVERY)


async def test_without_the_accounts_secret_nothing_is_taken_from_twilio(
    tocsin: Tocsin, settings: Settings, tmp_path: Path
) -> None:
    async with serving(settings.model_copy(update={"secrets_dir": tmp_path / "none"})) as url:
        peer = TwilioPeer(proxy=(PUBLIC_URL, url))
        answer = await peer.reply(SMS_URL, ANA, OUR_NUMBER, "STOP")
    assert answer.status_code == 503
    assert "twilio-auth-token" in answer.text
    assert not await tocsin.opted_out(ANA)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    form=st.dictionaries(TEXTS, TEXTS, max_size=6),
    url=st.sampled_from(
        [
            "https://tocsin.example/twilio/sms",
            "https://tocsin.example:8443/twilio/sms?a=b",
            "http://127.0.0.1:80/x",
            "https://tocsin.example:443/x",
        ]
    ),
    token=st.text("0123456789abcdef", min_size=1, max_size=32),
)
def test_signatures_are_twilios(form: dict[str, str], url: str, token: str) -> None:
    fields = list(form.items())
    signature = RequestValidator(token).compute_signature(url, form)
    assert is_from_twilio(url, fields, signature, token)
    assert not is_from_twilio(url, fields, signature, token + "0")
    assert not is_from_twilio(url, [*fields, ("Body", "another")], signature, token)
    assert not is_from_twilio(url + "x", fields, signature, token)


async def _all_of(shop: Shop, event_type: EventType, count: int) -> list[object] | None:
    events = await shop.told(event_type)
    return list(events) if len(events) == count else None


async def test_a_reply_that_cannot_be_taken_is_asked_for_again(
    shop: Shop, settings: Settings, twilio: TwilioPeer
) -> None:
    await shop.goes_down()
    down = settings.model_copy(update={"temporal_address": f"{HOST}:{choose_port(0)}"})
    async with serving(down) as url:
        twilio.proxy = (PUBLIC_URL, url)
        assert "Please send it again." in await shop.text(shop.code)
    assert await shop.nobody_has_it()


async def test_an_empty_secret_signs_nothing(tocsin: Tocsin, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "twilio-auth-token").write_text("")
    async with serving(settings.model_copy(update={"secrets_dir": tmp_path})) as url:
        forger = TwilioPeer(proxy=(PUBLIC_URL, url))
        forger.auth_token = ""
        answer = await forger.reply(SMS_URL, ANA, OUR_NUMBER, "STOP")
    assert answer.status_code == 503
    assert not await tocsin.opted_out(ANA)
