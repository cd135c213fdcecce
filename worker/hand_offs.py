"""Sees to it that each schedule whose people want to hear of hand-offs is watched."""

import asyncio
import logging
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from records.bounded import acquire_within
from records.database import DatabaseUnavailable, Pool
from records.revisions import notifying_schedules
from workflows.watching_hand_offs import watch

EVERY = timedelta(seconds=60)
"""How often schedules are looked through: applying definitions starts a watch at once, unless Temporal is away."""

PATIENCE = 5.0
"""Seconds that PostgreSQL may take to tell them."""

_log = logging.getLogger(__name__)


async def keep_watching(client: Client, pool: Pool, *, task_queue: str) -> None:
    """Start the watches that are missing, round after round, until cancelled; no outage ends it."""
    while True:
        try:
            await start_missing(client, pool, task_queue=task_queue)
        except (DatabaseUnavailable, RPCError) as error:
            _log.info("hand-offs are looked through later: %s", error)
        except Exception:
            _log.exception("a round of looking through hand-offs has failed; the next one comes")
        await asyncio.sleep(EVERY.total_seconds())


async def start_missing(client: Client, pool: Pool, *, task_queue: str) -> None:
    """One round; a watch that is there already goes on. Raises DatabaseUnavailable, RPCError."""
    async with acquire_within(pool, PATIENCE) as connection:
        schedules = await notifying_schedules(connection)
    for schedule in schedules:
        await watch(client, schedule, task_queue=task_queue)
