"""SMS and calls through Twilio: what is asked of it, and what its answers mean."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx2
import pytest
import pytest_asyncio

from activities.paging import http_answers
from activities.paging.channels import Channels
from activities.paging.letters import Letter
from activities.paging.messages import Delivery, Outcome
from activities.paging.voice import LONGEST_TWIML, twiml
from definitions.contacts import ChannelType
from settings import Settings
from tests.paging.examples import PUBLIC_URL, SIGNER, channel, letter, page
from tests.paging.twilio import Call, TwilioPeer

SMS, VOICE = channel(ChannelType.SMS), channel(ChannelType.VOICE)
FROM = "+15005550006"
SERVICE = "MG" + "a" * 32


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[TwilioPeer]:
    peer = TwilioPeer()
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "twilio-auth-token"
    file.write_text(TwilioPeer().auth_token + "\n")
    return file


@pytest.fixture
def settings(peer: TwilioPeer, token: Path) -> Settings:
    return Settings(
        twilio_account_sid=peer.account_sid,
        twilio_from=FROM,
        twilio_url=peer.url + "/",
        secrets_dir=token.parent,
        public_url=PUBLIC_URL,
    )


async def send(settings: Settings, what: Letter) -> Delivery:
    async with httpx2.AsyncClient() as http:
        return await Channels(settings, http).send(what)


async def test_an_sms_says_what_to_reply_and_where_receipts_go(peer: TwilioPeer, settings: Settings) -> None:
    message = page(SMS)
    delivery = await send(settings, letter(SMS, page_id=message.page_id))
    [sms] = peer.messages
    assert (delivery.outcome, delivery.provider_id) == (Outcome.SENT, sms.sid)
    code = SIGNER.accept_code(message.page_id)
    assert (sms.to, sms.sender) == (SMS.address, FROM)
    assert sms.body == f"Tocsin: incident, impact 2. Reply {code} to acknowledge"
    assert sms.status_callback is not None
    token = sms.status_callback.removeprefix(f"{PUBLIC_URL}/twilio/status/")
    assert SIGNER.read_link(token).page_id == message.page_id


async def test_a_call_reads_the_text_twice_and_takes_a_key(peer: TwilioPeer, settings: Settings) -> None:
    delivery = await send(settings, letter(VOICE, subject='Shop & "co" <down>', content="\x07Nobody buys"))
    [call] = peer.calls
    assert (delivery.outcome, delivery.provider_id) == (Outcome.SENT, call.sid)
    first, second, last = call.spoken
    assert first == second
    assert 'Shop & "co" <down>.' in first
    assert first.endswith("Press 1 to acknowledge, 2 to decline.")
    assert last == "No key was pressed. You will be paged again."
    assert call.action is not None
    token = call.action.removeprefix(f"{PUBLIC_URL}/twilio/voice/")
    assert SIGNER.read_link(token).contact == "ana"
    assert call.status_callback == f"{PUBLIC_URL}/twilio/status/{token}"


@pytest.mark.parametrize("text", ["&" * 9000, "<>" * 4000, "word " * 3000])
def test_a_long_text_still_fits_into_a_call_and_says_which_keys(text: str) -> None:
    said = twiml(letter(VOICE, content=text))
    assert len(said) <= LONGEST_TWIML
    call = Call("CA", {"Twiml": said})
    assert ElementTree.fromstring(said).tag == "Response"  # noqa: S314 - written by the code under test
    assert call.spoken[0].endswith("Press 1 to acknowledge, 2 to decline.")


async def test_a_messaging_service_sends_sms_and_another_number_calls(
    peer: TwilioPeer, settings: Settings
) -> None:
    settings = settings.model_copy(update={"twilio_from": SERVICE})
    await send(settings, letter(SMS))
    assert peer.messages[0].form["MessagingServiceSid"] == SERVICE
    refused = await send(settings, letter(VOICE))
    assert refused.outcome is Outcome.RETRY
    assert "TOCSIN_TWILIO_VOICE_FROM" in refused.detail
    await send(settings.model_copy(update={"twilio_voice_from": FROM}), letter(VOICE))
    assert peer.calls[0].sender == FROM


@pytest.mark.parametrize("on", [SMS, VOICE], ids=["sms", "voice"])
@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        ({"status": 429, "code": 20429, "retry_after": 7}, Outcome.RETRY, "Twilio 20429"),
        ({"status": 500}, Outcome.UNKNOWN, "Twilio 20001"),
        ({"status": 502}, Outcome.UNKNOWN, "Twilio 20001"),
        ({"status": 503, "retry_after": 7}, Outcome.RETRY, "Twilio 20001"),
        ({"status": 504}, Outcome.UNKNOWN, "Twilio 20001"),
        (
            {"status": 400, "code": 21610, "message": "Attempt to send to unsubscribed recipient"},
            Outcome.REJECTED,
            "Twilio 21610: Attempt to send to unsubscribed recipient",
        ),
        (
            {"status": 400, "code": 21211, "message": "Invalid 'To' Phone Number"},
            Outcome.REJECTED,
            "Twilio 21211: Invalid 'To' Phone Number",
        ),
        (
            {"status": 400, "code": 21606, "message": "The 'From' number is not yours"},
            Outcome.RETRY,
            "Twilio 21606: The 'From' number is not yours",
        ),
        ({"status": 403, "code": 20005, "message": "Account not active"}, Outcome.RETRY, "Twilio 20005"),
        ({"hang": True}, Outcome.UNKNOWN, "ReadTimeout"),
        ({"drop": True}, Outcome.UNKNOWN, "RemoteProtocolError"),
        ({"delay": 0.1}, Outcome.SENT, "201"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_what_twilio_answers_decides(
    peer: TwilioPeer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    on: object,
    answer: dict[str, object],
    outcome: Outcome,
    detail: str,
) -> None:
    monkeypatch.setattr(http_answers, "TIMEOUT", httpx2.Timeout(0.4))
    peer.behave(**answer)
    delivery = await send(settings, letter(on))
    assert delivery.outcome is outcome
    assert detail in delivery.detail
    assert delivery.retry_after == (timedelta(seconds=7) if "retry_after" in answer else None)
    assert peer.auth_token not in delivery.model_dump_json()


async def test_twilio_not_being_there_is_tried_again(peer: TwilioPeer, settings: Settings) -> None:
    await peer.stop()
    assert (await send(settings, letter(SMS))).outcome is Outcome.RETRY


async def test_a_wrong_token_is_told_without_the_token(
    peer: TwilioPeer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SECRET_TWILIO_AUTH_TOKEN", "hunter2")
    delivery = await send(settings, letter(SMS))
    assert (delivery.outcome, delivery.detail) == (Outcome.RETRY, "Twilio 20003: Authenticate")
    assert "hunter2" not in delivery.model_dump_json()


async def test_a_number_twilio_does_not_take_is_rejected_with_its_words(
    peer: TwilioPeer, settings: Settings
) -> None:
    odd = replace(letter(SMS), channel=SMS.model_copy(update={"address": "+1"}))
    delivery = await send(settings, odd)
    assert delivery.outcome is Outcome.REJECTED
    assert delivery.detail.startswith("Twilio 21211: Invalid 'To' Phone Number")


async def test_a_public_url_twilio_cannot_use_costs_the_receipts_not_the_page(
    peer: TwilioPeer, settings: Settings
) -> None:
    peer.behave(status=400, code=21609, message="Invalid 'StatusCallback' URL", times=1)
    delivery = await send(settings, letter(SMS))
    assert delivery.outcome is Outcome.SENT
    [sms] = peer.messages
    assert sms.status_callback is None


NOT_SET_UP = (
    "SMS and calls are not set up: set TOCSIN_TWILIO_ACCOUNT_SID, TOCSIN_TWILIO_FROM and the secret twilio-auth-"
    "token"
)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"twilio_account_sid": None}, NOT_SET_UP),
        ({"twilio_from": None}, NOT_SET_UP),
        ({"twilio_from": "Tocsin"}, "TOCSIN_TWILIO_FROM: 'Tocsin' is not a number"),
        ({"secrets_dir": Path("/nowhere")}, "no secret 'twilio-auth-token'"),
    ],
)
async def test_what_is_not_set_yet_is_named_and_waited_for(
    peer: TwilioPeer, settings: Settings, changed: dict[str, object], words: str
) -> None:
    delivery = await send(settings.model_copy(update=changed), letter(SMS))
    assert delivery.outcome is Outcome.RETRY
    assert words in delivery.detail
    assert peer.requests == 0
