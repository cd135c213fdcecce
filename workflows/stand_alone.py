"""Paging without an incident: one engagement in a workflow of its own."""

import asyncio
import contextlib
from datetime import timedelta

from temporalio import workflow

from workflows.engagement import Engagement
from workflows.inputs import EngagementInput
from workflows.journal import Journal
from workflows.paging import Desk

with workflow.unsafe.imports_passed_through():
    from records.batches import RecordBatch
    from records.engagements import EngagementRecord, EngagementStatus
    from records.timeline import TimelineEvent, fold
    from workflows.messages import Acknowledge, Disengage, Refusal, refuse

LATE = timedelta(days=1)
"""How long after its plan is over an engagement still takes an acknowledgement."""


@workflow.defn
class EngagementWorkflow:
    """Hosts one engagement until it is acknowledged or stopped, or its plan has long been over."""

    @workflow.init
    def __init__(self, given: EngagementInput) -> None:
        """Handlers may run before `run`, so everything they touch is built here."""
        self._given = given
        self._desk = Desk()
        self._journal = Journal(given.engagement.engagement_id, given.journal, self._records)
        self._journal.hold_for(self._desk.leaving_now)
        self._engagement = Engagement(
            given.engagement,
            catalog=given.catalog,
            on_call=given.on_call,
            desk=self._desk,
            journal=self._journal,
            changed=lambda record: None,
        )

    @workflow.run
    async def run(self, given: EngagementInput) -> EngagementRecord:
        """Page, then wait for a late answer. A cancellation stops the engagement."""
        life = asyncio.create_task(self._live())
        while not life.done():
            try:
                await workflow.wait_condition(life.done)
            except asyncio.CancelledError:
                self._engagement.stop("cancelled")
        return life.result()

    async def _live(self) -> EngagementRecord:
        paging = asyncio.create_task(self._engagement.run())
        keeping = [asyncio.create_task(self._journal.keep()), asyncio.create_task(self._journal.catch_up())]
        await workflow.wait_condition(lambda: paging.done() or self._history_is_long())
        if paging.done():
            paging.result()
            await self._wait_for_late_answers()
        if not self._settled and self._history_is_long():
            await self._continue_as_new()
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._journal.saved()
        for task in keeping:
            task.cancel()
        return self._engagement.record

    async def _wait_for_late_answers(self) -> None:
        until = self._given.late_until = self._given.late_until or workflow.now() + LATE
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._settled or self._history_is_long(),
                timeout=max(until - workflow.now(), timedelta(0)),
                timeout_summary="late answers",
            )

    def _history_is_long(self) -> bool:
        info = workflow.info()
        length = info.get_current_history_length()
        return info.is_continue_as_new_suggested() or length >= self._given.history_limit

    async def _continue_as_new(self) -> None:
        """Go on in a new run, when nothing is on its way that only this run would hear of."""
        self._desk.closing = True
        await workflow.wait_condition(
            lambda: workflow.all_handlers_finished() and self._desk.idle and self._journal.settled
        )
        workflow.continue_as_new(
            self._given.model_copy(
                update={
                    "engagement": self._engagement.record,
                    "on_call": {},
                    "journal": self._journal.carried(),
                }
            )
        )

    @workflow.update
    async def acknowledge(self, message: Acknowledge) -> EngagementRecord:
        """A contact has it."""
        self._engagement.acknowledge(message.contact, author=message.author, note=message.note)
        await self._journal.written()
        return self._engagement.record

    @acknowledge.validator
    def _check_acknowledge(self, message: Acknowledge) -> None:
        if not self._engagement.engages(message.contact):
            engaged = ", ".join(sorted(self._engagement.record.people)) or "nobody"
            raise refuse(
                Refusal.CONFLICT, f"{message.contact!r} has not been engaged; engaged so far: {engaged}"
            )

    @workflow.update
    async def disengage(self, message: Disengage) -> EngagementRecord:
        """Page nobody any more."""
        self._engagement.stop(message.reason or "disengaged", author=message.author)
        await self._journal.written()
        return self._engagement.record

    @disengage.validator
    def _check_disengage(self, message: Disengage) -> None:
        if self._engagement.record.status is EngagementStatus.STOPPED:
            raise refuse(Refusal.CONFLICT, "the engagement has been stopped already")

    @workflow.query
    def state(self) -> EngagementRecord:
        """How the engagement stands."""
        return self._engagement.record

    @workflow.query
    def timeline(self) -> list[TimelineEvent]:
        """What has happened so far."""
        return fold(self._journal.timeline)

    @property
    def _settled(self) -> bool:
        return self._engagement.record.status in (EngagementStatus.ACKNOWLEDGED, EngagementStatus.STOPPED)

    def _records(self, everything: bool) -> RecordBatch:
        record = self._engagement.record
        return RecordBatch(subject_id=record.engagement_id, engagements=[record])
