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
from worker.rehearsal.clock import MARGIN, Clock, server_with_clocks
from worker.rehearsal.endless import Endless
from worker.rehearsal.planned import PlannedTimes
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


class UnknownContactError(Exception):
    """Somebody is to answer whom no definition knows; the message names those that are known."""

    def __init__(self, contact: str, known: Sequence[str]) -> None:
        super().__init__(f"nobody is called {contact!r}; known contacts: {', '.join(known)}")


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

    `cues` are the answers; without any nobody answers. Whatever still goes on after `longest` is cut off,
    and a plan that repeats until somebody acknowledges after its third round.
    Raises KeyError for an unknown name, UnknownContactError for an unknown contact in a cue.
    """
    if unknown := {cue.contact for cue in cues} - catalog.contacts.keys():
        raise UnknownContactError(min(unknown), sorted(catalog.contacts))
    at = at.replace(microsecond=0)
    async with server_with_clocks() as env:
        id_ = str(uuid.uuid4())
        await _start(env.client, catalog, name, id_, impact=impact)
        clock = Clock(env, id_)
        times = PlannedTimes(clock)
        recording = Recording(start=at, times=times)
        refused: list[tuple[timedelta, str]] = []
        async with _worker(env.client, recording):
            for cue in sorted(cues, key=lambda one: one.after):
                if said := await _play(clock, times, cue):
                    refused.append((cue.after, said))
            endless = Endless(catalog, recording)
            while not all(endless.goes_on_alike(one) or _is_over(one) for one in await _engagements(clock)):
                if not await _step(clock, times, longest):
                    break
            await clock.settled()
            await times.look()
            return Teller(at, times, endless).whole(
                name, recording, await _engagements(clock), refused, longest
            )


async def _step(clock: Clock, times: PlannedTimes, limit: timedelta, *, inclusive: bool = True) -> bool:
    """Move on to the next timer that is due by `limit`; False if there is none."""
    await clock.settled()
    due = [one for one in await times.timers() if one.planned < limit or (inclusive and one.planned == limit)]
    if not due or await clock.over():
        return False
    await clock.jump(min(one.fires_at for one in due) + MARGIN)
    return True


async def _play(clock: Clock, times: PlannedTimes, cue: Cue) -> str | None:
    """Have somebody answer, before whatever is due at the same time; what to say if they cannot."""
    while await _step(clock, times, cue.after, inclusive=False):
        pass
    now = await clock.instant()
    to = await clock.began() + cue.after + times.delay(now)
    await clock.jump(min([to, *(one.fires_at - MARGIN for one in await times.timers())]))
    await times.look()
    times.follows_from(await clock.instant(), cue.after)
    with contextlib.suppress(WorkflowUpdateFailedError):
        await _answer(clock, cue)
        await clock.settled()
        return None
    verb = "acknowledge" if cue.answer is Answer.ACK else "decline"
    return f"{cue.contact} would {verb}, but has not been paged"


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
