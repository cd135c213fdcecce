"""Reading what happened: timelines, engagements, executions, analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records.batches import AutomationRecord
from records.engagements import EngagementRecord
from records.incidents import Analysis
from records.timeline import TimelineEvent

if TYPE_CHECKING:
    from records.database import Connection


async def read_timeline(connection: Connection, subject_id: str) -> list[TimelineEvent]:
    """The timeline of an incident, execution or stand-alone engagement, oldest first."""
    rows = await connection.fetch(
        """select record from timeline_events where subject_id = $1 and not deleted
            order by event_time, position""",
        subject_id,
    )
    return [TimelineEvent.model_validate(row["record"]) for row in rows]


async def read_engagements(connection: Connection, incident_id: str) -> list[EngagementRecord]:
    """An incident's engagements, oldest first."""
    rows = await connection.fetch(
        "select record from engagements where incident_id = $1 order by started_at", incident_id
    )
    return [EngagementRecord.model_validate(row["record"]) for row in rows]


async def read_engagement(connection: Connection, engagement_id: str) -> EngagementRecord | None:
    """One engagement."""
    row = await connection.fetchrow("select record from engagements where engagement_id = $1", engagement_id)
    return EngagementRecord.model_validate(row["record"]) if row else None


async def read_automations(connection: Connection, incident_id: str) -> list[AutomationRecord]:
    """An incident's runbook executions, oldest first."""
    rows = await connection.fetch(
        "select record, document from automations where incident_id = $1 order by started_at", incident_id
    )
    return [_automation(row["record"], row["document"]) for row in rows]


async def read_automation(connection: Connection, execution_id: str) -> AutomationRecord | None:
    """One runbook execution."""
    row = await connection.fetchrow(
        "select record, document from automations where execution_id = $1", execution_id
    )
    return _automation(row["record"], row["document"]) if row else None


async def read_analysis(connection: Connection, incident_id: str) -> Analysis | None:
    """An incident's analysis, once it is done."""
    row = await connection.fetchrow("select record from analyses where incident_id = $1", incident_id)
    return Analysis.model_validate(row["record"]) if row else None


def _automation(record: dict[str, Any], document: dict[str, Any] | None) -> AutomationRecord:
    return AutomationRecord.model_validate(record | {"document": document})
