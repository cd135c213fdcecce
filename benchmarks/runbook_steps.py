"""What one step costs: documents of many equal steps against short ones, Tocsin and the floor in turn."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from benchmarks.histories import Size, events_of, size_of
from benchmarks.machine import machine_seconds, processor_seconds
from benchmarks.rounds import Spread
from benchmarks.runbook_documents import LONG, SHORT, Kind
from benchmarks.runbook_subjects import Runner

_REST = 1.0
"""Seconds before a long run: Temporal reads its queues at a limited rate, and lets one who rested go faster."""

_BEFORE_STEPS = "identify_account"
"""The activity that an execution begins with."""


_STARTED = (EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED)


@dataclass
class StepCost:
    """One subject's steps of one kind, in seconds.

    `steps`: each step; `worked`: what the worker had of it, tasks that it was given and had not answered yet;
    `whole`: each execution of the short document. `processor` is what the worker and its children used per step,
    `machine` what everything did: a sandbox leaves its processes to others.
    """

    steps: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    machine: list[float] = field(default_factory=list)
    events: float = 0.0
    size: float = 0.0
    workflow_tasks: float = 0.0
    markers: float = 0.0


@dataclass
class KindResult:
    """One kind of step, both subjects."""

    kind: Kind
    floor: StepCost = field(default_factory=StepCost)
    tocsin: StepCost = field(default_factory=StepCost)

    @property
    def ratio(self) -> Spread:
        """Tocsin over the floor."""
        return _ratio(self.tocsin.steps, self.floor.steps)

    @property
    def worked_ratio(self) -> Spread:
        """The same without the time in which tasks and timers wait in Temporal's own queues."""
        return _ratio(self.tocsin.worked, self.floor.worked)


def _ratio(ours: list[float], bare: list[float]) -> Spread:
    above, below = Spread.of(ours), Spread.of(bare)
    return Spread(p50=above.p50 / below.p50, p99=above.p99 / below.p99)


async def measure_steps(
    tocsin: Runner, floor: Runner, temporal: Client, *, rounds: int, say: Callable[[str], None]
) -> list[KindResult]:
    """Each kind `rounds` times for both in turn, after one short run of each that does not count."""
    results = [KindResult(kind) for kind in LONG]
    for kind in LONG:
        for runner in (floor, tocsin):
            await runner.run_equal(kind, SHORT)
    for number in range(1, rounds + 1):
        for result in results:
            await _measure(result.kind, floor, temporal, result.floor)
            await _measure(result.kind, tocsin, temporal, result.tocsin)
        ratios = ", ".join(
            f"{result.kind} {result.ratio.p50:.2f} ({result.worked_ratio.p50:.2f} in the worker)"
            for result in results
        )
        say(f"round {number} of {rounds}, steps over the floor so far: {ratios}")
    return results


async def _measure(kind: Kind, runner: Runner, temporal: Client, cost: StepCost) -> None:
    """One short and one long run."""
    steps = LONG[kind]
    short = await events_of(temporal, await runner.run_equal(kind, SHORT))
    await asyncio.sleep(_REST)
    before, machine = processor_seconds(runner.pid), machine_seconds()
    long = await events_of(temporal, await runner.run_equal(kind, steps))
    cost.processor.append((processor_seconds(runner.pid) - before) / steps)
    cost.machine.append((machine_seconds() - machine) / steps)
    cost.whole.append(_seconds(short[0], short[-1]))
    marks = [index for index, event in enumerate(long) if _begins_step(event)]
    if len(marks) >= steps:
        parts = [long[one : other + 1] for one, other in pairwise(marks[:steps])]
        cost.steps += [_seconds(part[0], part[-1]) for part in parts]
        cost.worked += [_worked(part) for part in parts]
    else:
        # Steps that leave no event of their own, all in one workflow task.
        more = _seconds(long[0], long[-1]) - _seconds(short[0], short[-1])
        cost.steps.append(max(more, 0.0) / (steps - SHORT))
        cost.worked.append(max(_worked(long) - _worked(short), 0.0) / (steps - SHORT))
    _weigh(short, long, steps - SHORT, cost)


def _weigh(short: Sequence[HistoryEvent], long: Sequence[HistoryEvent], steps: int, cost: StepCost) -> None:
    fewer, more = size_of(list(short)), size_of(list(long))
    per_step = Size(events=more.events - fewer.events, size=more.size - fewer.size)
    cost.events, cost.size = per_step.events / steps, per_step.size / steps

    def each(kind: EventType.ValueType) -> float:
        counts = [sum(event.event_type == kind for event in events) for events in (short, long)]
        return (counts[1] - counts[0]) / steps

    cost.workflow_tasks = each(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
    cost.markers = each(EventType.EVENT_TYPE_MARKER_RECORDED)


def _begins_step(event: HistoryEvent) -> bool:
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return event.activity_task_scheduled_event_attributes.activity_type.name != _BEFORE_STEPS
    return event.event_type == EventType.EVENT_TYPE_TIMER_STARTED


def _worked(events: Sequence[HistoryEvent]) -> float:
    """Seconds between the starts of tasks and their answers."""
    return sum(_seconds(one, other) for one, other in pairwise(events) if one.event_type in _STARTED)


def _seconds(one: HistoryEvent, other: HistoryEvent) -> float:
    between = other.event_time.ToNanoseconds() - one.event_time.ToNanoseconds()
    return between / 1_000_000_000


def middle_ms(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return median(seconds) * 1000
