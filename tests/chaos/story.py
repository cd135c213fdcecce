"""The story that each test disturbs, told to its end by people who act when they see something, and try again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.client import WorkflowHistory

from client import ConflictError, Tocsin, UnavailableError
from definitions.automation import ExecutionStatus, StepStatus
from records.incidents import RelatedItem, RelatedItemType
from records.timeline import EventType, TimelineEvent
from tests.mailbox import Letter, Mailbox

LOOK = 0.1
"""Seconds between two looks at how the story stands."""

STEPS = ("look", "mend", "verify")
"""The runbook's steps that leave a trace."""


class Story:
    """One incident of a plan in definitions.yaml: Ana does not answer, Ben does, Chi approves, all ends well."""

    def __init__(self, tocsin: Tocsin, mailbox: Mailbox, *, traces: Path) -> None:
        self.tocsin = tocsin
        self.traces = traces
        self.incident_id = ""
        self._mailbox = mailbox

    async def begin(self, plan: str = "shop-down") -> bool:
        """The alarm; whether the incident runs already."""
        item = RelatedItem(type=RelatedItemType.INVOLVED_RESOURCE, value=str(self.traces), title="traces")
        started = await self.tocsin.start_incident(plan, related_items=[item])
        self.incident_id = started.incident.incident_id
        return started.running

    async def tell(self) -> None:
        """Everything that people do, to the end of the incident's life."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.acknowledge())
            group.create_task(self.approve())
        await self.finish()

    async def acknowledge(self) -> None:
        """Ben answers once he is paged."""
        await self.paged("ben")
        await _insist(lambda: self.tocsin.acknowledge(self.incident_id, "ben", note="looking"))

    async def approve(self) -> None:
        """Chi approves once the runbook asks, and sees the runbook through."""
        execution = await self._execution_with(lambda steps, status: steps.get("ask") == StepStatus.WAITING)
        await _insist(lambda: self.tocsin.approve(execution, comment="go"))
        await self._execution_with(lambda steps, status: status == ExecutionStatus.SUCCESS)
        await self.on_the_timeline(EventType.AUTOMATION_END)

    async def finish(self) -> None:
        """It is over, and something is learned."""
        tocsin, id_ = self.tocsin, self.incident_id
        await _insist(lambda: tocsin.update_incident(id_, impact=4))
        await _insist(lambda: tocsin.resolve(id_))
        await _insist(lambda: tocsin.complete_analysis(id_, answers={"P1": "A second database."}))
        await tocsin.temporal.get_workflow_handle(id_).result()

    async def on_the_timeline(self, event_type: EventType) -> TimelineEvent:
        """The first event of a type on the incident's timeline in the records, once it is there."""
        while True:
            for event in await self.tocsin.timeline(self.incident_id):
                if event.event_type is event_type:
                    return event
            await asyncio.sleep(LOOK)

    async def paged(self, contact: str) -> Letter:
        """The first page to a contact, once it is there."""
        while not (letters := self.letters(contact)):  # noqa: ASYNC110 - the mail server tells nobody
            await asyncio.sleep(LOOK)
        return letters[0]

    def letters(self, contact: str) -> list[Letter]:
        """This incident's pages to a contact, repeated ones too."""
        return [
            letter
            for letter in self._mailbox.to(f"{contact}@shop.example")
            if letter.message["X-Tocsin-Incident"] == self.incident_id
        ]

    def traced(self) -> Counter[str]:
        """How often each of the runbook's scripts ran."""
        return Counter(self.traces.read_text().split()) if self.traces.exists() else Counter()

    async def execution(self) -> str:
        """The id of the runbook's execution, from the records."""
        [automation] = (await self.tocsin.get_incident(self.incident_id)).automations
        return automation.execution_id

    async def history(self, workflow_id: str) -> WorkflowHistory:
        return await self.tocsin.temporal.get_workflow_handle(workflow_id).fetch_history()

    async def lateness(self) -> float:
        """Seconds between the second stage's due time and its page."""
        timeline = await self.tocsin.timeline_from_history(self.incident_id)
        return self.letters("ben")[0].at - second_stage_due(timeline)

    async def _execution_with(self, ready: Callable[[dict[str, str], str], bool]) -> str:
        """The execution's id once its records show what is waited for."""
        while True:
            for automation in (await self.tocsin.get_incident(self.incident_id)).automations:
                steps = {step["name"]: step["status"] for step in automation.state.get("steps", [])}
                if ready(steps, automation.status):
                    return automation.execution_id
            await asyncio.sleep(LOOK)


def second_stage_due(timeline: list[TimelineEvent], *, stage: timedelta = timedelta(seconds=2)) -> float:
    """The instant, as a timestamp, when the first stage has lasted its time."""
    first = next(event for event in timeline if event.event_type is EventType.ENGAGEMENT_STAGE)
    return (first.event_time + stage).timestamp()


def failed_tasks(history: WorkflowHistory) -> list[str]:
    """Why workflow tasks failed, but for those that ended a workflow while a message came in: they are done anew."""
    failed = [
        event.workflow_task_failed_event_attributes
        for event in history.events
        if event.event_type == HistoryEventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]
    harmless = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    return [f"{task.cause} {task.failure.message}" for task in failed if task.cause != harmless]


async def _insist(act: Callable[[], Awaitable[object]]) -> None:
    """Try until there is an answer; a conflict after an unanswered try says that the try had come through."""
    unanswered = False
    while True:
        try:
            await act()
        except UnavailableError:
            unanswered = True
            await asyncio.sleep(LOOK)
        except ConflictError:
            if not unanswered:
                raise
            return
        else:
            return
