"""The keys that links and codes in pages are made with, read from PostgreSQL once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import asyncpg
from temporalio import activity

from records.bounded import acquire_within
from records.database import DatabaseUnavailable
from records.signing import read_signer

if TYPE_CHECKING:
    from records.database import Pool
    from records.signing import Signer

PATIENCE = 0.5
"""Seconds a page waits for the keys: it goes out without link and code rather than late."""

COOLING = 5.0
"""Seconds after a failure in which no page waits at all."""


class SigningKeys:
    """Remembers the keys for as long as the process runs."""

    def __init__(self, pool: Pool | None) -> None:
        self._pool = pool
        self._signer: Signer | None = None
        self._failed_at = float("-inf")
        self._one_reader = asyncio.Lock()

    async def signer(self) -> Signer | None:
        """The signer, or None while PostgreSQL does not say the keys."""
        if self._signer is None and self._pool is not None:
            # Whoever waits here waits for the same attempt, and makes none of its own after it failed.
            async with self._one_reader:
                if self._signer is None and time.monotonic() - self._failed_at >= COOLING:
                    await self._read(self._pool)
        return self._signer

    async def _read(self, pool: Pool) -> None:
        try:
            async with acquire_within(pool, PATIENCE) as connection:
                self._signer = await read_signer(connection)
        except (DatabaseUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            activity.logger.warning("pages go out without links: %s", error)
            self._failed_at = time.monotonic()
