"""Many executions of the mixture at once: steps a second, and how long each execution takes."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.machine import machine_seconds, processor_seconds
from benchmarks.rounds import Spread
from benchmarks.runbook_documents import MIX
from benchmarks.runbook_subjects import Runner

AT_ONCE = 200
"""Executions."""

AT_A_TIME = 100
"""Calls that start them and are under way at the same time: a front door takes no more."""


@dataclass
class BurstCost:
    """What was seen of one subject, a value per round: seconds of all and of each, processor seconds per step."""

    name: str
    seconds: list[float] = field(default_factory=list)
    lives: list[Spread] = field(default_factory=list)
    machine: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)

    def steps_per_second(self, at_once: int) -> float:
        """In the median round."""
        return at_once * len(MIX) / median(self.seconds)


async def measure_bursts(
    runners: Sequence[Runner], *, rounds: int, say: Callable[[str], None], at_once: int = AT_ONCE
) -> list[BurstCost]:
    """A burst of each, in turn, after one execution of each that does not count."""
    costs = [BurstCost(runner.name) for runner in runners]
    for runner in runners:
        await runner.run_mix()
    for number in range(1, rounds + 1):
        for runner, cost in zip(runners, costs, strict=True):
            await _burst(runner, at_once, cost)
        told = ", ".join(f"{cost.name} {at_once * len(MIX) / cost.seconds[-1]:.0f}" for cost in costs)
        say(f"round {number} of {rounds}, {at_once} executions at once, steps/s: {told}")
    return costs


async def _burst(runner: Runner, at_once: int, cost: BurstCost) -> None:
    steps = at_once * len(MIX)
    began, machine, worker = time.monotonic(), machine_seconds(), processor_seconds(runner.pid)
    free = asyncio.Semaphore(AT_A_TIME)

    async def live() -> float:
        called = time.monotonic()
        await runner.run_mix(free)
        return time.monotonic() - called

    lives = await asyncio.gather(*(live() for _ in range(at_once)))
    cost.seconds.append(time.monotonic() - began)
    cost.lives.append(Spread.of(lives))
    cost.machine.append((machine_seconds() - machine) / steps)
    cost.worker.append((processor_seconds(runner.pid) - worker) / steps)
