"""Measuring a burst: from the call that starts an incident to its page at the receiver."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.receiver import Receiver
from benchmarks.subjects import STAGE, Subject

BETWEEN = 0.2
"""Seconds between incidents that come alone: the one before has done its book-keeping."""

PATIENCE = 60.0
"""Seconds until a burst that is not paged counts as failed."""


@dataclass(frozen=True)
class Burst:
    """How many incidents at once, by which plan, how often one after another."""

    size: int
    plan: str
    times: int = 1

    @property
    def name(self) -> str:
        """What the tables call it."""
        return "1 alone" if self.size == 1 else f"{self.size} at once"


ALONE = Burst(1, "ten-seconds", times=20)
TWENTY = Burst(20, "ten-seconds")
HUNDRED = Burst(100, "fifteen-seconds")
BURSTS = (ALONE, TWENTY, HUNDRED)


@dataclass(frozen=True)
class Measured:
    """A burst's incidents with the seconds from call to first page, and from call to return, one each."""

    ids: list[str]
    first_page: list[float]
    start_call: list[float]


async def measure(burst: Burst, subject: Subject, receiver: Receiver) -> Measured:
    """Start them and wait for all first pages."""
    parts = []
    for _ in range(burst.times):
        parts.append(await _once(burst, subject, receiver))
        await asyncio.sleep(BETWEEN)
    return Measured(
        ids=[id_ for part in parts for id_ in part.ids],
        first_page=[seconds for part in parts for seconds in part.first_page],
        start_call=[seconds for part in parts for seconds in part.start_call],
    )


async def _once(burst: Burst, subject: Subject, receiver: Receiver) -> Measured:
    async def start() -> tuple[str, float, float]:
        called = time.time()
        id_ = await subject.start(burst.plan)
        return id_, called, time.time() - called

    started = await asyncio.gather(*(start() for _ in range(burst.size)))
    ids = [id_ for id_, _, _ in started]
    await receiver.wait_for(ids, pages=1, seconds=PATIENCE)
    return Measured(
        ids=ids,
        first_page=[receiver.pages[id_][0] - called for id_, called, _ in started],
        start_call=[seconds for _, _, seconds in started],
    )


async def await_second_pages(burst: Burst, ids: list[str], receiver: Receiver) -> None:
    """Wait until the second stage has paged for each."""
    await receiver.wait_for(ids, pages=2, seconds=STAGE[burst.plan].total_seconds() + PATIENCE)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
