"""`tocsin worker --runner NAME`: a worker near what it acts on, which carries nothing but the actions of steps."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
from temporalio.client import Client
from temporalio.worker import Worker

from activities.automation.effects import Outside, step_activities
from activities.automation.sandbox import find_sandbox
from activities.automation.steps import runner_queue
from activities.http_client import http_client
from definitions.automation.model import RUNNER_NAME
from records.database import Pool, open_pool
from settings import Settings, SettingsError
from settings.temporal import connect_temporal

STEPS = 10
"""Steps carried at the same time; the others wait for their turn, or for another runner of the name."""

DRAIN = timedelta(seconds=10)
"""How long steps may go on when the runner is asked to stop; then they are cut off, and fail."""

LAST_WORDS = 5.0
"""Seconds that PostgreSQL may take at the end, in case it hangs."""


def make_runner(
    client: Client, settings: Settings, name: str, http: httpx2.AsyncClient, pool: "Pool | None"
) -> Worker:
    """A worker of the steps whose `runner` is `name`."""
    outside = Outside(http=http, read_secret=settings.secret, records=pool)
    return Worker(
        client,
        task_queue=runner_queue(settings.task_queue, name),
        activities=step_activities(outside),
        max_concurrent_activities=STEPS,
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        graceful_shutdown_timeout=DRAIN,
    )


@asynccontextmanager
async def running(settings: Settings, name: str) -> AsyncIterator[Worker]:
    """A runner with its connections, all closed at the end; raises SettingsError for a name that cannot be one."""
    if re.fullmatch(RUNNER_NAME, name) is None:
        raise SettingsError(
            f"{name!r} cannot name a runner; use letters, digits, '-', '_' and '.', at most 63"
        )
    client = await connect_temporal(settings, patience=60.0)
    pool = None if settings.database_url is None else await open_pool(settings.database_url, max_size=4)
    try:
        async with http_client() as http, make_runner(client, settings, name, http, pool) as worker:
            yield worker
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                if pool is not None:
                    await pool.close()


async def run_runner(settings: Settings, name: str) -> None:
    """Carry steps until cancelled; those under way may finish first."""
    async with running(settings, name) as worker:
        logs = "logs to PostgreSQL" if settings.database_url else "no DATABASE_URL: logs are not kept"
        print(
            f"runner {name}: task queue {worker.task_queue}; scripts run with {find_sandbox().confinement}; {logs}",
            flush=True,
        )
        await asyncio.Event().wait()
