"""Real PostgreSQL and real Temporal: one of each per pytest process, a fresh database per test."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx2
import pytest
import pytest_asyncio
from temporalio.client import Client

from records.database import Pool, open_pool
from records.migrations import migrate
from settings import Settings
from settings.temporal import connect_temporal
from tests.mailbox import Mailbox, MailServer
from worker.host import make_worker, sandbox
from worker.search_attributes import register_search_attributes
from worker.stack.ports import HOST, choose_port
from worker.stack.postgres import EmbeddedPostgres
from worker.stack.temporal import temporal_server

TEMPLATE = "tocsin_template"


def pytest_configure() -> None:
    """Whatever the developer's shell says, tests use their own services and settings."""
    for name in list(os.environ):
        if name.startswith(("TOCSIN_", "TEMPORAL_")) or name == "DATABASE_URL":
            del os.environ[name]
    # Without credentials boto3 asks the machine's metadata service; no test may.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


WAITING_MOST = ("tests/stack/", "tests/demo/", "tests/chaos/")
"""Tests that wait more than they work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread those that wait among those that work, so that no processor is idle and none waits alone at the end.

    Every order must do.
    """
    waiting = [item for item in items if item.nodeid.startswith(WAITING_MOST)]
    working = [item for item in items if not item.nodeid.startswith(WAITING_MOST)]
    apart = max(1, len(working) * 3 // 4 // max(1, len(waiting)))
    items[:] = []
    while waiting or working:
        items += waiting[:1] + working[:apart]
        waiting, working = waiting[1:], working[apart:]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL server of this pytest process."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template_database(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database that others are copied from; nobody connects to it."""
    await _run_sql(postgres, f"CREATE DATABASE {TEMPLATE}")
    await migrate(postgres.url_of(TEMPLATE))
    return TEMPLATE


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(postgres: EmbeddedPostgres, template_database: str) -> AsyncIterator[str]:
    """The URL of a migrated, empty database that only this test sees."""
    name = f"test_{uuid4().hex}"
    await _run_sql(postgres, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield postgres.url_of(name)
    await _run_sql(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(loop_scope="session")
async def empty_database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The URL of a database without any schema that only this test sees."""
    name = f"test_{uuid4().hex}"
    await _run_sql(postgres, f"CREATE DATABASE {name}")
    yield postgres.url_of(name)
    await _run_sql(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of the Temporal server of this pytest process; it keeps everything in memory."""
    port = choose_port(0)
    server = temporal_server(port=port, log=tmp_path_factory.mktemp("temporal") / "temporal.log")
    server.start()
    try:
        yield f"{HOST}:{port}"
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal(temporal_address: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of the Temporal server, with Tocsin's payloads and search attributes."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), temporal_address=temporal_address)
    client = await connect_temporal(settings, patience=20)
    await register_search_attributes(client)
    return client


@pytest.fixture
def task_queue() -> str:
    """A task queue that only this test's workers poll."""
    return f"test-{uuid4()}"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty data folder."""
    return tmp_path / "data"


@pytest.fixture
def mailbox() -> Mailbox:
    """What this test's Tocsin has mailed so far, to everybody."""
    return Mailbox()


@pytest_asyncio.fixture
async def mail_server(mailbox: Mailbox) -> AsyncIterator[MailServer]:
    """The mail server that stands in for everybody's phones."""
    server = MailServer(mailbox)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def settings(
    database_url: str, temporal_address: str, task_queue: str, mail_server: MailServer, data: Path
) -> Settings:
    """This test's own database, task queue and mail server."""
    return Settings(
        data=data,
        database_url=database_url,
        temporal_address=temporal_address,
        task_queue=task_queue,
        smtp_url=mail_server.url,
        mail_from="tocsin@shop.example",
    )


@pytest_asyncio.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """Connections to this test's database."""
    pool = await open_pool(settings.require_database_url())
    yield pool
    await pool.close()


@pytest_asyncio.fixture
async def worker(settings: Settings, temporal: Client, pool: Pool) -> AsyncIterator[None]:
    """A worker in this process, its workflows in the sandbox."""
    async with (
        httpx2.AsyncClient() as http,
        make_worker(temporal, pool, settings, http, workflow_runner=sandbox()),
    ):
        yield


async def _run_sql(postgres: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(postgres.url_of("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
