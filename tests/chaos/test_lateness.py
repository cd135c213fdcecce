"""How late a page is when its worker dies: not later than two seconds after another worker is there."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client
from temporalio.service import RPCError

from client import Tocsin
from settings import Settings
from tests.chaos.workers import RunWorker, WorkerProcess
from tests.mailbox import Mailbox

MOST = 2.0
"""Seconds after another worker has answered."""

pytestmark = pytest.mark.timeout(60)


@dataclass
class UnhearingMailbox(Mailbox):
    """Lets whoever hands over wait while `deaf`, and keeps nothing of what it was told then."""

    deaf: bool = False
    spoken_to: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.spoken_to.set()
        if self.deaf:
            await asyncio.sleep(30)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def mailbox() -> UnhearingMailbox:
    return UnhearingMailbox()


async def arrived(mailbox: Mailbox, contact: str) -> float:
    """When the contact's first mail came."""
    while not (letters := mailbox.to(f"{contact}@shop.example")):  # noqa: ASYNC110 - the mail server tells nobody
        await asyncio.sleep(0.01)
    return letters[0].at


async def replaced(worker: WorkerProcess, temporal: Client, bystander: str) -> float:
    """Start another worker; when it has answered for a workflow it had never heard of."""
    worker.start()
    while True:
        with contextlib.suppress(RPCError):
            handle = temporal.get_workflow_handle(bystander)
            await handle.query("state", rpc_timeout=timedelta(milliseconds=500))
            return time.time()


@pytest.fixture
async def bystander(tocsin: Tocsin) -> str:
    """An incident that nobody is paged for."""
    return (await tocsin.start_incident("nobody-paged")).incident.incident_id


async def test_a_page_whose_sender_dies_before_anybody_has_it_leaves_soon_after_the_restart(
    tocsin: Tocsin,
    temporal: Client,
    settings: Settings,
    run_worker: RunWorker,
    mailbox: UnhearingMailbox,
    bystander: str,
) -> None:
    mailbox.deaf = True
    worker = run_worker(settings)
    await tocsin.start_incident("shop-slow")
    await mailbox.spoken_to.wait()
    worker.kill()
    mailbox.deaf = False
    back = await replaced(worker, temporal, bystander)
    assert await arrived(mailbox, "ana") - back <= MOST
    assert len(mailbox.to("ana@shop.example")) == 1


async def test_a_stage_that_began_while_no_worker_was_there_pages_soon_after_the_restart(
    tocsin: Tocsin,
    temporal: Client,
    settings: Settings,
    run_worker: RunWorker,
    mailbox: UnhearingMailbox,
    bystander: str,
) -> None:
    worker = run_worker(settings)
    await tocsin.start_incident("shop-slow")
    paged = await arrived(mailbox, "ana")
    await asyncio.sleep(max(paged + 5.0 - time.time(), 0))
    worker.kill()
    await asyncio.sleep(2.0)  # stage 2 begins 6 s after the first page
    assert mailbox.to("ben@shop.example") == []
    back = await replaced(worker, temporal, bystander)
    assert await arrived(mailbox, "ben") - back <= MOST
    assert len(mailbox.to("ben@shop.example")) == 1
    assert len(mailbox.to("ana@shop.example")) == 1
