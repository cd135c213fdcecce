"""Nobody answers, and the worker dies just before it should have paged the next person."""

import asyncio
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from client import Tocsin
from examples.demo.narrator import Narrator
from examples.demo.phones import Phones, Ring
from examples.demo.stack import worker_pids
from examples.demo.waiting import DemoFailed, check, until
from settings import Settings

BEFORE_DUE = timedelta(seconds=0.4)
"""The worker is killed this long before the second stage: too late for a new one to be there in time."""


@dataclass(frozen=True)
class SecondPage:
    """The page of the second stage: when it was due, and how it arrived."""

    due: datetime
    ring: Ring

    @property
    def late(self) -> float:
        """Seconds from due to there."""
        return (self.ring.at - self.due).total_seconds()


async def escalate_over_a_dead_worker(
    tocsin: Tocsin, incident_id: str, *, settings: Settings, phones: Phones, narrator: Narrator
) -> SecondPage:
    """Waits for the second stage, with kill -9 of the worker on the way; raises DemoFailed."""
    first = phones.rings[0].device
    engagement = (await tocsin.get_incident(incident_id)).engagements[0]
    due = engagement.stage_ends_at
    if due is None or engagement.stage != 0:
        raise DemoFailed("stage 2 began before the runbook had looked: this machine is too busy for the demo")
    narrator.say("demo", f"{first.owner} sleeps on; stage 2 is due in {_from_now(due):.1f} s")
    newcomer = await _kill_the_worker(tocsin, settings.task_queue, due, narrator)
    narrator.say("tocsin", f"has started another worker, process {newcomer}, {_distance(due)}")
    check(_from_now(due) < 0, "the new worker was there before stage 2 was due: the kill proved nothing")

    async def page_to_somebody_else() -> Ring | None:
        return next((ring for ring in phones.rings if ring.device.contact != first.contact), None)

    second = SecondPage(due, await until("the second person is paged", page_to_somebody_else))
    check(
        second.late >= 0, f"{second.ring.device.owner} was paged {-second.late:.1f} s before stage 2 was due"
    )
    narrator.say("tocsin", f"paged {second.ring.device.owner} {second.late:.1f} s late, and forgot nothing")
    return second


async def _kill_the_worker(tocsin: Tocsin, task_queue: str, due: datetime, narrator: Narrator) -> int:
    """kill -9 just before `due`; the process id of the worker that takes over."""
    workers = await worker_pids(tocsin.temporal, task_queue)
    check(len(workers) == 1, f"there should be one worker, and Temporal knows of {sorted(workers)}")
    (victim,) = workers
    await asyncio.sleep(_from_now(due - BEFORE_DUE))
    os.kill(victim, signal.SIGKILL)
    narrator.say("kill -9", f"ends the worker, process {victim}, {_distance(due)}", style="red")

    async def newcomer() -> int | None:
        return next(iter(await worker_pids(tocsin.temporal, task_queue) - workers), None)

    return await until("another worker is there", newcomer)


def _distance(due: datetime) -> str:
    seconds = _from_now(due)
    return (
        f"{seconds:.1f} s before stage 2 is due" if seconds > 0 else f"{-seconds:.1f} s after stage 2 was due"
    )


def _from_now(instant: datetime) -> float:
    return (instant - datetime.now(UTC)).total_seconds()
