"""The life of an incident, from its trigger to what was learned."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.climbing import Calendar
from workflows.engagement import Engagement
from workflows.engagements import Engagements
from workflows.journal import Journal
from workflows.paging import Desk
from workflows.person import Words

with workflow.unsafe.imports_passed_through():
    from records.batches import RecordBatch
    from records.engagements import EngagementRecord
    from records.incidents import MAX_RELATED_ITEMS, Analysis, IncidentRecord, IncidentStatus
    from records.timeline import SYSTEM, EventType, TimelineEvent, fold
    from workflows import search_attributes
    from workflows.messages import (
        AddEvent,
        AutomationReport,
        ChangeRelatedItem,
        CompleteAnalysis,
        DeleteEvent,
        Disengage,
        Duplicate,
        EditEvent,
        Engage,
        IncidentView,
        Refusal,
        Reopen,
        Resolve,
        SkipAnalysis,
        StartRunbook,
        Update,
        refuse,
    )

from workflows.analysis import AnalysisDesk
from workflows.answers import Answering
from workflows.archiving import archive
from workflows.inputs import Carried, IncidentInput
from workflows.runbooks import Runbooks
from workflows.signals import read_signal
from workflows.timeline_edits import TimelineEdits

LONGEST_HISTORY = 30_000
LARGEST_HISTORY = 30_000_000
"""Events and bytes that Temporal certainly still takes (it ends workflows at 51,200 events or 50 MB)."""

LAST_REPORTS = timedelta(minutes=1)
"""How long a closed incident stays to hear the end of a runbook that runs; it does not stay for one that waits."""

FIRST_PAGES = timedelta(seconds=1)
"""How long the runbook waits for the first pages to be out."""


@workflow.defn
class IncidentWorkflow(Answering):
    """Executes a response plan: engages, runs the runbook, keeps the timeline, waits for the analysis."""

    @workflow.init
    def __init__(self, given: IncidentInput) -> None:
        """Handlers may run before `run`, so everything they touch is built here."""
        carried = given.carried or Carried()
        self._given = given
        self._incident = given.incident
        self._automations = carried.automations
        self._runs = carried.runs
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = False
        self._desk = Desk()
        self._journal = Journal(self._incident.incident_id, carried.journal, self._records)
        self._journal.hold_for(self._desk.leaving_now)
        self._edits = TimelineEdits(self._journal, carried.editable)
        self._runbooks = Runbooks(self._incident, self._automations, self._journal, changed=self._touch)
        self._analysis = AnalysisDesk(
            self._incident, given.plan, given.catalog, carried, self._desk, self._journal
        )
        self._engagements = Engagements(
            self._incident,
            given.catalog,
            carried.engagements,
            words=Words(given.plan.name, given.plan.messages),
            desk=self._desk,
            journal=self._journal,
        )
        self._planned_runbook: asyncio.Task[None] | None = None
        if given.carried is None:
            self._open()

    @workflow.run
    async def run(self, given: IncidentInput) -> IncidentRecord:
        """Live until the analysis is done, in as many runs as the history needs.

        A cancellation ends nothing: an incident ends when it is resolved and analysed.
        """
        life = asyncio.create_task(self._live(given.carried is not None))
        while not life.done():
            try:
                await workflow.wait_condition(life.done)
            except asyncio.CancelledError:
                reason = "an incident is not cancelled: resolve it, and complete or skip its analysis"
                self._journal.note(EventType.REFUSED_SIGNAL, {"signal": "cancel", "reason": reason})
        return life.result()

    async def _live(self, resumed: bool) -> IncidentRecord:
        for engagement in self._engagements:
            self._spawn(engagement.run())
        self._spawn(self._journal.keep())
        self._spawn(self._journal.catch_up())
        self._spawn(self._analysis.remind())
        if resumed:
            self._spawn(archive(self._incident.incident_id, self._runs, only_last=True))
        else:
            self._planned_runbook = asyncio.create_task(self._run_planned_runbook())
            self._tasks.append(self._planned_runbook)
        await workflow.wait_condition(
            lambda: (
                self._incident.closed_at is not None or self._history_is_long() or self._failed() is not None
            )
        )
        if failed := self._failed():
            failed.result()
        if self._incident.closed_at is None:
            await self._continue_as_new()
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: not self._runbooks.speaking, timeout=LAST_REPORTS)
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and self._desk.idle)
        await self._journal.saved()
        await archive(self._incident.incident_id, [*self._runs, workflow.info().run_id])
        await self._journal.saved()  # a runbook may have reported meanwhile
        return self._incident

    # What people and programs can do. Each is an update: the caller learns whether it was accepted, and what it
    # wrote can be read when the answer comes. `acknowledge`, `resolve` and `complete_analysis` are signals as well,
    # so that Temporal's own tools are enough in an emergency. A signal that raised would fail every later workflow
    # task, so signals take any input, and more of it than they need.

    @workflow.update
    async def resolve(self, message: Resolve) -> IncidentRecord:
        """It is over: paging stops, and the analysis is due."""
        self._resolve(message)
        return await self._answer()

    @resolve.validator
    def _check_resolve(self, message: Resolve) -> None:
        self._must_be(IncidentStatus.OPEN)

    @workflow.update
    async def reopen(self, message: Reopen) -> IncidentRecord:
        """It was not over. Nobody is paged anew; engage whom you need."""
        self._incident.status = IncidentStatus.OPEN
        self._incident.resolved_at = None
        self._analysis.not_due()
        self._change(message.author, {"status": IncidentStatus.OPEN, "reason": message.reason})
        return await self._answer()

    @reopen.validator
    def _check_reopen(self, message: Reopen) -> None:
        self._must_be(IncidentStatus.RESOLVED)

    @workflow.update
    async def update(self, message: Update) -> IncidentRecord:
        """Change title, summary, impact or chat channel (AWS: recorded and notified).

        Nobody is paged for it, unless the impact rises and the plan says so.
        """
        before = self._incident.impact
        changes = {
            name: value
            for name in ("title", "summary", "impact", "chat_channel")
            if (value := getattr(message, name)) is not None and value != getattr(self._incident, name)
        }
        for name, value in changes.items():
            setattr(self._incident, name, value or None if name == "chat_channel" else value)
        if changes:
            self._change(message.author, changes)
        if self._incident.impact != before:
            self._engagements.take_impact(self._incident.impact)
            if self._incident.impact < before:
                self._re_engage(message.author)
        return await self._answer()

    @update.validator
    def _check_update(self, message: Update) -> None:
        self._must_not_be_closed()

    @workflow.update
    async def add_event(self, message: AddEvent) -> str:
        """A custom event or note on the timeline; its id."""
        self._edits.add(message)
        await self._journal.written()
        return message.event_id

    @add_event.validator
    def _check_add_event(self, message: AddEvent) -> None:
        self._must_not_be_closed()
        self._edits.check_add(message)

    @workflow.update
    async def edit_event(self, message: EditEvent) -> str:
        """New content for a custom event or note; its id."""
        self._edits.edit(message)
        await self._journal.written()
        return message.event_id

    @edit_event.validator
    def _check_edit_event(self, message: EditEvent) -> None:
        self._must_not_be_closed()
        self._edits.check_known(message)

    @workflow.update
    async def delete_event(self, message: DeleteEvent) -> str:
        """Take a custom event or note off the timeline; its id."""
        self._edits.delete(message)
        await self._journal.written()
        return message.event_id

    @delete_event.validator
    def _check_delete_event(self, message: DeleteEvent) -> None:
        self._must_not_be_closed()
        self._edits.check_known(message)

    @workflow.update
    async def add_related_item(self, message: ChangeRelatedItem) -> IncidentRecord:
        """Tie something to the incident; one that is there already stays as it is."""
        if not any(item.same_as(message.item) for item in self._incident.related_items):
            self._incident.related_items.append(message.item)
            self._change(
                message.author, {"relatedItems": {"itemToAdd": message.item.model_dump(mode="json")}}
            )
        return await self._answer()

    @add_related_item.validator
    def _check_add_related_item(self, message: ChangeRelatedItem) -> None:
        self._must_not_be_closed()
        if len(self._incident.related_items) >= MAX_RELATED_ITEMS:
            raise refuse(
                Refusal.CONFLICT, f"the incident has {MAX_RELATED_ITEMS} related items; remove one first"
            )

    @workflow.update
    async def remove_related_item(self, message: ChangeRelatedItem) -> IncidentRecord:
        """Untie what has the same type and value."""
        kept = [item for item in self._incident.related_items if not item.same_as(message.item)]
        self._incident.related_items = kept
        self._change(message.author, {"relatedItems": {"itemToRemove": message.item.model_dump(mode="json")}})
        return await self._answer()

    @remove_related_item.validator
    def _check_remove_related_item(self, message: ChangeRelatedItem) -> None:
        self._must_not_be_closed()
        if not any(item.same_as(message.item) for item in self._incident.related_items):
            raise refuse(Refusal.NOT_FOUND, f"no related item {message.item.type} {message.item.value!r}")

    @workflow.update
    async def engage(self, message: Engage) -> EngagementRecord:
        """Page someone else as well."""
        engagement = self._engagements.engage(message)
        if engagement is not None:
            self._spawn(engagement.run())
        await self._journal.written()
        return self._engagements.record(message.engagement_id)

    @engage.validator
    def _check_engage(self, message: Engage) -> None:
        self._must_be(IncidentStatus.OPEN)
        self._engagements.check_engage(message)

    @workflow.update
    async def disengage(self, message: Disengage) -> EngagementRecord:
        """Stop one engagement."""
        self._engagements.disengage(message)
        await self._journal.written()
        return self._engagements.record(message.engagement_id)

    @disengage.validator
    def _check_disengage(self, message: Disengage) -> None:
        self._must_not_be_closed()
        self._engagements.check_disengage(message)

    @workflow.update
    async def start_runbook(self, message: StartRunbook) -> str:
        """Run a runbook for this incident; the id of its execution."""
        await self._runbooks.start(message)
        await self._journal.written()
        return message.execution_id

    @start_runbook.validator
    def _check_start_runbook(self, message: StartRunbook) -> None:
        self._must_be(IncidentStatus.OPEN)
        self._runbooks.check(message)

    @workflow.update
    async def complete_analysis(self, message: CompleteAnalysis) -> Analysis:
        """What was learned; it ends the incident's life."""
        return await self._close(self._analysis.complete(message))

    @complete_analysis.validator
    def _check_complete_analysis(self, message: CompleteAnalysis) -> None:
        self._must_be(IncidentStatus.RESOLVED)
        self._analysis.check_complete(message)

    @workflow.update
    async def skip_analysis(self, message: SkipAnalysis) -> Analysis:
        """No analysis, for a reason; it ends the incident's life."""
        return await self._close(self._analysis.skip(message))

    @skip_analysis.validator
    def _check_skip_analysis(self, message: SkipAnalysis) -> None:
        self._must_be(IncidentStatus.RESOLVED)

    @workflow.signal(name="resolve")
    def resolve_by_signal(self, given: Any = None, *more: Any) -> None:
        """`--input '{"author": "ana"}'`, or no input at all."""
        message = read_signal(self._journal, "resolve", Resolve, given, self._check_resolve)
        if message:
            self._resolve(message)

    @workflow.signal(name="complete_analysis")
    def complete_analysis_by_signal(self, given: Any = None, *more: Any) -> None:
        """`--input '{"answers": {...}}'`."""
        message = read_signal(
            self._journal, "complete_analysis", CompleteAnalysis, given, self._check_complete_analysis
        )
        if message:
            self._finish(self._analysis.complete(message))

    @workflow.signal
    def duplicate(self, given: Any = None, *more: Any) -> None:
        """Another trigger was folded into this incident."""
        message = read_signal(self._journal, "duplicate", Duplicate, given)
        if message:
            trigger = {"createdIncident": False, "incidentSource": message.source, "count": message.count}
            trigger |= {"triggerArn": message.trigger_arn, "rawData": message.raw_data}
            self._journal.note(EventType.TRIGGER, trigger, author=message.author)

    @workflow.signal
    def report_automation(self, given: Any = None, *more: Any) -> None:
        """A runbook execution of this incident tells how it goes."""
        message = read_signal(self._journal, "report_automation", AutomationReport, given)
        if message:
            self._runbooks.take(message)

    @workflow.query
    def state(self) -> IncidentView:
        """How the incident stands."""
        return IncidentView(
            incident=self._incident,
            engagements=self._engagements.records,
            automations=self._automations,
            events=self._journal.state.position,
        )

    @workflow.query
    def timeline(self) -> list[TimelineEvent]:
        """The events of this run; those before continue-as-new are in the records and the earlier histories."""
        return fold(self._journal.timeline)

    # How it begins, changes and ends.

    def _open(self) -> None:
        trigger, plan = self._incident.trigger, self._given.plan
        author = self._incident.created_by
        self._journal.note(
            EventType.TRIGGER,
            {
                "createdIncident": True,
                "incidentSource": trigger.source,
                "triggerArn": trigger.trigger_arn,
                "rawData": trigger.raw_data,
            },
            author=author,
            at=self._incident.created_at,
        )
        self._journal.note(
            EventType.START,
            {
                "incidentTitle": self._incident.title,
                "impact": self._incident.impact,
                "responsePlan": plan.name,
                "contactsEngage": list(plan.engagements),
                "ssmDocumentName": plan.runbook.name if plan.runbook else None,
                "triggerArn": trigger.trigger_arn,
            },
            author=author,
        )
        for contact in plan.engagements:
            id_ = str(workflow.uuid4())
            calendar = Calendar(dict(self._given.on_call), dict(self._given.open_hours))
            self._engagements.open(contact, engagement_id=id_, sender=author, calendar=calendar)
        self._touch()

    def _re_engage(self, author: str) -> None:
        """It is worse than it was said to be: engage anew whoever is not being paged, if the plan wants that."""
        if not self._given.plan.re_engage_on_impact_rise or self._incident.status is not IncidentStatus.OPEN:
            return
        for contact in self._given.plan.engagements:
            if not self._engagements.is_under_way(contact):
                id_ = str(workflow.uuid4())
                engagement = self._engagements.open(
                    contact, engagement_id=id_, sender=author, calendar=Calendar({}, {})
                )
                self._spawn(engagement.run())

    async def _run_planned_runbook(self) -> None:
        planned = self._given.plan.runbook
        if planned is None:
            return
        with contextlib.suppress(TimeoutError):  # a slow channel must not keep the runbook from running
            await workflow.wait_condition(lambda: self._desk.idle, timeout=FIRST_PAGES)
        runbook = self._given.catalog.runbooks[planned.name]
        await self._runbooks.start_planned(planned, runbook, self._incident.created_by)

    def _resolve(self, message: Resolve) -> None:
        self._incident.status = IncidentStatus.RESOLVED
        self._incident.resolved_at = workflow.now()
        self._change(message.author, {"status": IncidentStatus.RESOLVED, "note": message.note})
        self._engagements.stop_all("incident resolved", author=message.author)
        self._analysis.due()

    async def _close(self, analysis: Analysis) -> Analysis:
        self._finish(analysis)
        await self._journal.written()
        return analysis

    def _finish(self, analysis: Analysis) -> None:
        self._incident.closed_at = workflow.now()
        self._touch(analysis.author)

    def _change(self, author: str, attributes: dict[str, Any]) -> None:
        """An update of the record: stamped, on the timeline, and visible to Temporal's own tools."""
        self._touch(author)
        modified = [{"attributeName": name, "newValue": value} for name, value in attributes.items()]
        data = {"modifiedBy": author, "modifiedAttributes": modified, "incidentTitle": self._incident.title}
        self._journal.note(EventType.UPDATE, data, author=author, references=[self._incident.arn])
        if attributes.keys() & {"status", "impact"}:
            workflow.upsert_search_attributes(
                [
                    search_attributes.STATUS.value_set(self._incident.status),
                    search_attributes.IMPACT.value_set(self._incident.impact),
                ]
            )

    def _touch(self, author: str = SYSTEM) -> None:
        if author != SYSTEM:
            self._incident.modified_by = author
            self._incident.modified_at = workflow.now()
        self._changed = True
        self._journal.changed()

    async def _answer(self) -> IncidentRecord:
        await self._journal.written()
        return self._incident

    # What validators ask, and answers to pages.

    def _answerable(self) -> Iterable[Engagement]:
        return self._engagements

    def _must_take_answers(self) -> None:
        self._must_not_be_closed()

    def _must_page(self) -> None:
        self._must_be(IncidentStatus.OPEN)

    def _must_not_be_closed(self) -> None:
        if self._incident.closed_at is not None:
            raise refuse(
                Refusal.CONFLICT, "the incident is closed: its analysis is done and nothing changes any more"
            )

    def _must_be(self, status: IncidentStatus) -> None:
        self._must_not_be_closed()
        if self._incident.status is not status:
            raise refuse(Refusal.CONFLICT, f"the incident is {self._incident.status}; this needs it {status}")

    # Hosting.

    def _records(self, everything: bool) -> RecordBatch:
        changed, self._changed = self._changed, False
        return RecordBatch(
            subject_id=self._incident.incident_id,
            incident=self._incident if everything or changed else None,
            engagements=self._engagements.take_changed(everything),
            analysis=self._analysis.result,
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _failed(self) -> asyncio.Task[None] | None:
        """A task that ended with an exception: a bug, which must fail the workflow task and not be lost."""
        return next((task for task in self._tasks if task.done() and task.exception() is not None), None)

    def _history_is_long(self) -> bool:
        """Whether it is time for a new run; not while PostgreSQL is away, for that run would carry what is unsaved."""
        info = workflow.info()
        length = info.get_current_history_length()
        if self._journal.state.behind:
            return length >= LONGEST_HISTORY or info.get_current_history_size() >= LARGEST_HISTORY
        return info.is_continue_as_new_suggested() or length >= self._given.history_limit

    async def _continue_as_new(self) -> None:
        """Go on in a new run, when nothing is on its way that only this run would hear of."""
        self._desk.closing = True
        await workflow.wait_condition(
            lambda: (
                workflow.all_handlers_finished()
                and self._desk.idle
                and self._journal.settled
                and self._runbooks.idle
                and (self._planned_runbook is None or self._planned_runbook.done())
            )
        )
        workflow.continue_as_new(
            self._given.model_copy(
                update={
                    "incident": self._incident,
                    "on_call": {},
                    "open_hours": {},
                    "carried": Carried(
                        engagements=self._engagements.records,
                        automations=self._automations,
                        analysis=self._analysis.result,
                        journal=self._journal.carried(),
                        editable=self._edits.editable,
                        reminder_at=self._analysis.reminder_at,
                        runs=[*self._runs, workflow.info().run_id],
                    ),
                }
            )
        )
