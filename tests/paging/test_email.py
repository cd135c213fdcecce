"""Handing a mail over: what is known afterwards."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from activities.paging import email
from activities.paging.letters import Letter
from activities.paging.messages import Delivery, Outcome
from definitions.contacts import ChannelType
from settings import SmtpServer
from tests.mailbox import Mailbox, MailServer
from tests.paging.certificates import certificate
from tests.paging.examples import channel, letter

SENDER = "tocsin@shop.example"


class Doorkeeper(Mailbox):
    """Answers RCPT as `at_the_door` says, and remembers whether the mail came over TLS, and from whom."""

    at_the_door: str | None = None
    over_tls = False
    user: str | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_the_door is not None:
            return self.at_the_door
        envelope.rcpt_tos.append(address)
        self.over_tls = session.ssl is not None
        self.user = session.auth_data
        return "250 come in"


@pytest.fixture
def doorkeeper() -> Doorkeeper:
    return Doorkeeper()


@pytest_asyncio.fixture
async def server(doorkeeper: Doorkeeper) -> AsyncIterator[MailServer]:
    server = MailServer(doorkeeper)
    await server.start()
    yield server
    await server.stop()


def mail_to(address: str = "ana@shop.example", subject: str = "Down") -> Letter:
    return letter(channel(ChannelType.EMAIL, address=address), subject=subject)


async def hand_over(server: MailServer, what: Letter | None = None) -> Delivery:
    return await email.send(what or mail_to(), SmtpServer.from_url(server.url), SENDER)


async def test_an_accepted_mail_is_sent_under_the_pages_key(server: MailServer) -> None:
    page = mail_to(subject="店 is down\r\nBcc: everybody@shop.example")
    delivery = await hand_over(server, page)
    assert (delivery.outcome, delivery.provider_id) == (Outcome.SENT, f"<{page.key}@shop.example>")
    [mail] = server.mailbox.letters
    assert mail.message["Subject"] == "店 is down Bcc: everybody@shop.example"
    assert mail.message["Bcc"] is None
    assert mail.message["X-Tocsin-Contact"] == "ana"
    assert mail.message["X-Tocsin-Incident"] == page.about["incident_id"]
    assert mail.message.get_content().splitlines() == page.body.splitlines()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 greylisted", Outcome.RETRY),
        ("452 mailbox full", Outcome.RETRY),
        ("550 no such user", Outcome.REJECTED),
        ("554 spam", Outcome.REJECTED),
    ],
)
async def test_what_the_server_answers_decides(
    server: MailServer, doorkeeper: Doorkeeper, answer: str, outcome: Outcome
) -> None:
    doorkeeper.answer = answer
    delivery = await hand_over(server)
    assert (delivery.outcome, delivery.detail) == (outcome, answer)
    doorkeeper.answer, doorkeeper.at_the_door = None, answer
    delivery = await hand_over(server)
    assert delivery.outcome is outcome
    assert answer.partition(" ")[2] in delivery.detail
    assert not server.mailbox.letters


async def test_silence_after_the_whole_mail_may_have_been_a_delivery(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "STEP_TIMEOUT", 0.4)
    server.mailbox.answer = "hang"
    assert (await hand_over(server)).outcome is Outcome.UNKNOWN


async def test_a_server_that_is_not_there_may_be_there_later(server: MailServer) -> None:
    await server.stop()
    assert (await hand_over(server)).outcome is Outcome.RETRY


async def test_an_address_the_server_cannot_take_is_rejected_in_words(server: MailServer) -> None:
    delivery = await hand_over(server, mail_to("zoë@shop.example"))
    assert delivery.outcome is Outcome.REJECTED
    assert "takes only ASCII addresses" in delivery.detail


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_no_subject_and_no_content_can_make_a_header(subject: str, content: str) -> None:
    page = letter(channel(ChannelType.EMAIL), subject=subject, content=content)
    message = email.mail(page, SENDER)
    lines = message.as_bytes(policy=email.SMTP).partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = {line.partition(b":")[0].lower() for line in lines if not line.startswith((b" ", b"\t"))}
    assert names == {
        *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version"),
        *(b"x-tocsin-incident", b"x-tocsin-engagement", b"x-tocsin-contact"),
        *(b"content-type", b"content-transfer-encoding"),
    }


@pytest.mark.parametrize(
    "key",
    [
        "hand-off-night-p2-begins-2026-11-22T14:10:00+00:00",
        "hand-off-night-p2-begins-2026-11-22T14-10-00-00-00",
        "..",
        "nächte <a@b>\r\nBcc: b",
        "x" * 500,
        "x" * 501,
    ],
)
@pytest.mark.parametrize("sender", [SENDER, f"tocsin@{'a' * 60}.{'b' * 60}.example"])
def test_whatever_the_key_the_message_id_is_whole_and_its_own(key: str, sender: str) -> None:
    plain = mail_to()
    source = email.mail(replace(plain, key=key), sender).as_bytes(policy=email.SMTP)
    told = str(message_from_bytes(source, policy=email.SMTP)["Message-ID"])
    assert re.fullmatch(rf"<[A-Za-z0-9_-]+@{re.escape(sender.partition('@')[2])}>", told)
    others = ("hand-off-night-p2-begins-2026-11-22T14:10:00+01:00", "x" * 502, plain.key)
    assert told not in {str(email.mail(replace(plain, key=other), sender)["Message-ID"]) for other in others}


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS, whose authority this process trusts."""
    context, authority = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return context


def _only_tocsin(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    good = data.login == b"tocsin" and data.password == b"p@ss"
    return AuthResult(success=good, handled=False, auth_data=data.login.decode())


@asynccontextmanager
async def strict_server(
    mailbox: Mailbox, tls: ssl.SSLContext, *, implicit: bool = False
) -> AsyncIterator[int]:
    """A server that takes mail over TLS and from `tocsin` only; its port."""
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.shop.example",
            loop=loop,
            tls_context=None if implicit else tls,
            require_starttls=not implicit,
            authenticator=_only_tocsin,
            auth_required=True,
            auth_require_tls=not implicit,
        )

    listening = await loop.create_server(session, "127.0.0.1", 0, ssl=tls if implicit else None)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()


@contextmanager
def quiet_loop() -> Iterator[None]:
    """aiosmtpd leaves its half of a broken TLS handshake to the loop's handler, which would print it."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda *_: None)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


async def _send(url: str) -> Delivery:
    return await email.send(mail_to(), SmtpServer.from_url(url), SENDER)


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "TLS from the start"])
async def test_mail_goes_over_tls_with_a_password(
    doorkeeper: Doorkeeper, tls: ssl.SSLContext, implicit: bool
) -> None:
    async with strict_server(doorkeeper, tls, implicit=implicit) as port:
        user = f"tocsin:{quote('p@ss')}@127.0.0.1:{port}"
        url = f"smtps://{user}" if implicit else f"smtp://{user}?starttls=always"
        delivery = await _send(url)
    assert delivery.outcome is Outcome.SENT, delivery.detail
    assert len(doorkeeper.letters) == 1
    assert doorkeeper.user == "tocsin"
    assert doorkeeper.over_tls or implicit


async def test_a_wrong_password_may_be_put_right(doorkeeper: Doorkeeper, tls: ssl.SSLContext) -> None:
    async with strict_server(doorkeeper, tls) as port:
        delivery = await _send(f"smtp://tocsin:hunter2@127.0.0.1:{port}?starttls=always")
    assert delivery.outcome is Outcome.RETRY
    assert "535" in delivery.detail
    assert "hunter2" not in delivery.detail
    assert not doorkeeper.letters


async def test_a_server_that_wants_tls_gets_no_mail_without(
    doorkeeper: Doorkeeper, tls: ssl.SSLContext
) -> None:
    async with strict_server(doorkeeper, tls) as port:
        delivery = await _send(f"smtp://127.0.0.1:{port}?starttls=never")
    assert "530" in delivery.detail
    assert not doorkeeper.letters


async def test_without_starttls_no_mail_leaves_when_it_is_required(server: MailServer) -> None:
    delivery = await _send(f"smtp://127.0.0.1:{server.port}?starttls=always")
    assert delivery.outcome is Outcome.RETRY
    assert "STARTTLS" in delivery.detail
    assert not server.mailbox.letters


async def test_a_certificate_nobody_vouches_for_gets_no_mail(
    doorkeeper: Doorkeeper, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with quiet_loop():
        async with strict_server(doorkeeper, tls) as port:
            delivery = await _send(f"smtp://tocsin:p%40ss@127.0.0.1:{port}?starttls=always")
    assert delivery.outcome is Outcome.RETRY
    assert "certificate" in delivery.detail.lower()
    assert not doorkeeper.letters


class Foreign(Mailbox):
    """Answers in Latin-1, as some do; aiosmtpd itself speaks UTF-8 only."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        await super().handle_DATA(server, session, envelope)
        assert isinstance(server.transport, asyncio.WriteTransport)
        server.transport.write("250 f\u00fcr dich\0 aufgehoben\r\n".encode("latin-1"))
        await asyncio.sleep(0.1)
        return "250 kept"


async def test_an_answer_in_any_letters_can_be_kept_on_the_timeline(server: MailServer) -> None:
    server.mailbox = Foreign()
    delivery = await hand_over(server)
    assert delivery.outcome is Outcome.SENT
    assert "\0" not in delivery.detail
    assert Delivery.model_validate_json(delivery.model_dump_json()) == delivery


async def test_a_sender_outside_ascii_is_no_reason_to_page_nobody(server: MailServer) -> None:
    for sender in ("t\u00f6csin@shop.example", "tocsin@sh\u00f6p.example"):
        delivery = await email.send(mail_to(), SmtpServer.from_url(server.url), sender)
        assert delivery.outcome in (Outcome.SENT, Outcome.RETRY)


@pytest.mark.parametrize(
    "address", ["ana,ben@shop.example", "ana;ben@shop.example", "ana<ben@shop.example>", "a@["]
)
async def test_what_is_not_one_address_reaches_nobody_else(server: MailServer, address: str) -> None:
    delivery = await hand_over(server, mail_to(address))
    assert delivery.outcome is Outcome.REJECTED
    assert not server.mailbox.recipients
