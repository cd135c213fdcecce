"""Points of a story, taken from the histories of a run that nobody disturbed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError

from client.history import LOCAL_ACTIVITY


class Teller(StrEnum):
    """Whose history a point is in."""

    INCIDENT = "incident"
    RUNBOOK = "runbook"


@dataclass(frozen=True)
class Point:
    """The `nth` event of its kind (from 1) in one of the story's histories.

    `number` is its id in the run it was taken from; in another run the same event may have another.
    """

    teller: Teller
    kind: str
    nth: int
    number: int

    def __str__(self) -> str:
        return f"{self.teller} event {self.number}, {self.kind} no. {self.nth}"


NEAR_EFFECTS = {
    "ActivityTaskScheduled send_page": 2,
    "ActivityTaskCompleted send_page": 2,
    "ActivityTaskScheduled tocsin_run_shell": 2,
    "ActivityTaskCompleted tocsin_run_shell": 2,
    "WorkflowExecutionUpdateAccepted": 3,
    "MarkerRecorded write_down": 3,
    "StartChildWorkflowExecutionInitiated": 1,
    "WorkflowExecutionSignaled": 1,
}
"""How many points to take of kinds of event near which something can be lost or done twice."""


def points_of(teller: Teller, events: Iterable[HistoryEvent]) -> list[Point]:
    """A point for every event, in order."""
    seen: Counter[str] = Counter()
    points: list[Point] = []
    names: dict[int, str] = {}
    for event in events:
        kind = kind_of(event, names)
        seen[kind] += 1
        points.append(Point(teller, kind, seen[kind], event.event_id))
    return points


def pick(incident: Sequence[Point], runbook: Sequence[Point], count: int) -> list[Point]:
    """Points all over both histories, most of them near an effect; never a workflow's last event."""
    living = [*incident[:-1], *runbook[:-1]]
    chosen: list[Point] = []
    for kind, wanted in NEAR_EFFECTS.items():
        chosen += _spread([point for point in living if point.kind.startswith(kind)], wanted)
    others = [point for point in living if point not in chosen]
    return chosen + _spread(others, count - len(chosen))


def _spread(points: Sequence[Point], count: int) -> list[Point]:
    """`count` of the points, at equal distances."""
    return [points[int((place + 0.5) * len(points) / count)] for place in range(count)]


def kind_of(event: HistoryEvent, activities: dict[int, str]) -> str:
    """What an event is, with the name of what it is about; `activities` collects names by scheduled event."""
    kind = "".join(word.capitalize() for word in HistoryEventType.Name(event.event_type).split("_")[2:])
    about = ""
    match event.event_type:
        case HistoryEventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            about = event.activity_task_scheduled_event_attributes.activity_type.name
            activities[event.event_id] = about
        case HistoryEventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            about = activities[event.activity_task_started_event_attributes.scheduled_event_id]
        case HistoryEventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            about = activities[event.activity_task_completed_event_attributes.scheduled_event_id]
        case HistoryEventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            about = event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
        case HistoryEventType.EVENT_TYPE_MARKER_RECORDED:
            marker = event.marker_recorded_event_attributes
            if marker.marker_name == LOCAL_ACTIVITY:
                about = json.loads(marker.details["data"].payloads[0].data)["activity_type"]
    return f"{kind} {about}".rstrip()


async def reach(client: Client, incident_id: str, point: Point) -> None:
    """Wait until the story has come to the point. Fails if it ends before."""
    events = _as_they_come(client, incident_id)
    if point.teller is Teller.RUNBOOK:
        events = _as_they_come(client, await _child(events))
    names: dict[int, str] = {}
    seen = 0
    async for event in events:
        seen += kind_of(event, names) == point.kind
        if seen == point.nth:
            return
    raise AssertionError(f"the story ended before {point}")


async def _child(events: AsyncIterator[HistoryEvent]) -> str:
    async for event in events:
        if event.event_type == HistoryEventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
            return event.start_child_workflow_execution_initiated_event_attributes.workflow_id
    raise AssertionError("the story ended without a runbook")


async def _as_they_come(client: Client, workflow_id: str) -> AsyncIterator[HistoryEvent]:
    """The workflow's events, each once and as soon as it is there; waits for the workflow to be started.

    Temporal breaks a waiting read off when the workflow's task is undone by a lost worker; reading begins anew.
    """
    handle = client.get_workflow_handle(workflow_id)
    told = 0
    while True:
        try:
            async for event in handle.fetch_history_events(wait_new_event=True):
                if event.event_id > told:
                    told = event.event_id
                    yield event
        except RPCError:
            await asyncio.sleep(0.01)
        else:
            return
