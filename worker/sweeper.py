"""Starts incidents that were accepted while Temporal was away, or whose accepter died before starting them."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from records import incident_store
from records.bounded import acquire_within
from records.database import DatabaseUnavailable, Pool
from workflows.inputs import IncidentInput
from workflows.starting import start_late

EVERY = timedelta(seconds=2)
"""How often incidents that wait are looked for."""

GRACE = timedelta(seconds=3)
"""How long an accepted incident is left to whoever accepted it."""

PATIENCE = 5.0
"""Seconds that PostgreSQL may take to tell them."""

_AWAY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)

_log = logging.getLogger(__name__)


async def sweep(client: Client, pool: Pool, *, task_queue: str) -> None:
    """Start what waits, round after round, until cancelled; neither Temporal nor PostgreSQL away ends it.

    Several workers may sweep at once: a start is idempotent by the incident's id.
    """
    away = ""
    while True:
        try:
            await _start_waiting(client, pool, task_queue)
            away = ""
        except (DatabaseUnavailable, RPCError) as error:
            if type(error).__name__ != away:  # said once an outage
                _log.warning("incidents that wait are not started now: %s", error)
            away = type(error).__name__
        except Exception:
            _log.exception("a round of starting incidents that wait has failed; the next one comes")
        await asyncio.sleep(EVERY.total_seconds())


async def _start_waiting(client: Client, pool: Pool, task_queue: str) -> None:
    """One round; raises DatabaseUnavailable, or RPCError as soon as Temporal does not answer."""
    async with acquire_within(pool, PATIENCE) as connection:
        waiting = await incident_store.waiting_starts(connection, datetime.now(UTC) - GRACE)
    for stored in waiting:
        await _start(client, stored, task_queue)


async def _start(client: Client, stored: dict[str, Any], task_queue: str) -> None:
    """Start one; an incident that cannot be started must not hold up the others."""
    try:
        await start_late(client, IncidentInput.model_validate(stored), task_queue=task_queue)
    except (RPCError, ValidationError) as error:
        if isinstance(error, RPCError) and error.status in _AWAY:
            raise
        _log.error("an incident that waits cannot be started: %s", error)
