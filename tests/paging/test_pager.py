"""The pager's activities: links when the keys are known, pages in any case, and notices."""

import time
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from activities.paging import signing_keys
from activities.paging.messages import Delivery, Notice, Outcome, PageMessage
from activities.paging.pager import Pager
from definitions.contacts import Channel, ChannelType
from definitions.message_templates import MessageTemplates
from records.database import open_pool
from records.signing import read_signer
from settings import Settings
from tests.engagement.outage import Outage
from tests.mailbox import MailServer
from tests.paging.answering import AnsweringServer
from tests.paging.examples import PUBLIC_URL, channel, page
from tests.paging.twilio import TwilioPeer
from worker.stack.postgres import EmbeddedPostgres


@pytest_asyncio.fixture
async def phone() -> AsyncIterator[AnsweringServer]:
    phone = AnsweringServer()
    await phone.start()
    yield phone
    await phone.stop()


@pytest_asyncio.fixture
async def pager(database_url: str) -> AsyncIterator[Pager]:
    pool = await open_pool(database_url)
    async with httpx2.AsyncClient() as http:
        yield Pager(Settings(public_url=PUBLIC_URL), http, pool)
    await pool.close()


def hook(phone: AnsweringServer) -> Channel:
    return channel(ChannelType.WEBHOOK, address=phone.url)


async def send(pager: Pager, message: PageMessage) -> Delivery:
    return await ActivityEnvironment().run(pager.send_page, message)


async def test_a_pages_link_is_signed_with_the_installations_keys(
    pager: Pager, phone: AnsweringServer, database_url: str
) -> None:
    message = page(hook(phone))
    assert (await send(pager, message)).outcome is Outcome.SENT
    token = phone.requests[0].json["link"].removeprefix(f"{PUBLIC_URL}/a/")
    pool = await open_pool(database_url)
    async with pool.acquire() as connection:
        signer = await read_signer(connection)
    await pool.close()
    assert signer.read_link(token).key == message.key


async def test_the_keys_outlive_the_database(
    pager: Pager, phone: AnsweringServer, database_url: str, postgres: EmbeddedPostgres
) -> None:
    await send(pager, page(hook(phone)))
    async with Outage(database_url, postgres.url_of("postgres")):
        await send(pager, page(hook(phone)))
    assert all(request.json["link"] for request in phone.requests)


async def test_without_keys_pages_go_out_at_once_and_get_links_when_the_database_is_back(
    pager: Pager,
    phone: AnsweringServer,
    database_url: str,
    postgres: EmbeddedPostgres,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Outage(database_url, postgres.url_of("postgres")):
        began = time.monotonic()
        for _ in range(20):
            assert (await send(pager, page(hook(phone)))).outcome is Outcome.SENT
        assert time.monotonic() - began < 4
    assert [request.json["link"] for request in phone.requests] == [None] * 20
    monkeypatch.setattr(signing_keys, "COOLING", 0.0)
    await send(pager, page(hook(phone)))
    assert phone.requests[-1].json["link"].startswith(f"{PUBLIC_URL}/a/")


async def test_a_template_that_failed_is_in_the_deliverys_detail(
    pager: Pager, phone: AnsweringServer
) -> None:
    # As an older release may have let it through.
    message = page(hook(phone), templates=MessageTemplates(subject="{{ gone }}"))
    delivery = await send(pager, message)
    assert delivery.outcome is Outcome.SENT
    assert delivery.detail.startswith("HTTP 200; the plan's messages.subject was not used")


async def test_without_a_mail_server_mail_waits_for_one(pager: Pager) -> None:
    delivery = await send(pager, page(channel(ChannelType.EMAIL)))
    assert (delivery.outcome, delivery.detail) == (
        Outcome.RETRY,
        "no mail server is known; set TOCSIN_SMTP_URL",
    )


NOTICE = {
    "key": "notice-1",
    "contact": "ana",
    "display_name": "Ana",
    "subject": "Tocsin: 123456 is your activation code",
    "body": "It is good for 15m.",
}


async def test_a_notice_asks_for_no_answer(
    mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    twilio = TwilioPeer()
    await twilio.start()
    secrets = tmp_path_factory.mktemp("secrets")
    (secrets / "twilio-auth-token").write_text(twilio.auth_token)
    settings = Settings(
        smtp_url=mail_server.url,
        twilio_url=twilio.url,
        twilio_account_sid=twilio.account_sid,
        twilio_from="+15005550006",
        secrets_dir=secrets,
    )
    async with httpx2.AsyncClient() as http:
        pager = Pager(settings, http)
        for kind in (ChannelType.EMAIL, ChannelType.SMS, ChannelType.VOICE):
            notice = Notice(channel=channel(kind), **NOTICE)
            delivery = await ActivityEnvironment().run(pager.send_notice, notice)
            assert delivery.outcome is Outcome.SENT, delivery.detail
    await twilio.stop()
    [mail] = mail_server.mailbox.letters
    assert mail.message["Subject"] == "Tocsin: 123456 is your activation code"
    assert mail.message["Message-ID"] == "<notice-1@localhost>"
    assert mail.message.get_content().splitlines()[:3] == ["Ana,", "", NOTICE["subject"]]
    [sms] = twilio.messages
    assert sms.body == "Tocsin: 123456 is your activation code It is good for 15m."
    assert sms.status_callback is None
    [call] = twilio.calls
    assert call.action is None
    assert call.spoken == ["Tocsin: 1, 2, 3, 4, 5, 6 is your activation code It is good for 15m."] * 2
