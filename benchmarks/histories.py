"""What an incident leaves in Temporal, and how late its stage timer was."""

import asyncio
from dataclasses import dataclass
from datetime import UTC

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from benchmarks.bursts import Burst
from benchmarks.receiver import Receiver
from benchmarks.subjects import STAGE
from client import Tocsin

SAMPLE = 5
"""Incidents of a burst that are carried through their whole life: their histories differ little."""


@dataclass(frozen=True)
class Size:
    """Events and bytes (of the events as Temporal sends them)."""

    events: int
    size: int


async def events_of(temporal: Client, workflow_id: str) -> list[HistoryEvent]:
    """A workflow's history as far as it has come."""
    return list((await temporal.get_workflow_handle(workflow_id).fetch_history()).events)


def size_of(events: list[HistoryEvent]) -> Size:
    """How much of a history this is."""
    return Size(events=len(events), size=sum(event.ByteSize() for event in events))


def first_stage(burst: Burst, events: list[HistoryEvent]) -> list[HistoryEvent]:
    """The history up to the end of the first stage: all before its timer fired, which must have happened."""
    started = [
        event.event_id
        for event in events
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
        and event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() == STAGE[burst.plan]
    ]
    fired = [
        index
        for index, event in enumerate(events)
        if event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
        and event.timer_fired_event_attributes.started_event_id in started
    ]
    return events[: fired[0]]


def started_at(events: list[HistoryEvent]) -> float:
    """When the workflow's first task began, its clock's zero: seconds since the epoch."""
    started = next(
        event for event in events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
    )
    return started.event_time.ToDatetime(UTC).timestamp()


async def lateness(plan: str, ids: list[str], temporal: Client, receiver: Receiver) -> list[float]:
    """Seconds from the end of each first stage to the second page at the receiver."""
    histories = await asyncio.gather(*(events_of(temporal, id_) for id_ in ids))
    stage = STAGE[plan].total_seconds()
    return [
        receiver.pages[id_][1] - started_at(events) - stage
        for id_, events in zip(ids, histories, strict=True)
    ]


async def whole_life(tocsin: Tocsin, incident_id: str) -> Size:
    """Acknowledge, resolve and analyse it; what its history is in the end."""
    await tocsin.acknowledge(incident_id, "ben")
    await tocsin.resolve(incident_id)
    await tocsin.complete_analysis(incident_id, summary="It was the database.")
    await tocsin.temporal.get_workflow_handle(incident_id).result()
    return size_of(await events_of(tocsin.temporal, incident_id))
