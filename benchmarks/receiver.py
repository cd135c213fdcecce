"""The far end: an SMTP server that notes when it was handed which page."""

import asyncio
import re
import time
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from worker.stack.ports import HOST

INCIDENT = re.compile(rb"^X-Tocsin-Incident: *(\S+)", re.MULTILINE)


@dataclass
class Receiver:
    """Keeps when each page was handed over: by incident, first page first, seconds since the epoch."""

    pages: dict[str, list[float]] = field(default_factory=dict)
    port: int = 0
    _server: asyncio.Server | None = None
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Called by the SMTP server with a whole mail."""
        at = time.time()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        found = INCIDENT.search(content)
        if found is None:
            return "554 a page without its incident"
        self.pages.setdefault(found[1].decode(), []).append(at)
        async with self._arrived:
            self._arrived.notify_all()
        return "250 kept"

    @property
    def url(self) -> str:
        """What TOCSIN_SMTP_URL must be to reach it."""
        return f"smtp://{HOST}:{self.port}?starttls=never"

    async def wait_for(self, ids: list[str], *, pages: int, seconds: float) -> None:
        """Wait until each incident has that many pages; raises TimeoutError saying how many have not."""
        missing = list(ids)
        try:
            async with asyncio.timeout(seconds), self._arrived:
                while missing := [id_ for id_ in missing if len(self.pages.get(id_, ())) < pages]:
                    await self._arrived.wait()
        except TimeoutError as error:
            raise TimeoutError(
                f"{len(missing)} of {len(ids)} incidents had fewer than {pages} pages after {seconds:.0f} s"
            ) from error

    async def __aenter__(self) -> "Receiver":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="bench.example", loop=loop), HOST, 0
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *reason: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
