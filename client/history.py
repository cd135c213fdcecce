"""Workflow histories as Temporal keeps them, and the timeline written in them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from records.batches import WrittenDown
from records.timeline import TimelineEvent

LOCAL_ACTIVITY = "core_local_activity"
"""Name of the marker that a local activity leaves in a history."""

WRITES = "write_down"
"""The local activity whose results are the timeline."""


async def history_runs(client: Client, workflow_id: str) -> list[tuple[str, WorkflowHistory]]:
    """Run ids and histories of a workflow's latest runs, as many as Temporal remembers, oldest first."""
    runs: list[tuple[str, WorkflowHistory]] = []
    run_id: str | None = None
    while True:
        try:
            history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return runs
            raise
        if not history.events:
            return runs
        started = history.events[0].workflow_execution_started_event_attributes
        runs.insert(0, (started.original_execution_run_id, history))
        run_id = started.continued_execution_run_id
        if not run_id:
            return runs


def writings(history: WorkflowHistory) -> Iterator[TimelineEvent]:
    """Every event that a workflow put on its timeline, as often as it wrote it, in order."""
    for event in history.events:
        if event.event_type != HistoryEventType.EVENT_TYPE_MARKER_RECORDED:
            continue
        marker = event.marker_recorded_event_attributes
        if marker.marker_name != LOCAL_ACTIVITY:
            continue
        about = json.loads(marker.details["data"].payloads[0].data)
        if about.get("activity_type") != WRITES or "result" not in marker.details:
            continue
        payload = marker.details["result"].payloads[0]
        written: WrittenDown = pydantic_data_converter.payload_converter.from_payload(payload, WrittenDown)
        yield from written.events
