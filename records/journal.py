"""Writing down what workflows report: one batch, one transaction, harmless when repeated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import asyncpg

from records.batches import AutomationRecord, AutomationStepRecord, RecordBatch
from records.engagements import EngagementRecord
from records.incidents import Analysis, IncidentRecord
from records.timeline import TimelineEvent

if TYPE_CHECKING:
    from records.database import Connection

# Positions and times of a workflow's writings grow together. What stands at or after a batch's first position but is
# older was saved by a worker that died before its workflow task was done: the task was done anew, so it never was.
_NEVER_WAS = """
delete from timeline_events
 where subject_id = $1 and position >= $2 and (record ->> 'updated_time')::timestamptz < $3
"""

_EVENT = """
insert into timeline_events (event_id, subject_id, event_type, event_time, position, deleted, record)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (event_id) do update
   set event_type = excluded.event_type, event_time = excluded.event_time, position = excluded.position,
       deleted = excluded.deleted, record = excluded.record
 where ((excluded.record ->> 'updated_time')::timestamptz, excluded.position)
     > ((timeline_events.record ->> 'updated_time')::timestamptz, timeline_events.position)
"""

# What the workflow was to be started with is no longer needed: here it is, writing.
_INCIDENT = """
with started as (delete from incident_starts where incident_id = $1)
insert into incidents (incident_id, plan, title, status, impact, dedupe_key, created_at, resolved_at, closed_at,
                       record, written)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (incident_id) do update
   set title = excluded.title, status = excluded.status, impact = excluded.impact,
       resolved_at = excluded.resolved_at, closed_at = excluded.closed_at,
       record = excluded.record, written = excluded.written
 where excluded.written > incidents.written
"""

_ENGAGEMENT = """
insert into engagements (engagement_id, incident_id, contact, status, started_at, record, written)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (engagement_id) do update
   set status = excluded.status, record = excluded.record, written = excluded.written
 where excluded.written > engagements.written
"""

_AUTOMATION = """
insert into automations (execution_id, incident_id, document_name, status, document, record, parent_execution_id,
                         written)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (execution_id) do update
   set status = excluded.status, record = excluded.record, written = excluded.written,
       document = coalesce(automations.document, excluded.document)
 where excluded.written > automations.written
"""

_AUTOMATION_STEP = """
insert into automation_steps (step_execution_id, execution_id, position, status, record, written)
values ($1, $2, $3, $4, $5, $6)
on conflict (step_execution_id) do update
   set status = excluded.status, record = excluded.record, written = excluded.written
 where excluded.written > automation_steps.written
"""

_ANALYSIS = """
insert into analyses (incident_id, status, completed_at, record) values ($1, $2, $3, $4)
on conflict (incident_id) do update
   set status = excluded.status, completed_at = excluded.completed_at, record = excluded.record
"""


async def save(connection: Connection, batch: RecordBatch) -> None:
    """Write a batch in one transaction. A batch that comes twice, or after a newer one, changes nothing."""
    async with connection.transaction():
        if batch.events:
            first = batch.events[0]
            await connection.execute(_NEVER_WAS, batch.subject_id, first.position, first.updated_time)
            await connection.executemany(_EVENT, [_event(batch.subject_id, event) for event in batch.events])
        for statement, row in _rows(batch):
            await connection.execute(statement, *row)


async def save_what_can_be(connection: Connection, batch: RecordBatch) -> list[str]:
    """Write a batch whose parts PostgreSQL does not all take, each on its own; why the others were left out.

    One fact that can never be stored must not hold up all that follow it. It is still in the workflow's history.
    """
    refused = []
    parts = [(_EVENT, _event(batch.subject_id, event)) for event in batch.events]
    for statement, row in [*parts, *_rows(batch)]:
        try:
            async with connection.transaction():
                await connection.execute(statement, *row)
        except UNSAVABLE as error:
            refused.append(f"{row[0]}: {error}")
    return refused


UNSAVABLE = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""What PostgreSQL says of a row that it will never take."""


def _rows(batch: RecordBatch) -> Iterator[tuple[str, tuple[object, ...]]]:
    if batch.incident:
        yield _INCIDENT, (*_incident(batch.incident), batch.number)
    for engagement in batch.engagements:
        yield _ENGAGEMENT, (*_engagement(engagement), batch.number)
    if batch.automation:
        yield _AUTOMATION, (*_automation(batch.automation), batch.number)
    for step in batch.automation_steps:
        yield _AUTOMATION_STEP, (*_automation_step(step), batch.number)
    if batch.analysis:
        yield _ANALYSIS, _analysis(batch.analysis)


def _event(subject_id: str, event: TimelineEvent) -> tuple[object, ...]:
    return (
        event.event_id,
        subject_id,
        event.event_type,
        event.event_time,
        event.position,
        event.deleted,
        event.model_dump(mode="json"),
    )


def _incident(incident: IncidentRecord) -> tuple[object, ...]:
    return (
        incident.incident_id,
        incident.plan,
        incident.title,
        incident.status,
        incident.impact,
        incident.dedupe_key,
        incident.created_at,
        incident.resolved_at,
        incident.closed_at,
        incident.model_dump(mode="json"),
    )


def _engagement(engagement: EngagementRecord) -> tuple[object, ...]:
    return (
        engagement.engagement_id,
        engagement.incident_id,
        engagement.contact,
        engagement.status,
        engagement.started_at,
        engagement.model_dump(mode="json"),
    )


def _automation(automation: AutomationRecord) -> tuple[object, ...]:
    return (
        automation.execution_id,
        automation.incident_id,
        automation.document_name,
        automation.status,
        automation.document,
        automation.model_dump(mode="json", exclude={"document"}),
        automation.parent_execution_id,
    )


def _automation_step(step: AutomationStepRecord) -> tuple[object, ...]:
    return (step.step_execution_id, step.execution_id, step.position, step.status, step.state)


def _analysis(analysis: Analysis) -> tuple[object, ...]:
    return (analysis.incident_id, analysis.status, analysis.completed_at, analysis.model_dump(mode="json"))
