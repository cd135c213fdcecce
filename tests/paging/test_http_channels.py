"""Webhook, Slack, Teams and Apprise: what is posted, and what the answers mean."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from apprise import URLBase

from activities.paging import apprise, http_answers, slack, teams, webhook
from activities.paging.channels import Channels
from activities.paging.letters import Letter
from activities.paging.messages import Delivery, Outcome
from definitions.contacts import ChannelType
from settings import Settings
from tests.paging.answering import AnsweringServer, Behaviour
from tests.paging.examples import PUBLIC_URL, channel, letter

OK = {"ok": True, "channel": "C024BE91L", "ts": "1503435956.000247"}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[AnsweringServer]:
    server = AnsweringServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_answers, "TIMEOUT", httpx2.Timeout(0.4))
    monkeypatch.setattr(apprise, "TIMEOUT", 0.4)


async def send(server: AnsweringServer, what: Letter, secrets: Path) -> Delivery:
    (secrets / "slack-token").write_text("xoxb-hunter2")
    (secrets / "HOOK").write_text(server.url)
    (secrets / "SERVICE").write_text(server.url.replace("http://", "json://"))
    settings = Settings(slack_url=server.url + "api/", secrets_dir=secrets, public_url=PUBLIC_URL)
    async with httpx2.AsyncClient() as http:
        return await Channels(settings, http).send(what)


def on(kind: ChannelType, **changed: Any) -> Letter:
    hidden = {
        ChannelType.WEBHOOK: {"address": "{{ secret:HOOK }}"},
        ChannelType.TEAMS: {"address": "{{ secret:HOOK }}"},
        ChannelType.APPRISE: {"address": "{{ secret:SERVICE }}"},
    }
    return letter(channel(kind, **hidden.get(kind, {})), **changed)


async def test_a_webhook_carries_the_page_as_json(server: AnsweringServer, tmp_path: Path) -> None:
    page = on(ChannelType.WEBHOOK)
    delivery = await send(server, page, tmp_path)
    assert (delivery.outcome, delivery.provider_id) == (Outcome.SENT, page.key)
    told = server.requests[0].json
    assert told["type"] == "page"
    assert (told["subject"], told["content"]) == ("The shop is down", "Nobody can buy.")
    assert (told["impact"], told["plan"], told["stage"], told["send"]) == (2, "shop", 0, 0)
    assert page.links is not None
    assert told["link"] == page.links.acknowledge


async def test_slack_gets_plain_text_and_a_button(server: AnsweringServer, tmp_path: Path) -> None:
    server.answer_with(200, OK)
    page = on(ChannelType.SLACK, subject="<!channel> & co")
    delivery = await send(server, page, tmp_path)
    assert (delivery.outcome, delivery.provider_id) == (Outcome.SENT, "C024BE91L:1503435956.000247")
    [request] = server.requests
    assert request.path == "/api/chat.postMessage"
    assert request.headers["authorization"] == "Bearer xoxb-hunter2"
    told = request.json
    assert told["channel"] == "C024BE91L"
    assert told["text"] == "&lt;!channel&gt; &amp; co"
    section, actions = told["blocks"]
    assert section["text"]["type"] == "plain_text"
    assert "Nobody can buy." in section["text"]["text"]
    assert page.links is not None
    assert actions["elements"][0]["url"] == page.links.acknowledge


async def test_a_slack_channel_may_have_a_bot_of_its_own(server: AnsweringServer, tmp_path: Path) -> None:
    (tmp_path / "OTHER").write_text("xoxb-other")
    server.answer_with(200, OK)
    page = letter(channel(ChannelType.SLACK, secret="{{ secret:OTHER }}"))
    await send(server, page, tmp_path)
    assert server.requests[0].headers["authorization"] == "Bearer xoxb-other"


async def test_teams_gets_a_card_that_opens_the_link(server: AnsweringServer, tmp_path: Path) -> None:
    server.answer_with(202, None)
    page = on(ChannelType.TEAMS)
    assert (await send(server, page, tmp_path)).outcome is Outcome.SENT
    [attachment] = server.requests[0].json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert [block["inlines"][0]["text"] for block in card["body"]] == ["The shop is down", page.body]
    assert page.links is not None
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Acknowledge", "url": page.links.acknowledge}
    ]


@pytest.mark.parametrize("kind", [ChannelType.SLACK, ChannelType.TEAMS, ChannelType.WEBHOOK])
async def test_a_quiet_channel_gets_no_link(
    server: AnsweringServer, tmp_path: Path, kind: ChannelType
) -> None:
    server.answer_with(200, OK)
    address = {"address": server.url} if kind is not ChannelType.SLACK else {}
    await send(server, letter(channel(kind, quiet=True, **address)), tmp_path)
    said = json.dumps(server.requests[0].json)
    assert "/a/" not in said
    assert "shop is down" not in said


async def test_apprise_hands_over_title_and_body(server: AnsweringServer, tmp_path: Path) -> None:
    page = on(ChannelType.APPRISE)
    delivery = await send(server, page, tmp_path)
    assert delivery.outcome is Outcome.SENT
    told = server.requests[0].json
    assert (told["title"], told["message"].strip()) == ("The shop is down", page.body.strip())


SLACK_SAYS = [
    (200, {"ok": False, "error": "ratelimited"}, Outcome.RETRY),
    (200, {"ok": False, "error": "service_unavailable"}, Outcome.RETRY),
    (200, {"ok": False, "error": "channel_not_found"}, Outcome.REJECTED),
    (200, {"ok": False, "error": "invalid_auth"}, Outcome.RETRY),
    (200, {"ok": False, "error": "is_archived"}, Outcome.REJECTED),
    (200, {"ok": False, "error": "internal_error"}, Outcome.UNKNOWN),
    (200, ["what"], Outcome.UNKNOWN),
    (200, None, Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("status", "answer", "outcome"), SLACK_SAYS)
async def test_slack_says_in_the_answer_what_went_wrong(
    server: AnsweringServer, tmp_path: Path, status: int, answer: object, outcome: Outcome
) -> None:
    server.answer_with(status, answer)
    delivery = await send(server, on(ChannelType.SLACK), tmp_path)
    assert delivery.outcome is outcome
    assert delivery.provider_id == ""
    if isinstance(answer, dict):
        assert answer["error"] in delivery.detail
    assert "hunter2" not in delivery.model_dump_json()


WITH_KEY = {200: "SENT", 204: "SENT", 301: "REJECTED", 404: "REJECTED", 408: "RETRY", 429: "RETRY"} | {
    500: "RETRY",
    503: "RETRY",
}
WITHOUT_KEY = {202: "SENT", 301: "REJECTED", 404: "REJECTED", 429: "RETRY", 500: "UNKNOWN", 503: "RETRY"}
APPRISE = {200: "SENT", 404: "RETRY", 500: "RETRY"}
STATUSES = [
    (kind, status, outcome)
    for kind, table in {
        ChannelType.WEBHOOK: WITH_KEY,
        ChannelType.TEAMS: WITHOUT_KEY,
        ChannelType.SLACK: {status: outcome for status, outcome in WITHOUT_KEY.items() if status != 202},
        ChannelType.APPRISE: APPRISE,
    }.items()
    for status, outcome in table.items()
]


@pytest.mark.parametrize(("kind", "status", "outcome"), STATUSES)
async def test_what_a_status_means(
    server: AnsweringServer, tmp_path: Path, kind: ChannelType, status: int, outcome: str
) -> None:
    server.answer_with(status, None)
    assert (await send(server, on(kind), tmp_path)).outcome == outcome


@pytest.mark.parametrize("kind", [ChannelType.WEBHOOK, ChannelType.TEAMS, ChannelType.SLACK])
@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("7", timedelta(seconds=7)),
        ("99999", timedelta(hours=1)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta(0)),
        ("soon", None),
        ("nan", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
async def test_a_receiver_may_say_how_long_to_wait(
    server: AnsweringServer, tmp_path: Path, kind: ChannelType, asked: str, waits: timedelta | None
) -> None:
    server.answer_with(429, None, retry_after=asked)
    delivery = await send(server, on(kind), tmp_path)
    assert (delivery.outcome, delivery.retry_after) == (Outcome.RETRY, waits)


SILENCE = [
    (ChannelType.WEBHOOK, Behaviour.HANG, "UNKNOWN"),
    (ChannelType.WEBHOOK, Behaviour.DROP, "UNKNOWN"),
    (ChannelType.TEAMS, Behaviour.HANG, "UNKNOWN"),
    (ChannelType.TEAMS, Behaviour.DROP, "UNKNOWN"),
    (ChannelType.SLACK, Behaviour.HANG, "UNKNOWN"),
    (ChannelType.SLACK, Behaviour.DROP, "UNKNOWN"),
    (ChannelType.APPRISE, Behaviour.HANG, "UNKNOWN"),
]


@pytest.mark.parametrize(("kind", "behaviour", "outcome"), SILENCE)
async def test_no_answer_after_the_request_may_still_have_been_a_page(
    server: AnsweringServer, tmp_path: Path, kind: ChannelType, behaviour: Behaviour, outcome: str
) -> None:
    server.behaviour = behaviour
    assert (await send(server, on(kind), tmp_path)).outcome == outcome


@pytest.mark.parametrize(
    "kind", [ChannelType.WEBHOOK, ChannelType.TEAMS, ChannelType.SLACK, ChannelType.APPRISE]
)
async def test_nobody_listening_is_tried_again(
    server: AnsweringServer, tmp_path: Path, kind: ChannelType
) -> None:
    await server.stop()
    assert (await send(server, on(kind), tmp_path)).outcome is Outcome.RETRY


@pytest.mark.parametrize("kind", [ChannelType.WEBHOOK, ChannelType.TEAMS, ChannelType.APPRISE])
async def test_an_address_whose_secret_is_missing_is_waited_for(
    server: AnsweringServer, tmp_path: Path, kind: ChannelType
) -> None:
    delivery = await send(server, letter(channel(kind, address="{{ secret:GONE }}")), tmp_path)
    assert delivery.outcome is Outcome.RETRY
    assert "no secret 'GONE'" in delivery.detail


@pytest.mark.parametrize("address", ["nosuch://hunter2@host", "tgram://hunter2"])
async def test_an_apprise_url_nobody_knows_is_rejected_and_not_repeated(
    server: AnsweringServer, tmp_path: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = await send(server, letter(channel(ChannelType.APPRISE, address=address)), tmp_path)
    assert delivery.outcome is Outcome.REJECTED
    assert "hunter2" not in delivery.detail + caplog.text


async def test_a_hidden_address_that_is_no_url_is_rejected_and_not_repeated(
    server: AnsweringServer, tmp_path: Path
) -> None:
    (tmp_path / "ODD").write_text("hunter2")
    delivery = await send(server, letter(channel(ChannelType.TEAMS, address="{{ secret:ODD }}")), tmp_path)
    assert delivery.outcome is Outcome.REJECTED
    assert "hunter2" not in delivery.detail


async def test_a_token_that_no_header_can_carry_is_waited_for_and_not_repeated() -> None:
    async with httpx2.AsyncClient() as http:
        delivery = await slack.send(on(ChannelType.SLACK), http, "http://127.0.0.1:9", "xoxb-\u00e4")
    assert delivery.outcome is Outcome.RETRY
    assert "\u00e4" not in delivery.detail


@pytest.mark.parametrize(("piece", "pause"), [(65536, 0.0), (1, 0.05)], ids=["flood", "drip"])
async def test_an_endless_answer_is_as_good_as_its_status(
    monkeypatch: pytest.MonkeyPatch, piece: int, pause: float
) -> None:
    monkeypatch.setattr(http_answers, "LONGEST_CONTENT", 0.4)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * piece)
                await writer.drain()
                await asyncio.sleep(pause)

    endless = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{endless.sockets[0].getsockname()[1]}/"
    async with httpx2.AsyncClient(trust_env=False) as http, asyncio.timeout(5):
        delivery = await webhook.send(on(ChannelType.WEBHOOK), http, url, None)
    endless.close()
    assert delivery.outcome is Outcome.SENT


def test_a_card_in_any_letters_fits_into_teams() -> None:
    long = on(ChannelType.TEAMS, subject="\u8b66" * 2048, content="\u8b66" * 8192)
    assert len(teams.payload(long)) < 28_000


async def test_apprise_does_not_call_a_silent_service_a_failed_one(
    server: AnsweringServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        URLBase, "socket_read_timeout", 0.1
    )  # as long before our timeout as 4 s are before 10 s
    server.behaviour = Behaviour.HANG
    assert (await send(server, on(ChannelType.APPRISE), tmp_path)).outcome is Outcome.UNKNOWN
