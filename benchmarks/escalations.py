"""Many incidents escalating at once: first pages, how late second stages are, pages a second, the worker's memory."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from benchmarks.bursts import percentile
from benchmarks.histories import lateness
from benchmarks.receiver import Receiver
from benchmarks.subjects import STAGE, TocsinSubject

AT_A_TIME = 100
"""Calls that are under way at the same time: a front door takes no more."""

PATIENCE = 120.0
"""Seconds until incidents that are not paged count as lost."""


@dataclass(frozen=True)
class Crowd:
    """So many incidents, by a plan whose first stage outlasts their start."""

    size: int
    plan: str


CROWDS = (
    Crowd(100, "fifteen-seconds"),
    Crowd(500, "thirty-seconds"),
    Crowd(1000, "sixty-seconds"),
)


@dataclass(frozen=True)
class Escalated:
    """What was seen of a crowd: seconds, pages per second while first pages went out, megabytes."""

    size: int
    first_page_p50: float
    first_page_p99: float
    late_p50: float
    late_p99: float
    pages_per_second: float
    worker_memory: float


async def escalate(
    crowd: Crowd, subject: TocsinSubject, receiver: Receiver, temporal: Client, pid: int
) -> Escalated:
    """Open them all, let nobody answer, and wait until everybody's second stage has paged."""
    began, free = time.time(), asyncio.Semaphore(AT_A_TIME)

    async def start() -> tuple[str, float]:
        async with free:
            called = time.time()
            return await subject.start(crowd.plan), called

    started = await asyncio.gather(*(start() for _ in range(crowd.size)))
    ids = [id_ for id_, _ in started]
    await receiver.wait_for(ids, pages=1, seconds=PATIENCE)
    first = [receiver.pages[id_][0] for id_ in ids]
    await receiver.wait_for(ids, pages=2, seconds=STAGE[crowd.plan].total_seconds() + PATIENCE)
    memory = resident_megabytes(pid)
    late = await lateness(crowd.plan, ids, temporal, receiver)
    waits = [receiver.pages[id_][0] - called for id_, called in started]
    return Escalated(
        size=crowd.size,
        first_page_p50=percentile(waits, 50),
        first_page_p99=percentile(waits, 99),
        late_p50=percentile(late, 50),
        late_p99=percentile(late, 99),
        pages_per_second=crowd.size / (max(first) - began),
        worker_memory=memory,
    )


async def escalate_all(
    subject: TocsinSubject, receiver: Receiver, temporal: Client, pid: int, crowds: Sequence[Crowd] = CROWDS
) -> list[Escalated]:
    """One crowd after another."""
    return [await escalate(crowd, subject, receiver, temporal, pid) for crowd in crowds]


def resident_megabytes(pid: int) -> float:
    """The memory a process holds (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} tells no resident size")
