"""Paging without an incident: one engagement in a workflow of its own."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import timedelta

from temporalio import workflow

from workflows.answers import Answering
from workflows.climbing import Calendar
from workflows.engagement import Engagement
from workflows.inputs import EngagementInput
from workflows.journal import Journal
from workflows.paging import Desk

with workflow.unsafe.imports_passed_through():
    from records.batches import RecordBatch
    from records.engagements import EngagementRecord, EngagementStatus
    from records.timeline import TimelineEvent, fold
    from workflows.messages import Disengage, Refusal, refuse

LATE = timedelta(days=1)
"""How long after its plan is over an engagement still takes an acknowledgement, and one be taken back."""


@workflow.defn
class EngagementWorkflow(Answering):
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
            calendar=Calendar(dict(given.on_call), dict(given.open_hours)),
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
        goes_on = True
        while goes_on and not self._history_is_long():
            await workflow.wait_condition(
                lambda: paging.done() or self._engagement.quiet or self._history_is_long()
            )
            if paging.done():
                paging.result()
            goes_on = self._history_is_long() or await self._wait_for_late_answers()
        if goes_on:
            await self._continue_as_new()
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._journal.saved()
        for task in keeping:
            task.cancel()
        return self._engagement.record

    async def _wait_for_late_answers(self) -> bool:
        """Wait for an acknowledgement, or for one to be taken back; False when neither has come in time."""
        until = self._given.late_until = self._given.late_until or workflow.now() + LATE
        await self._wait(lambda: self._settled, until - workflow.now())
        if self._engagement.quiet and not self._history_is_long():
            acknowledged = self._engagement.record.status is EngagementStatus.ACKNOWLEDGED
            if not acknowledged or not workflow.patched("acknowledgements-can-be-taken-back"):
                return False
            await self._wait(lambda: self._engagement.record.status is EngagementStatus.STOPPED, LATE)
        self._given.late_until = None
        return not self._engagement.quiet or self._history_is_long()

    async def _wait(self, ready: Callable[[], bool], most: timedelta) -> None:
        """Wait until `ready`, or there is paging to do or a new run to begin, at most for so long."""
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: ready() or not self._engagement.quiet or self._history_is_long(),
                timeout=max(most, timedelta(0)),
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
                    "open_hours": {},
                    "journal": self._journal.carried(),
                }
            )
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

    def _hears_signals(self) -> bool:
        """Engagements that stood alone did not, once: what they ignored then is ignored when replayed."""
        return workflow.patched("stand-alone-hears-acknowledge")

    def _must_take_answers(self) -> None:
        """For as long as it lives, answers count."""

    def _must_page(self) -> None:
        """Nothing ends it but what its own status says."""

    def _answerable(self) -> Iterable[Engagement]:
        return [self._engagement]

    async def _answer(self) -> EngagementRecord:
        await self._journal.written()
        return self._engagement.record

    @property
    def _settled(self) -> bool:
        return self._engagement.record.status in (EngagementStatus.ACKNOWLEDGED, EngagementStatus.STOPPED)

    def _records(self, everything: bool) -> RecordBatch:
        record = self._engagement.record
        return RecordBatch(subject_id=record.engagement_id, engagements=[record])
