"""A whole Tocsin whose workflows' time tests move on: a real Temporal server, PostgreSQL, mail and web servers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Replayer

from client import Tocsin
from records.database import Pool
from settings import Settings
from tests.engagement.outage import Outage
from tests.engagement.phone import Phone
from tests.engagement.story import Stories
from tests.mailbox import Mailbox
from worker.host import WORKFLOWS, make_worker, sandbox
from worker.search_attributes import register_search_attributes
from worker.stack.postgres import EmbeddedPostgres
from worker.stack.temporal import find_temporal

SERVER_OPTIONS = (
    # Clocks that run ahead are off unless asked for; with the default shift each skip would cost a second.
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',
    # The pause before a next run is counted by the real clock, and would be skipped as hours of the workflow's.
    'history.workflowIdReuseMinimalInterval="0s"',
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """The Temporal server of this pytest process whose workflows' clocks can be moved on."""
    arguments = [word for option in SERVER_OPTIONS for word in ("--dynamic-config-value", option)]
    env = await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(find_temporal()),
        dev_server_log_level="error",
        dev_server_extra_args=arguments,
        dev_server_startup_timeout=timedelta(seconds=30),
        data_converter=pydantic_data_converter,
        ts_config=TimeSkippingConfig(enabled=False),
    )
    try:
        await register_search_attributes(env.client)
        yield env
    finally:
        await env.shutdown()


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
    """Starts incidents and engagements on a running worker; at the end each must have gone as it said."""
    tocsin = Tocsin(pool=pool, temporal=env.client, author="chi", task_queue=settings.task_queue)
    async with (
        httpx2.AsyncClient() as http,
        make_worker(env.client, pool, settings, http, workflow_runner=sandbox()),
    ):
        stories = Stories(env, tocsin, mailbox, tmp_path, replayer, settings.task_queue)
        try:
            yield stories
            await stories.end()
        finally:
            await stories.stop()
