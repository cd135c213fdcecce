"""A shop whose people are paged by mail, SMS and telephone, and answer from outside."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import httpx2
import uvicorn

from client import Tocsin
from records.engagements import EngagedPerson, EngagementRecord, EngagementStatus, Page
from records.signing import PageLink
from records.timeline import EventType, TimelineEvent
from server.app import create_app
from settings import Settings
from tests.mailbox import Mailbox
from tests.paging.twilio import TwilioPeer

T = TypeVar("T")

PUBLIC_URL = "https://tocsin.shop.example"
OUR_NUMBER = "+15005550006"
ANA = "+4915112345678"

PLANS = """
    kind: Contact
    name: ana
    channels:
      - {name: mail, type: EMAIL, address: ana@shop.example}
      - {name: sms, type: SMS, address: "+4915112345678", activation: VOUCHED}
      - {name: phone, type: VOICE, address: "+4915112345678", activation: VOUCHED}
    plan: {stages: [{duration: 1h, targets: [{channel: mail}, {channel: sms}, {channel: phone}]}]}
    ---
    kind: Contact
    name: ben
    channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: EscalationPlan
    name: ana-then-ben
    stages:
      - {duration: 1h, targets: [{contact: ana}]}
      - {duration: 1h, targets: [{contact: ben}]}
    ---
    kind: ResponsePlan
    name: shop-down
    incident_template: {title: The shop is down, impact: 1, summary: Nobody can buy.}
    engagements: [ana-then-ben]
"""


class Server(uvicorn.Server):
    """A server beside a test, which keeps its own signal handlers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[str]:
    """The HTTP server on a port of its own; its real address."""
    config = uvicorn.Config(create_app(settings), port=0, log_config=None, timeout_graceful_shutdown=1)
    server = Server(config)
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started or task.done())
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@dataclass
class Shop:
    """Everything that a test looks at and does. `http` speaks to the server; `twilio` is on everybody's phone."""

    tocsin: Tocsin
    http: httpx2.AsyncClient
    twilio: TwilioPeer
    mailbox: Mailbox
    incident_id: str = ""

    async def goes_down(self, title: str | None = None) -> str:
        """Open an incident; the path of the link that ana got by mail."""
        mails, messages, calls = len(self.mailbox.letters), len(self.twilio.messages), len(self.twilio.calls)
        started = await self.tocsin.start_incident("shop-down", title=title)
        self.incident_id = started.incident.incident_id
        await until(lambda: len(self.mailbox.letters) > mails and len(self.twilio.messages) > messages)
        await until(lambda: len(self.twilio.calls) > calls)
        await until(lambda: self._recorded("ana", 3))
        return self.link_of("ana")

    def link_of(self, contact: str) -> str:
        """The path of the link in the newest mail to somebody."""
        text = self.mailbox.to(f"{contact}@shop.example")[-1].message.get_content()
        found = re.search(rf"{PUBLIC_URL}(/a/\S+)", text)
        assert found is not None, text
        return found[1]

    @property
    def code(self) -> str:
        """The code in the newest SMS."""
        found = re.search(r"\b[0-9]{6}\b", self.twilio.messages[-1].body)
        assert found is not None, self.twilio.messages[-1].body
        return found[0]

    async def text(self, body: str, *, number: str = ANA) -> str:
        """Ana replies to an SMS; the TwiML she is answered with."""
        answer = await self.twilio.reply(f"{PUBLIC_URL}/twilio/sms", number, OUR_NUMBER, body)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    async def engagement(self) -> EngagementRecord:
        return (await self.tocsin.get_incident(self.incident_id)).engagements[0]

    async def person(self, contact: str = "ana") -> EngagedPerson:
        return (await self.engagement()).people[contact]

    async def page(self, channel: str = "mail") -> Page:
        return next(page for page in (await self.person()).pages if page.channel == channel)

    async def token(self, contact: str) -> str:
        """A well signed link for somebody who may not have been paged at all."""
        engagement = await self.engagement()
        link = PageLink(
            subject_id=self.incident_id,
            engagement_id=engagement.engagement_id,
            contact=contact,
            page_id=(await self.page()).page_id,
            send=0,
        )
        return (await self.tocsin.signer()).link(link)

    async def told(self, event_type: EventType) -> list[TimelineEvent]:
        """Events of one type on the timeline."""
        events = await self.tocsin.timeline(self.incident_id)
        return [event for event in events if event.event_type is event_type]

    async def nobody_has_it(self) -> bool:
        person = await self.person()
        return person.acknowledged_at is None and person.declined_at is None

    async def somebody_has_it(self) -> bool:
        return (await self.engagement()).status is EngagementStatus.ACKNOWLEDGED

    async def _recorded(self, contact: str, pages: int) -> bool:
        engagements = (await self.tocsin.get_incident(self.incident_id)).engagements
        people = engagements[0].people if engagements else {}
        return contact in people and sum(page.reached for page in people[contact].pages) == pages


async def until(ready: Callable[[], T | Awaitable[T]], *, seconds: float = 20.0) -> T:
    """Wait for something that happens elsewhere; what it came to. Fails when it does not happen in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = ready()
        value = await found if isinstance(found, Awaitable) else found
        if value:
            return value
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
