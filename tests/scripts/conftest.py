"""Steps done for real: real processes in real sandboxes, a real database, and a service on a port of its own."""

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from activities.automation import running
from activities.automation.sandbox import Confinement, Sandbox
from records.database import Pool
from tests.scripts.service import Service
from tests.scripts.steps import Steps


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Temporal is there to say that a step has timed out."""
    monkeypatch.setattr(running, "GRACE", 0.0)


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as client:
        yield client


@pytest.fixture
def steps(http: httpx2.AsyncClient) -> Steps:
    """Steps on a worker without a database, its scripts in bubblewrap."""
    return Steps(http, sandbox=Sandbox(Confinement.BUBBLEWRAP))


@pytest.fixture
def recorded_steps(http: httpx2.AsyncClient, pool: Pool) -> Steps:
    """The same on a worker with a database."""
    return Steps(http, sandbox=Sandbox(Confinement.BUBBLEWRAP), records=pool)


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    """Some service that speaks HTTP."""
    service = Service()
    await service.start()
    yield service
    await service.stop()
