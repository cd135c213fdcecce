"""A whole Tocsin whose workflows' time tests move on: a real Temporal server, PostgreSQL, mail and web servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from client import Tocsin
from records.database import Pool
from settings import Settings
from tests.engagement.outage import Outage
from tests.engagement.phone import Phone
from tests.engagement.story import Stories
from tests.mailbox import Mailbox
from worker.host import WORKFLOWS, make_worker, sandbox
from worker.rehearsal.clock import server_with_clocks
from worker.stack.postgres import EmbeddedPostgres


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """The Temporal server of this pytest process whose workflows' clocks can be moved on."""
    async with server_with_clocks() as env:
        yield env


@pytest_asyncio.fixture
async def phone() -> AsyncIterator[Phone]:
    """Where webhook pages go."""
    phone = Phone()
    await phone.start()
    yield phone
    await phone.stop()


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder that secrets are read from."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(settings: Settings, secrets: Path) -> Settings:
    """With a folder of secrets."""
    return settings.model_copy(update={"secrets_dir": secrets})


@pytest.fixture
def outage(database_url: str, postgres: EmbeddedPostgres) -> Outage:
    """Takes PostgreSQL away from this test's Tocsin."""
    return Outage(database_url, postgres.url_of("postgres"))


@pytest.fixture(scope="session")
def replayer() -> Replayer:
    """Replays the history of each story."""
    return Replayer(workflows=WORKFLOWS, workflow_runner=sandbox(), data_converter=pydantic_data_converter)


@pytest_asyncio.fixture
async def stories(
    env: WorkflowEnvironment,
    settings: Settings,
    pool: Pool,
    mailbox: Mailbox,
    tmp_path: Path,
    replayer: Replayer,
) -> AsyncIterator[Stories]:
    """Starts incidents and engagements on a running worker; at the end each must have gone as it said.

    The worker is as in production; each story is then replayed in the sandbox.
    """
    tocsin = Tocsin(pool=pool, temporal=env.client, author="chi", task_queue=settings.task_queue)
    async with (
        httpx2.AsyncClient() as http,
        make_worker(env.client, pool, settings, http, workflow_runner=UnsandboxedWorkflowRunner()),
    ):
        stories = Stories(env, tocsin, mailbox, tmp_path, replayer, settings.task_queue)
        try:
            yield stories
            await stories.end()
        finally:
            await stories.stop()
