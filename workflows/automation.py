"""One execution of a runbook: the interpreter decides, activities act, people approve, pause and stop."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.actions import EFFECTS, FLOW, ActionFailed, perform
from workflows.automation_reports import AutomationReports
from workflows.summaries import label
from workflows.timeouts import WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from activities.automation.lookups import Lookups
    from activities.automation.steps import StepAttempt
    from definitions.automation import (
        DocumentError,
        Execution,
        FailureStage,
        FailureType,
        IllegalTransitionError,
        ParameterError,
        ResolvedStep,
        SystemVariables,
        coerce_parameters,
        load_document,
    )
    from definitions.automation.approval import Approval, ApprovalError, ApprovalStatus, Verdict
    from definitions.automation.sleep import sleep_seconds
    from records.timeline import EventType
    from workflows.automation_messages import Decide, Resume, Stop, StopType
    from workflows.inputs import AutomationInput
    from workflows.messages import Refusal, refuse


@workflow.defn
class AutomationWorkflow:
    """Runs an SSM Automation document, step by step, alone or for an incident."""

    @workflow.init
    def __init__(self, given: AutomationInput) -> None:
        """Handlers may run before `run`, so everything they touch is built here."""
        self._given = given
        self._execution: Execution | None = None
        self._approval: Approval | None = None
        self._resumed = False
        self._reports = AutomationReports(given, lambda: self._execution)

    @workflow.run
    async def run(self, given: AutomationInput) -> dict[str, list[str]]:
        """Execute to the end; the execution's outputs, as AWS's lists of texts. A cancellation is a stop.

        Raises ApplicationError if the document or its parameters are wrong: callers check both before.
        """
        life = asyncio.create_task(self._live(given))
        while not life.done():
            try:
                await workflow.wait_condition(life.done)
            except asyncio.CancelledError:
                if self._execution is not None and not self._execution.state.status.final:
                    self._execution.cancel(workflow.now())
        return life.result()

    async def _live(self, given: AutomationInput) -> dict[str, list[str]]:
        keeping = asyncio.create_task(self._reports.keep())
        try:
            document = load_document(given.document)
            parameters = coerce_parameters(document, given.parameters)
        except (DocumentError, ParameterError) as error:
            raise ApplicationError(str(error), type=Refusal.INVALID, non_retryable=True) from error
        system: SystemVariables = await workflow.execute_activity_method(
            Lookups.identify_account,
            start_to_close_timeout=timedelta(seconds=30),
            heartbeat_timeout=WORKER_LOST,
            summary="where AWS calls go",
        )
        execution = self._execution = Execution.start(
            document,
            document_name=given.document_name,
            execution_id=given.execution_id,
            parameters=parameters,
            system=system,
            now=workflow.now(),
        )
        self._reports.tell(EventType.AUTOMATION_START, {"parameters": parameters}, author=given.started_by)
        while execution.current is not None:
            await self._run_attempt(execution)
        self._reports.tell(
            EventType.AUTOMATION_END,
            {"outputs": execution.state.outputs, "failureMessage": execution.state.failure_message},
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._reports.delivered()
        keeping.cancel()
        return execution.state.outputs

    @workflow.update
    async def approve(self, message: Decide) -> str:
        """An approver says yes; the approval's status."""
        return await self._decide(message, Verdict.APPROVE)

    @workflow.update
    async def reject(self, message: Decide) -> str:
        """An approver says no, which fails the step; the approval's status."""
        return await self._decide(message, Verdict.REJECT)

    @approve.validator
    def _check_approve(self, message: Decide) -> None:
        self._must_wait_for(message.author)

    @reject.validator
    def _check_reject(self, message: Decide) -> None:
        self._must_wait_for(message.author)

    @workflow.update
    async def resume(self, message: Resume) -> str:
        """Go on after a pause; the name of the step that paused."""
        name = self._waiting_step() or ""
        self._resumed = True
        self._reports.tell(
            EventType.AUTOMATION_DECISION, {"signal": "Resume", "step": name}, author=message.author
        )
        await self._reports.written()
        return name

    @resume.validator
    def _check_resume(self, message: Resume) -> None:
        waiting = self._waiting_step()
        if waiting is None or self._approval is not None or self._resumed:
            raise refuse(Refusal.CONFLICT, "no step of this execution is paused")
        if message.step_name not in (None, waiting):
            raise refuse(
                Refusal.NOT_FOUND, f"the step that is paused is {waiting!r}, not {message.step_name!r}"
            )

    @workflow.update
    async def stop(self, message: Stop) -> str:
        """Stop the execution; its status."""
        execution = self._running_execution()
        told = {"signal": "Stop", "type": message.type, "reason": message.reason}
        self._reports.tell(EventType.AUTOMATION_DECISION, told, author=message.author)
        execution.cancel(workflow.now(), let_step_finish=message.type is StopType.COMPLETE)
        await self._reports.written()
        return execution.state.status

    @stop.validator
    def _check_stop(self, message: Stop) -> None:
        state = self._running_execution().state
        harder = state.stop_after_step and message.type is StopType.CANCEL
        if state.cancel_requested_at is not None and not harder:
            raise refuse(Refusal.CONFLICT, "the execution is being stopped already")

    @workflow.query
    def state(self) -> dict[str, Any]:
        """The interpreter's whole state."""
        return self._execution.state.model_dump(mode="json") if self._execution else {}

    async def _run_attempt(self, execution: Execution) -> None:
        """One attempt of the current step, to its end or until it is stopped."""
        resolved = execution.begin(workflow.now())
        self._reports.tell_step(resolved.step.name)
        work = asyncio.create_task(self._do(execution, resolved))
        while not work.done() and not self._must_be_cut_off(execution):
            await self._work_or_stop(execution, work)
        if work.done():
            work.result()
        else:
            work.cancel()
            await workflow.wait([work])
            execution.cancelled(workflow.now())
        self._approval = None
        self._reports.tell_step(resolved.step.name)

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
        """Whether the running step has to go: somebody cancels, or the steps after onCancel took too long."""
        state = execution.state
        if state.cancel_deadline is not None:
            return workflow.now() >= state.cancel_deadline
        return state.cancel_requested_at is not None and not state.stop_after_step

    async def _do(self, execution: Execution, resolved: ResolvedStep) -> None:
        """Do the attempt and tell the interpreter how it went."""
        try:
            if resolved.step.action == "aws:branch":
                execution.choose(workflow.now())
            else:
                execution.succeed(await self._act(execution, resolved), workflow.now())
        except ActionFailed as failed:
            execution.fail(
                failed.message,
                workflow.now(),
                timed_out=failed.timed_out,
                stage=failed.stage,
                kind=failed.kind,
            )
        except IllegalTransitionError:
            raise
        except Exception as error:
            # What a document can contain is endless. It fails its step, and never the workflow task for ever.
            message = f"{type(error).__name__}: {error}"
            execution.fail(message, workflow.now(), kind=FailureType.INTERNAL, retry=False)

    async def _act(self, execution: Execution, resolved: ResolvedStep) -> Any:
        action = resolved.step.action
        if action == "aws:sleep":
            return await self._sleep(resolved)
        if action == "aws:pause":
            return await self._pause(execution, resolved)
        if action == "aws:approve":
            return await self._wait_for_approval(execution, resolved)
        effect = EFFECTS.get(action)
        if effect is None:
            known = ", ".join(sorted(EFFECTS.keys() | FLOW))
            raise ActionFailed(
                f"{action} cannot be run here; what can: {known}", stage=FailureStage.INPUT_VALIDATION
            )
        attempt = StepAttempt(
            key=f"{execution.state.execution_id}:{resolved.step.name}",
            step=resolved.step.name,
            inputs=resolved.inputs,
            timeout_seconds=resolved.timeout_seconds,
            system=execution.state.system,
            assume_role=execution.assume_role,
        )
        return await perform(effect, attempt)

    async def _sleep(self, resolved: ResolvedStep) -> dict[str, Any]:
        try:
            seconds = sleep_seconds(resolved.inputs, resolved.started_at)
        except ValueError as error:
            raise ActionFailed(str(error), stage=FailureStage.INPUT_VALIDATION) from error
        await workflow.sleep(timedelta(seconds=seconds), summary=label(resolved.step.name))
        return {}

    async def _pause(self, execution: Execution, resolved: ResolvedStep) -> dict[str, Any]:
        self._resumed = False
        await self._wait_for_people(execution, resolved, lambda: self._resumed)
        return {}

    async def _wait_for_approval(self, execution: Execution, resolved: ResolvedStep) -> dict[str, Any]:
        try:
            self._approval = Approval.asked(resolved.inputs)
        except ApprovalError as error:
            raise ActionFailed(str(error), stage=FailureStage.INPUT_VALIDATION) from error
        await self._wait_for_people(execution, resolved, self._decided)
        approval = self._approval
        if approval.status is ApprovalStatus.REJECTED:
            last = approval.decisions[-1]
            raise ActionFailed(f"rejected by {last.approver}: {last.comment}".rstrip(": "))
        return approval.response()

    def _decided(self) -> bool:
        return self._approval is not None and self._approval.status is not ApprovalStatus.WAITING

    async def _wait_for_people(self, execution: Execution, resolved: ResolvedStep, ready: Any) -> None:
        execution.wait(workflow.now())
        self._reports.tell_step(resolved.step.name, approval=self._approval)
        limit = resolved.timeout_seconds
        try:
            await workflow.wait_condition(
                ready,
                timeout=None if limit is None else timedelta(seconds=limit),
                timeout_summary=label(resolved.step.name),
            )
        except TimeoutError as error:
            if not ready():
                raise ActionFailed(f"nobody answered within {limit} s", timed_out=True) from error

    async def _decide(self, message: Decide, verdict: Verdict) -> str:
        asked = self._approval
        if asked is None:
            raise refuse(Refusal.CONFLICT, "no step of this execution waits for approval")
        approval = self._approval = asked.decide(
            message.author, verdict, workflow.now(), comment=message.comment
        )
        told = {"signal": verdict, "step": self._waiting_step(), "comment": message.comment}
        self._reports.tell(EventType.AUTOMATION_DECISION, told, author=message.author)
        await self._reports.written()
        return approval.status

    def _must_wait_for(self, approver: str) -> None:
        if self._approval is None:
            raise refuse(Refusal.CONFLICT, "no step of this execution waits for approval")
        try:
            self._approval.check(approver)
        except ApprovalError as error:
            raise refuse(Refusal.CONFLICT, str(error)) from error

    def _waiting_step(self) -> str | None:
        """The name of the step that waits for people, if one does."""
        running = self._execution.running if self._execution else None
        if running is None or running.step.action not in ("aws:pause", "aws:approve"):
            return None
        return running.step.name

    def _running_execution(self) -> Execution:
        if self._execution is None or self._execution.current is None:
            raise refuse(Refusal.CONFLICT, "the execution is not running")
        return self._execution
