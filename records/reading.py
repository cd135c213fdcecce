"""Reading what happened: timelines, engagements, executions, analyses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from definitions.automation import AutomationDocument
from definitions.automation.document_steps import DocumentSteps
from definitions.automation.step_records import not_begun
from records.batches import AutomationRecord, AutomationStepRecord
from records.engagements import EngagementRecord
from records.incidents import Analysis
from records.timeline import TimelineEvent

if TYPE_CHECKING:
    import asyncpg

    from records.database import Connection


_STEPS = """
select steps.step_execution_id::text, steps.execution_id::text, steps.position, steps.status, steps.record as state
  from automation_steps as steps
"""


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
        """select record, document from automations where incident_id = $1 order by started_at""",
        incident_id,
    )
    steps = await connection.fetch(
        f"{_STEPS} join automations using (execution_id) where incident_id = $1 order by position",
        incident_id,
    )
    records = _step_records(steps)
    return [_automation(row["record"], row["document"], records) for row in rows]


async def read_automation(connection: Connection, execution_id: str) -> AutomationRecord | None:
    """One runbook execution; the steps of its state with their inputs and outputs."""
    row = await connection.fetchrow(
        "select record, document from automations where execution_id = $1", execution_id
    )
    if row is None:
        return None
    steps = await read_automation_steps(connection, execution_id)
    return _automation(row["record"], row["document"], steps)


async def read_automation_steps(connection: Connection, execution_id: str) -> list[AutomationStepRecord]:
    """Every time that a step of an execution ran, in the order they began."""
    rows = await connection.fetch(
        f"{_STEPS} where steps.execution_id = $1 order by position",
        execution_id,
    )
    return _step_records(rows)


async def read_children(connection: Connection, execution_id: str) -> list[AutomationRecord]:
    """The executions that an execution started, oldest first."""
    rows = await connection.fetch(
        "select record, null::json as document from automations where parent_execution_id = $1 order by started_at",
        execution_id,
    )
    return [_automation(row["record"], None) for row in rows]


async def read_analysis(connection: Connection, incident_id: str) -> Analysis | None:
    """An incident's analysis, once it is done."""
    row = await connection.fetchrow("select record from analyses where incident_id = $1", incident_id)
    return Analysis.model_validate(row["record"]) if row else None


def _step_records(rows: Iterable[asyncpg.Record]) -> list[AutomationStepRecord]:
    return [AutomationStepRecord.model_validate(dict(row)) for row in rows]


def _automation(
    record: dict[str, Any], document: dict[str, Any] | None, steps: Sequence[AutomationStepRecord] = ()
) -> AutomationRecord:
    automation = AutomationRecord.model_validate(record | {"document": document})
    # Executions of earlier versions have their steps in the state itself.
    if document is not None and automation.state and "steps" not in automation.state:
        automation.state["steps"] = _steps(automation, document, steps)
    return automation


def _steps(
    automation: AutomationRecord, document: dict[str, Any], runs: Sequence[AutomationStepRecord]
) -> list[dict[str, Any]]:
    """The state of every step of the document: of its latest run, or as one that has not begun."""
    latest = {
        run.state["name"]: run.state
        for run in sorted(runs, key=lambda run: run.position)
        if run.execution_id == automation.execution_id
    }
    all_steps = DocumentSteps(AutomationDocument.model_validate(document))
    return [
        latest.get(step.name) or step.model_dump(mode="json")
        for step in not_begun(all_steps, automation.execution_id)
    ]
