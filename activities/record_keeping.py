"""Writing facts down: into the workflow's history always, into PostgreSQL as soon as it answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import asyncpg
from temporalio import activity

from records.base import Record
from records.batches import RecordBatch, WrittenDown
from records.bounded import acquire_within
from records.database import DatabaseUnavailable
from records.journal import UNSAVABLE, save, save_what_can_be

if TYPE_CHECKING:
    from records.database import Pool

PATIENCE = 2.0
"""Seconds one attempt may take. The workflow task waits for it, so it is short."""

COOLING = 1.0
"""Seconds after a failure in which nobody else tries: a hundred workflows must not each wait `PATIENCE`."""


class WriteDown(Record):
    """A batch, and whether PostgreSQL is worth a try now."""

    batch: RecordBatch
    try_database: bool


class RecordKeeping:
    """Activities that keep records."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._failed_at = float("-inf")

    @activity.defn
    async def write_down(self, request: WriteDown) -> WrittenDown:
        """Put the batch's events into the history (they are the result), and try once to save the batch.

        Never fails for a database that is away: the workflow keeps the facts and has them saved later.
        """
        saved = False
        if request.try_database and time.monotonic() - self._failed_at > COOLING:
            try:
                await self._save(request.batch)
                saved = True
            except (DatabaseUnavailable, asyncpg.PostgresError) as error:
                self._failed_at = time.monotonic()
                activity.logger.warning("records are behind: %s: %s", type(error).__name__, error)
        return WrittenDown(events=request.batch.events, saved=saved)

    @activity.defn
    async def save_records(self, batch: RecordBatch) -> None:
        """Save a batch that could not be saved at once; fails until PostgreSQL takes it, to be retried."""
        await self._save(batch)

    async def _save(self, batch: RecordBatch) -> None:
        async with acquire_within(self._pool, PATIENCE) as connection:
            try:
                await save(connection, batch)
            except UNSAVABLE:
                for refused in await save_what_can_be(connection, batch):
                    activity.logger.error("left out of the records, not out of the history: %s", refused)
