"""Handing a mail over: what is known afterwards."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from activities.paging import email
from activities.paging.messages import Delivery, Outcome, PageMessage
from definitions.contacts import Channel, ChannelType
from settings import SmtpServer
from tests.mailbox import MailServer


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


async def hand_over(server: MailServer, address: str = "ana@shop.example", subject: str = "Down") -> Delivery:
    message = PageMessage(
        key="page-0",
        page_id="page",
        engagement_id="engagement",
        incident_id=None,
        contact="ana",
        display_name="Ana",
        channel=Channel(name="mail", type=ChannelType.EMAIL, address=address),
        subject=subject,
        content="",
    )
    return await email.send(message, SmtpServer.from_url(server.url), "tocsin@shop.example")


async def test_an_accepted_mail_is_sent_under_the_pages_key(server: MailServer) -> None:
    delivery = await hand_over(server, subject="店 is down\r\nBcc: everybody@shop.example")
    assert (delivery.outcome, delivery.provider_id) == (Outcome.SENT, "<page-0@shop.example>")
    [letter] = server.mailbox.letters
    assert letter.message["Subject"] == "店 is down Bcc: everybody@shop.example"
    assert letter.message["Bcc"] is None


@pytest.mark.parametrize(
    ("answer", "outcome"), [("451 greylisted", Outcome.RETRY), ("550 no such user", Outcome.REJECTED)]
)
async def test_what_the_server_answers_decides(server: MailServer, answer: str, outcome: Outcome) -> None:
    server.mailbox.answer = answer
    delivery = await hand_over(server)
    assert (delivery.outcome, delivery.detail) == (outcome, answer)


async def test_a_server_that_is_not_there_may_be_there_later(server: MailServer) -> None:
    await server.stop()
    assert (await hand_over(server)).outcome is Outcome.RETRY


async def test_an_address_the_server_cannot_take_is_rejected_in_words(server: MailServer) -> None:
    delivery = await hand_over(server, address="zoë@shop.example")
    assert delivery.outcome is Outcome.REJECTED
    assert "takes only ASCII addresses" in delivery.detail
