"""The phones: a mail server on a free local port that says aloud what it is handed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Device:
    """What rings when a mail arrives at its address."""

    contact: str
    owner: str
    channel: str


@dataclass(frozen=True)
class Ring:
    """One mail as it was handed over."""

    device: Device
    message_id: str
    subject: str
    at: datetime


class Phones:
    """Accepts every mail; `told` is called with each as it arrives."""

    def __init__(self, devices: Mapping[str, Device], told: Callable[[Ring], None]) -> None:
        self.rings: list[Ring] = []
        self._devices = devices
        self._told = told
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listens; the URL to send mail to."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="phones.example", loop=loop), "127.0.0.1", 0
        )
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}?starttls=never"

    def stop(self) -> None:
        """Listens no more."""
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """One mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        for address in envelope.rcpt_tos:
            stranger = Device(contact=address, owner=address, channel="mail")
            ring = Ring(
                device=self._devices.get(address, stranger),
                message_id=str(message["Message-ID"]),
                subject=str(message["Subject"]),
                at=datetime.now(UTC),
            )
            self.rings.append(ring)
            self._told(ring)
        return "250 it rings"
