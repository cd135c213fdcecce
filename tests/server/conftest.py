"""A whole Tocsin before the outside: real PostgreSQL, real Temporal, a worker, mail and Twilio peers, a real server."""

from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent

import httpx2
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from client import Tocsin
from records.database import Pool
from settings import Settings
from tests.mailbox import Mailbox
from tests.paging.twilio import TwilioPeer
from tests.server.shop import OUR_NUMBER, PLANS, PUBLIC_URL, Shop, serving
from worker.host import make_worker


@pytest_asyncio.fixture
async def twilio() -> AsyncIterator[TwilioPeer]:
    """Everybody's telephones."""
    peer = TwilioPeer()
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture
def settings(settings: Settings, twilio: TwilioPeer, tmp_path: Path) -> Settings:
    """With an account at Twilio, behind a proxy."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "twilio-auth-token").write_text(twilio.auth_token)
    return settings.model_copy(
        update={
            "public_url": PUBLIC_URL,
            "secrets_dir": secrets,
            "twilio_account_sid": twilio.account_sid,
            "twilio_from": OUR_NUMBER,
            "twilio_url": twilio.url,
        }
    )


@pytest_asyncio.fixture
async def tocsin(settings: Settings, temporal: Client, tmp_path: Path) -> AsyncIterator[Tocsin]:
    """A client, with the shop's plans in force."""
    plans = tmp_path / "plans.yaml"
    plans.write_text(dedent(PLANS))
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        await tocsin.apply([plans])
        yield tocsin


@pytest_asyncio.fixture
async def server(settings: Settings, tocsin: Tocsin, twilio: TwilioPeer) -> AsyncIterator[httpx2.AsyncClient]:
    """The HTTP server; its proxy is on."""
    async with serving(settings) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        twilio.proxy = (PUBLIC_URL, url)
        yield http


@pytest_asyncio.fixture
async def shop(
    server: httpx2.AsyncClient,
    tocsin: Tocsin,
    twilio: TwilioPeer,
    mailbox: Mailbox,
    settings: Settings,
    temporal: Client,
    pool: Pool,
) -> AsyncIterator[Shop]:
    """All of it, while a worker runs."""
    async with (
        httpx2.AsyncClient() as http,
        make_worker(temporal, pool, settings, http, workflow_runner=UnsandboxedWorkflowRunner()),
    ):
        yield Shop(tocsin, server, twilio, mailbox)
