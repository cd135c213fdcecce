"""Whether the server's two supports answer, and how fast."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from datetime import timedelta

from temporalio.client import Client

from records.bounded import acquire_within
from records.database import Pool

CHECK_SECONDS = 2.0


@dataclass(frozen=True)
class Reachability:
    """One support's answer: milliseconds it took, and what went wrong if anything did."""

    ok: bool
    milliseconds: float
    error: str | None = None


async def check_health(pool: Pool, temporal: Client) -> tuple[bool, dict[str, object]]:
    """Asks both at once; returns whether both answered, and the report."""
    database, durable = await asyncio.gather(_timed(_ask_database(pool)), _timed(_ask_temporal(temporal)))
    healthy = database.ok and durable.ok
    return healthy, {
        "status": "ok" if healthy else "failing",
        "database": asdict(database),
        "temporal": asdict(durable),
    }


async def _ask_database(pool: Pool) -> None:
    async with acquire_within(pool, CHECK_SECONDS) as connection:
        await connection.execute("SELECT 1")


async def _ask_temporal(temporal: Client) -> None:
    await temporal.service_client.check_health(timeout=timedelta(seconds=CHECK_SECONDS))


async def _timed(question: Awaitable[None]) -> Reachability:
    began = time.monotonic()
    error = None
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await question
    except TimeoutError:
        error = f"no answer within {CHECK_SECONDS:.0f} s"
    except Exception as failure:  # a health page reports every failure, it never fails itself
        error = f"{type(failure).__name__}: {failure}"
    return Reachability(error is None, round((time.monotonic() - began) * 1000, 1), error)
