"""Database work that must be over soon, whatever state PostgreSQL is in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from records.database import DatabaseUnavailable, acquire

if TYPE_CHECKING:
    from records.database import Connection, Pool


@asynccontextmanager
async def acquire_within(pool: Pool, seconds: float) -> AsyncIterator[Connection]:
    """A connection that is cut off when the block is not done in time; raises DatabaseUnavailable.

    A timeout around the block would not do: the driver ends a cancelled statement, and the transaction around it, by
    talking to the server, and one that hangs keeps it waiting for much longer.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    cut: asyncio.TimerHandle | None = None
    try:
        async with asyncio.timeout_at(deadline) as connecting, acquire(pool) as connection:
            connecting.reschedule(None)
            cut = loop.call_at(deadline, connection.terminate)
            yield connection
    except TimeoutError as error:
        raise DatabaseUnavailable(f"PostgreSQL gave no connection within {seconds} s") from error
    finally:
        if cut is not None:
            cut.cancel()
