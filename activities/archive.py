"""Keeping workflow histories after the Temporal server has forgotten them."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from records.base import Record
from records.database import acquire
from records.histories import store_history

if TYPE_CHECKING:
    from records.database import Pool


class ArchiveHistory(Record):
    """One run of a workflow; `run_number` counts continue-as-new, from 0."""

    workflow_id: str
    run_id: str
    run_number: int


class Archive:
    """Activities that archive."""

    def __init__(self, pool: Pool, temporal: Client) -> None:
        self._pool = pool
        self._temporal = temporal

    @activity.defn
    async def archive_history(self, request: ArchiveHistory) -> int:
        """Copy a run's history, as far as it has come, into PostgreSQL; the number of its events.

        0 if Temporal has forgotten the run: it was archived when the next one began.
        """
        handle = self._temporal.get_workflow_handle(request.workflow_id, run_id=request.run_id)
        try:
            history = await handle.fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return 0
            raise
        if not history.events:
            return 0
        packed = await asyncio.to_thread(lambda: gzip.compress(history.to_json().encode()))
        async with acquire(self._pool) as connection:
            await store_history(
                connection, request.workflow_id, request.run_id, run_number=request.run_number, packed=packed
            )
        return len(history.events)
