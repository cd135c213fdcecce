"""One execution of a runbook: the interpreter decides, activities act, people approve, pause and stop."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.actions import ActionFailed
from workflows.automation_people import People
from workflows.automation_reports import AutomationReports
from workflows.automation_signals import ENDED, Signalled
from workflows.automation_start import CannotBegin, begin, resumed
from workflows.automation_steps import Steps

with workflow.unsafe.imports_passed_through():
    from definitions.automation import (
        Execution,
        ExecutionStatus,
        FailureStage,
        FailureType,
        Hold,
        IllegalTransitionError,
        ResolvedStep,
        StepStatus,
    )
    from definitions.automation.execution import PURE_ACTIONS
    from records.timeline import EventType
    from workflows.inputs import AutomationInput, AutomationResult
    from workflows.messages import Refusal, refuse

LARGEST_CARRIED = 1_500_000
"""Bytes that a new run can start with, the document and all; an execution that needs more stays in its run."""


@workflow.defn
class AutomationWorkflow(Signalled):
    """Runs an SSM Automation document, step by step, alone, for an incident, or as a step of another one."""

    @workflow.init
    def __init__(self, given: AutomationInput) -> None:
        """Handlers may run before `run`, so everything they touch is built here."""
        self._given = given
        self._execution = resumed(given)
        self._reports = AutomationReports(given, lambda: self._execution)
        self._people = People(self._reports)
        self._steps = Steps(given, self._people)

    @workflow.run
    async def run(self, given: AutomationInput) -> AutomationResult:
        """Execute to the end; how it ended. A cancellation is a stop.

        Raises ApplicationError if the document or its parameters are wrong: callers check both before.
        """
        keeping = asyncio.create_task(self._reports.keep())
        life = asyncio.create_task(self._live(given, keeping))
        while not life.done():
            try:
                await workflow.wait_condition(lambda: life.done() or keeping.done())
            except asyncio.CancelledError:
                self._cancel()
            if keeping.done() and not keeping.cancelled():
                # It never ends by itself. What broke it must show as a failed task, not as an execution that hangs.
                keeping.result()
        return life.result()

    async def _live(self, given: AutomationInput, keeping: asyncio.Task[None]) -> AutomationResult:
        try:
            execution = self._execution = self._execution or await begin(given)
        except CannotBegin as error:
            return await self._never_begun(str(error), keeping)
        if given.carried is None:
            told = {"parameters": execution.state.parameters, "parent": given.parent_execution_id}
            self._reports.tell(EventType.AUTOMATION_START, told, author=given.started_by)
        if self._stopped_early:
            self._cancel()
        while execution.current is not None:
            await self._go_on(execution)
            if self._outgrown():
                await self._continue_as_new(execution, keeping)
        state = execution.state
        self._reports.tell(
            EventType.AUTOMATION_END, {"outputs": state.outputs, "failureMessage": state.failure_message}
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._reports.delivered()
        keeping.cancel()
        return AutomationResult(
            execution_id=given.execution_id,
            status=state.status,
            # Of an execution that is one of many nobody reads them, and all together may be more than fits.
            outputs={} if given.target else state.outputs,
            failure_message=state.failure_message,
        )

    @workflow.query
    def state(self) -> dict[str, Any]:
        """The interpreter's whole state."""
        return self._execution.state.model_dump(mode="json") if self._execution else {}

    async def _go_on(self, execution: Execution) -> None:
        """One attempt of the current step, or the wait until it may begin."""
        if execution.state.hold is None:
            await self._run_attempt(execution)
            return
        if execution.state.hold is Hold.BETWEEN_STEPS and execution.current is not None:
            self._reports.tell(
                EventType.AUTOMATION_STEP, {"step": execution.current.name, "waitsFor": "StartStep"}
            )
        await workflow.wait_condition(lambda: execution.state.hold is None or execution.current is None)

    async def _run_attempt(self, execution: Execution) -> None:
        """One attempt of the current step, to its end or until it is stopped."""
        resolved = execution.begin(workflow.now())
        step = execution.state.step(resolved.step.name)
        loop = execution.state.step(step.parent.step_name) if step.parent else None
        self._reports.tell_step(step)
        self._stopped_by = None
        work = asyncio.create_task(self._do(execution, resolved))
        while not work.done() and not self._must_be_cut_off(execution):
            await self._work_or_stop(execution, work)
        if work.done():
            work.result()
        else:
            work.cancel()
            await workflow.wait([work])
            self._cut_off(execution, resolved)
        # The next iteration of a loop has states of its own: these are still those of this one.
        for ended in (step, loop):
            if ended is not None and ended.status is not StepStatus.IN_PROGRESS:
                self._reports.tell_step(ended)

    async def _work_or_stop(self, execution: Execution, work: asyncio.Task[None]) -> None:
        deadline = execution.state.cancel_deadline
        timeout = None if deadline is None else max(deadline - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(
                lambda: work.done() or self._must_be_cut_off(execution), timeout=timeout
            )
        except TimeoutError:
            return

    def _must_be_cut_off(self, execution: Execution) -> bool:
        """Whether the running step has to go: somebody stops it, or the steps after onCancel took too long."""
        state = execution.state
        if self._stopped_by is not None:
            return True
        if state.cancel_deadline is not None:
            return workflow.now() >= state.cancel_deadline
        return state.cancel_requested_at is not None and not state.stop_after_step

    def _cut_off(self, execution: Execution, resolved: ResolvedStep) -> None:
        """Tell the interpreter of a step whose work has been stopped, unless it came to its end all the same."""
        state = execution.state
        being_cancelled = state.cancel_requested_at is not None and state.cancel_deadline is None
        if being_cancelled or self._stopped_by is None:
            execution.cancelled(workflow.now())
        elif execution.running is not None and execution.running.step.name == resolved.step.name:
            execution.fail(self._stopped(), workflow.now(), retry=False)

    async def _do(self, execution: Execution, resolved: ResolvedStep) -> None:
        """Do the attempt and tell the interpreter how it went."""
        try:
            if resolved.refusal is not None:
                stage = FailureStage.INPUT_VALIDATION
                execution.fail(resolved.refusal, workflow.now(), stage=stage, retry=False)
            elif resolved.step.action in PURE_ACTIONS:
                execution.decide(workflow.now())
            else:
                execution.succeed(await self._steps.act(execution, resolved), workflow.now())
        except ActionFailed as failed:
            self._failed(execution, failed)
        except IllegalTransitionError:
            raise
        except Exception as error:
            # What a document can contain is endless. It fails its step, and never the workflow task for ever.
            message = f"{type(error).__name__}: {error}"
            execution.fail(message, workflow.now(), kind=FailureType.INTERNAL, retry=False)

    def _failed(self, execution: Execution, failed: ActionFailed) -> None:
        """The attempt has failed; if somebody stopped it, because of that, and no other one follows."""
        stopped = self._stopped_by is not None
        execution.fail(
            self._stopped() if stopped else failed.message,
            workflow.now(),
            timed_out=failed.timed_out and not stopped,
            stage=failed.stage,
            kind=failed.kind,
            response=failed.response,
            retry=not stopped,
        )

    def _stopped(self) -> str:
        return f"stopped by {self._stopped_by}"

    async def _never_begun(self, reason: str, keeping: asyncio.Task[None]) -> AutomationResult:
        """What it needed to begin could not be had: that is on record, and nothing has run."""
        self._reports.failure = reason
        self._reports.tell(EventType.AUTOMATION_END, {"failureMessage": reason})
        await self._reports.delivered()
        keeping.cancel()
        return AutomationResult(
            execution_id=self._given.execution_id, status=ExecutionStatus.FAILED, failure_message=reason
        )

    def _outgrown(self) -> bool:
        """Whether the history is long enough for a new run."""
        info = workflow.info()
        length = info.get_current_history_length()
        return length > self._given.history_limit or info.is_continue_as_new_suggested()

    async def _continue_as_new(self, execution: Execution, keeping: asyncio.Task[None]) -> None:
        """Go on in a new run, between two steps; an execution too large for that stays where it is."""
        if len(self._next_run(execution).model_dump_json().encode()) > LARGEST_CARRIED:
            return
        # One condition: a handler that begins while facts are being sent has facts of its own.
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and self._reports.all_sent)
        keeping.cancel()
        workflow.continue_as_new(self._next_run(execution))

    def _next_run(self, execution: Execution) -> AutomationInput:
        return self._given.model_copy(update={"carried": self._reports.carried(execution.state)})

    def _cancel(self) -> None:
        if self._execution is None:
            self._stopped_early = True
        elif not self._execution.state.status.final:
            self._cancel_execution(self._execution)

    def _execution_status(self) -> str:
        if self._execution is not None:
            return self._execution.state.status
        return ExecutionStatus.CANCELLING if self._stopped_early else ExecutionStatus.PENDING

    def _running_execution(self) -> Execution:
        if self._execution is None or self._execution.current is None:
            raise refuse(Refusal.CONFLICT, "the execution is not running", aws=ENDED)
        return self._execution
