"""What must be true of a story that was disturbed, against one that was not."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.client import WorkflowHistory

from activities.paging.messages import Outcome
from definitions.automation import ExecutionStatus
from records.engagements import EngagementRecord
from records.incidents import IncidentRecord
from records.timeline import EventType, TimelineEvent
from tests.chaos.story import STEPS, Story, failed_tasks
from tests.mailbox import Letter
from workflows.messages import IncidentView

Expected = Counter[EventType]
"""How often each type of event is on the timeline, but for steps, which may be tried again."""

CONTACTS = ("ana", "ben")


def expected_of(timeline: list[TimelineEvent]) -> Expected:
    """What another story's timeline must hold, no more and no less.

    A page that is answered before its sender knows that it was handed over counts as a page: it is on the timeline
    as stopped, or as unknown when the sender was lost as well.
    """
    types = [EventType.PAGE if _may_have_arrived(event) else event.event_type for event in timeline]
    return Counter(kind for kind in types if kind is not EventType.AUTOMATION_STEP)


def _may_have_arrived(event: TimelineEvent) -> bool:
    unknown = event.event_type is EventType.PAGE_FAILURE and event.data["outcome"] == Outcome.UNKNOWN
    return unknown or event.event_type is EventType.PAGE_STOP


async def complaints_about(story: Story, expected: Expected, *, killed: datetime) -> list[str]:
    """What is wrong with a story that has ended and whose worker was killed once."""
    incident = await story.history(story.incident_id)
    execution = await story.execution()
    runbook = await story.history(execution)
    return [
        *[f"a workflow task failed: {why}" for why in failed_tasks(incident) + failed_tasks(runbook)],
        *await _about_timelines(story, execution, expected),
        *await _about_rows(story, execution),
        *_about_pages(story, incident, killed),
        *_about_steps(story, runbook),
    ]


def repeated_pages(story: Story) -> list[list[Letter]]:
    """Mails that came more than once, each with its copies."""
    copies: dict[str, list[Letter]] = {}
    for contact in CONTACTS:
        for letter in story.letters(contact):
            copies.setdefault(letter.message_id, []).append(letter)
    return [letters for letters in copies.values() if len(letters) > 1]


async def _about_timelines(story: Story, execution: str, expected: Expected) -> list[str]:
    told = []
    for id_ in (story.incident_id, execution):
        records, history = await story.tocsin.timeline(id_), await story.tocsin.timeline_from_history(id_)
        told += [f"only in the records: {event}" for event in records if event not in history]
        told += [f"only in the history: {event}" for event in history if event not in records]
        if [event.event_id for event in records] != [event.event_id for event in history]:
            told.append("records and history differ in their order")
    timeline = await story.tocsin.timeline_from_history(story.incident_id)
    if (found := expected_of(timeline)) != expected:
        told.append(f"missing from the timeline: {expected - found}; too much on it: {found - expected}")
    return told


async def _about_rows(story: Story, execution: str) -> list[str]:
    """Whether the rows show how the workflows ended."""
    client, details = story.tocsin.temporal, await story.tocsin.get_incident(story.incident_id)
    incident = client.get_workflow_handle(story.incident_id, result_type=IncidentRecord)
    view = await incident.query("state", result_type=IncidentView)
    state = await client.get_workflow_handle(execution).query("state")
    pairs = [
        ("incident", details.incident, await incident.result()),
        ("engagements", _without_bookkeeping(details.engagements), _without_bookkeeping(view.engagements)),
        ("execution", details.automations[0].state, state),
        ("execution's status", details.automations[0].status, ExecutionStatus.SUCCESS),
    ]
    return [
        f"the {name} in the records is {row}, it ended as {end}" for name, row, end in pairs if row != end
    ]


def _without_bookkeeping(engagements: list[EngagementRecord]) -> list[dict[str, Any]]:
    """Engagements as people see them; whether a person's plan has run to its end is the engine's business."""
    people = {"people": {"__all__": {"finished"}}}
    return [engagement.model_dump(exclude=people) for engagement in engagements]


def _about_pages(story: Story, incident: WorkflowHistory, killed: datetime) -> Iterator[str]:
    """Every contact is paged by one mail, which may come twice if the kill fell into its handing over."""
    for contact in CONTACTS:
        if (mails := {letter.message_id for letter in story.letters(contact)}) and len(mails) == 1:
            continue
        yield f"{contact} got {len(mails)} mails"
    repeated = repeated_pages(story)
    if sum(len(copies) - 1 for copies in repeated) > 1:
        yield f"one kill repeated {sum(len(copies) - 1 for copies in repeated)} pages"
    completed = _completions(incident)
    for copies in repeated:
        key = copies[0].message_id.strip("<>").partition("@")[0]
        if not copies[0].at <= killed.timestamp() <= completed.get(f"page-{key}", math.inf):
            yield f"page {key} came twice, but the kill did not fall between its handing over and its completion"


def _about_steps(story: Story, runbook: WorkflowHistory) -> Iterator[str]:
    """Every script runs; only one whose worker was lost runs again."""
    traced = story.traced()
    lost = sum(
        event.event_type == HistoryEventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT for event in runbook.events
    )
    if set(traced) != set(STEPS):
        yield f"scripts that ran: {dict(traced)}, all of {STEPS} should have"
    if traced.total() - len(STEPS) > lost:
        yield f"{lost} scripts were lost with their worker, but they ran {dict(traced)}"


def _completions(history: WorkflowHistory) -> dict[str, float]:
    """When each activity was completed, by its id; one that was cancelled was not."""
    ids: dict[int, str] = {}
    completed: dict[str, float] = {}
    for event in history.events:
        if event.event_type == HistoryEventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            ids[event.event_id] = event.activity_task_scheduled_event_attributes.activity_id
        elif event.event_type == HistoryEventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            scheduled = event.activity_task_completed_event_attributes.scheduled_event_id
            completed[ids[scheduled]] = event.event_time.ToDatetime(tzinfo=UTC).timestamp()
    return completed
