"""A real SMTP server that keeps what it is given: the phones of the tests."""

import asyncio
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Letter:
    """One mail as it was handed over."""

    to: str
    message: EmailMessage
    at: float

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Mailbox:
    """Takes mail, or answers as `answer` says: an SMTP reply such as '451 later', or 'hang'."""

    letters: list[Letter] = field(default_factory=list)
    answer: str | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer == "hang":
            await asyncio.sleep(30)
        if self.answer is not None:
            return self.answer
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        for recipient in envelope.rcpt_tos:
            self.letters.append(Letter(recipient, message, time.time()))
        return "250 kept"

    def to(self, address: str) -> list[Letter]:
        return [letter for letter in self.letters if letter.to == address]

    @property
    def recipients(self) -> list[str]:
        return [letter.to for letter in self.letters]


class MailServer:
    """The mailbox behind a listening port of its own; it can be stopped and started again on the same port."""

    def __init__(self, mailbox: Mailbox | None = None) -> None:
        self.mailbox = mailbox or Mailbox()
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self.mailbox, hostname="mail.shop.example", loop=loop), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?starttls=never"
