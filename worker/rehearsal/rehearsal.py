"""Rehearsing a plan: who would be paged when, which stage nobody would hear, and when the plan would run out."""

import contextlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from definitions.base import Alias
from definitions.catalog import Catalog
from definitions.durations import Duration
from definitions.response_plans import ResponsePlan
from records.base import Record
from records.engagements import EngagementRecord, EngagementStatus
from records.incidents import IncidentRecord, Trigger
from worker.rehearsal.clock import Clock, server_with_clocks
from worker.rehearsal.recording import Recording
from worker.rehearsal.telling import Rehearsal, Teller
from workflows.automation import AutomationWorkflow
from workflows.incident import IncidentWorkflow
from workflows.inputs import EngagementInput, IncidentInput
from workflows.messages import Acknowledge, Decline
from workflows.stand_alone import EngagementWorkflow
from workflows.starting import start_incident_workflow

QUEUE = "rehearsal"

BY = "rehearsal"
"""The author of everything that is rehearsed."""


class Answer(StrEnum):
    """What somebody says in a rehearsal."""

    ACK = "ack"
    DECLINE = "decline"


class Cue(Record):
    """Somebody answers, so long after the start."""

    contact: Alias
    answer: Answer
    after: Duration


async def rehearse(
    catalog: Catalog,
    name: str,
    *,
    at: datetime,
    cues: Sequence[Cue] = (),
    impact: int | None = None,
    longest: timedelta = timedelta(days=1),
) -> Rehearsal:
    """Run the real workflows for a response plan, escalation plan, schedule or contact, and page nobody.

    `cues` are the answers; without any nobody answers. Whatever still goes on after `longest` is cut off.
    Raises KeyError for an unknown name.
    """
    async with server_with_clocks() as env:
        id_ = str(uuid.uuid4())
        await _start(env.client, catalog, name, id_, impact=impact)
        clock = Clock(env, id_)
        recording = Recording(offset=at - await clock.began())
        async with _worker(env.client, recording):
            refused: list[tuple[timedelta, str]] = []
            for cue in sorted(cues, key=lambda one: one.after):
                await clock.move_to(cue.after, margin=timedelta(0))
                with contextlib.suppress(WorkflowUpdateFailedError):
                    await _answer(clock, cue)
                    continue
                said = f"{cue.contact} would {cue.answer}, but has not been paged"
                refused.append((cue.after, said))
            while not all(map(_is_over, await _engagements(clock))) and await clock.step(longest):
                pass
            await clock.settled()
            teller = Teller(at, clock, await clock.began())
            return teller.whole(name, recording, await _engagements(clock), refused, longest)


def _worker(client: Client, recording: Recording) -> Worker:
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[IncidentWorkflow, EngagementWorkflow, AutomationWorkflow],
        activities=[
            recording.send_page,
            recording.write_down,
            recording.save_records,
            recording.archive_history,
            recording.who_is_on_call,
            recording.is_it_working_hours,
        ],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


async def _start(client: Client, catalog: Catalog, name: str, id_: str, *, impact: int | None) -> None:
    now = datetime.now(UTC)
    plan = catalog.response_plans.get(name)
    if plan is not None:
        given = _incident_input(catalog, plan, id_, now, impact)
        await start_incident_workflow(client, given, task_queue=QUEUE)
        return
    part = catalog.part_for_engagement(name)
    record = EngagementRecord(
        engagement_id=id_, contact=name, sender=BY, subject="A rehearsal", impact=impact, started_at=now
    )
    given_engagement = EngagementInput(engagement=record, catalog=part)
    await client.start_workflow(EngagementWorkflow.run, given_engagement, id=id_, task_queue=QUEUE)


def _incident_input(
    catalog: Catalog, plan: ResponsePlan, id_: str, now: datetime, impact: int | None
) -> IncidentInput:
    """The plan without what would act on the world: its runbook, and the analysis that would be owed."""
    plan = plan.model_copy(update={"runbook": None, "analysis": None})
    template = plan.incident_template
    incident = IncidentRecord(
        incident_id=id_,
        plan=plan.name,
        title=template.title,
        summary=template.summary,
        impact=impact or template.impact,
        dedupe_key=id_,
        trigger=Trigger(),
        created_by=BY,
        created_at=now,
        modified_by=BY,
        modified_at=now,
    )
    return IncidentInput(incident=incident, plan=plan, catalog=catalog.part_for(plan))


async def _answer(clock: Clock, cue: Cue) -> None:
    if cue.answer is Answer.ACK:
        await clock.handle.execute_update("acknowledge", Acknowledge(contact=cue.contact, author=cue.contact))
    else:
        await clock.handle.execute_update("decline", Decline(contact=cue.contact, author=cue.contact))


async def _engagements(clock: Clock) -> list[EngagementRecord]:
    state: dict[str, Any] = await clock.handle.query("state")
    return [EngagementRecord.model_validate(one) for one in state.get("engagements", [state])]


def _is_over(record: EngagementRecord) -> bool:
    people = record.people.values()
    return record.status is not EngagementStatus.ENGAGED and all(person.finished for person in people)
