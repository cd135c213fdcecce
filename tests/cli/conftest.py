"""The command line before real PostgreSQL, real Temporal, a worker and a mail server."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from records.database import open_pool
from settings import Settings
from tests.cli.command import Command
from tests.cli.plans import PLANS
from tests.mailbox import MailServer
from worker.host import make_worker


@pytest.fixture
def tocsin(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    temporal_address: str,
    task_queue: str,
    data: Path,
) -> Command:
    """The command; nothing is in force and no worker runs."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_address)
    monkeypatch.setenv("TOCSIN_TASK_QUEUE", task_queue)
    monkeypatch.setenv("TOCSIN_DATA", str(data))
    monkeypatch.setenv("COLUMNS", "100")
    return Command(capsys)


@pytest_asyncio.fixture
async def working(tocsin: Command, temporal: Client, database_url: str, data: Path) -> AsyncIterator[Command]:
    """The command while a worker runs and mail is taken."""
    mail = MailServer()
    await mail.start()
    settings = Settings.load().model_copy(update={"smtp_url": mail.url})
    pool = await open_pool(database_url)
    try:
        async with (
            httpx2.AsyncClient() as http,
            make_worker(temporal, pool, settings, http, workflow_runner=UnsandboxedWorkflowRunner()),
        ):
            yield tocsin
    finally:
        await pool.close()
        await mail.stop()


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    """A file with definitions."""
    path = tmp_path / "plans.yaml"
    path.write_text(PLANS)
    return path


@pytest_asyncio.fixture
async def shop(working: Command, plans: Path) -> Command:
    """The command while a worker runs and the shop's plans are in force."""
    assert (await working("apply", str(plans))).code == 0
    return working


@pytest_asyncio.fixture
async def shop_without_worker(tocsin: Command, plans: Path) -> Command:
    """The command while the shop's plans are in force and no worker runs."""
    assert (await tocsin("apply", str(plans))).code == 0
    return tocsin
