"""What people can say to an execution (AWS: SendAutomationSignal, StopAutomationExecution), as updates and signals.

Updates answer, and are refused in AWS's words. The signals of the same names are for Temporal's own tools.
"""

from abc import ABC, abstractmethod
from typing import Any

from temporalio import workflow

from workflows.automation_people import INVALID_SIGNAL, MANUAL, PAUSE, UNKNOWN_STEP, Decision, People, must_be
from workflows.automation_reports import AutomationReports
from workflows.signals import read_signal

with workflow.unsafe.imports_passed_through():
    from definitions.automation import Execution, Hold, ResolvedStep, StepStatus
    from definitions.automation.approval import Verdict
    from records.timeline import EventType
    from workflows.automation_messages import (
        Decide,
        Resume,
        RetryStep,
        SkipStep,
        StartStep,
        StepMessage,
        Stop,
        StopStep,
        StopType,
    )
    from workflows.messages import Refusal, refuse

ENDED = "InvalidAutomationStatusUpdateException"


class Signalled(ABC):
    """A workflow that hosts an execution which people steer."""

    _reports: AutomationReports
    _people: People
    _stopped_by: str | None = None
    """Who has the running step stopped."""
    _stopped_early = False
    """Whether the execution is to be stopped as soon as it has begun."""

    _execution: Execution | None

    @abstractmethod
    def _running_execution(self) -> Execution:
        """The execution; refuses the message if it does not run."""

    @workflow.update
    async def approve(self, message: Decide) -> str:
        """An approver says yes; the approval's status."""
        return await self._written(self._people.decide(message, Verdict.APPROVE))

    @approve.validator
    def _check_approve(self, message: Decide) -> None:
        self._people.must_wait_for(message.author)

    @workflow.signal(name="approve")
    def approve_by_signal(self, given: Any = None, *more: Any) -> None:
        """`--input '{"author": "ana"}'`."""
        message = read_signal(self._reports.journal, "approve", Decide, given, self._check_approve)
        if message:
            self._people.decide(message, Verdict.APPROVE)

    @workflow.update
    async def reject(self, message: Decide) -> str:
        """An approver says no, which fails the step; the approval's status."""
        return await self._written(self._people.decide(message, Verdict.REJECT))

    @reject.validator
    def _check_reject(self, message: Decide) -> None:
        self._people.must_wait_for(message.author)

    @workflow.signal(name="reject")
    def reject_by_signal(self, given: Any = None, *more: Any) -> None:
        """`--input '{"author": "ana", "comment": "not now"}'`."""
        message = read_signal(self._reports.journal, "reject", Decide, given, self._check_reject)
        if message:
            self._people.decide(message, Verdict.REJECT)

    @workflow.update
    async def resume(self, message: Resume) -> str:
        """Go on after a pause or a manual step; the step's name."""
        return await self._written(self._people.answer(message, Decision.CONFIRMED))

    @resume.validator
    def _check_resume(self, message: Resume) -> None:
        self._people.must_be_asked(message, frozenset({PAUSE, MANUAL}))

    @workflow.signal(name="resume")
    def resume_by_signal(self, given: Any = None, *more: Any) -> None:
        """`--input '{"author": "ana"}'`."""
        message = read_signal(self._reports.journal, "resume", Resume, given, self._check_resume)
        if message:
            self._people.answer(message, Decision.CONFIRMED)

    @workflow.update
    async def skip_step(self, message: SkipStep) -> str:
        """Go on without the failed step, or without the manual one; the step's name."""
        if self._people.asks_by_hand:
            return await self._written(self._people.answer(message, Decision.SKIPPED))
        return await self._written(self._release("SkipStep", message))

    @skip_step.validator
    def _check_skip_step(self, message: SkipStep) -> None:
        if self._people.asks_by_hand:
            self._people.must_be_asked(message, frozenset({MANUAL}))
        else:
            self._must_be_held(message, Hold.FAILED_STEP)

    @workflow.update
    async def retry_step(self, message: RetryStep) -> str:
        """Try the failed step again; its name."""
        return await self._written(self._release("RetryStep", message))

    @retry_step.validator
    def _check_retry_step(self, message: RetryStep) -> None:
        self._must_be_held(message, Hold.FAILED_STEP)

    @workflow.update
    async def start_step(self, message: StartStep) -> str:
        """Let the next step begin (mode Interactive); its name."""
        return await self._written(self._release("StartStep", message))

    @start_step.validator
    def _check_start_step(self, message: StartStep) -> None:
        self._must_be_held(message, Hold.BETWEEN_STEPS)

    @workflow.update
    async def stop_step(self, message: StopStep) -> str:
        """Stop the running step, which fails by it; its name."""
        name = self._running_step().step.name
        self._stopped_by = message.author
        self._tell("StopStep", message, name)
        return await self._written(name)

    @stop_step.validator
    def _check_stop_step(self, message: StopStep) -> None:
        name = self._running_step().step.name
        must_be(message, name)
        running = self._running_execution().state.step(name).step_execution_id
        if message.step_execution_id not in (None, running):
            reason = f"the step that runs is {running}, not {message.step_execution_id}"
            raise refuse(Refusal.NOT_FOUND, reason, aws=UNKNOWN_STEP)

    @workflow.update
    async def stop(self, message: Stop) -> str:
        """Stop the execution; its status."""
        self._stop(message)
        await self._reports.written()
        return self._execution_status()

    @stop.validator
    def _check_stop(self, message: Stop) -> None:
        if self._execution is None and self._reports.failure is None and not self._stopped_early:
            return
        state = self._running_execution().state
        harder = state.stop_after_step and message.type is StopType.CANCEL
        if state.cancel_requested_at is not None and not harder:
            raise refuse(Refusal.CONFLICT, "the execution is being stopped already", aws=ENDED)

    @workflow.signal(name="stop")
    def stop_by_signal(self, given: Any = None, *more: Any) -> None:
        """`--input '{"author": "ana"}'`."""
        message = read_signal(self._reports.journal, "stop", Stop, given, self._check_stop)
        if message:
            self._stop(message)

    @abstractmethod
    def _execution_status(self) -> str:
        """How the execution stands, ended or not."""

    def _stop(self, message: Stop) -> None:
        told = {"signal": "Stop", "type": message.type, "reason": message.reason}
        self._reports.tell(EventType.AUTOMATION_DECISION, told, author=message.author)
        if self._execution is None:
            self._stopped_early = True
        else:
            self._cancel_execution(self._execution, let_step_finish=message.type is StopType.COMPLETE)

    def _cancel_execution(self, execution: Execution, *, let_step_finish: bool = False) -> None:
        before = _statuses(execution)
        execution.cancel(workflow.now(), let_step_finish=let_step_finish)
        self._reports.tell_ended(execution.state, before)

    def _release(self, signal: str, message: StepMessage) -> str:
        """Let the execution go on that is held; the name of the step that it goes on with, or without."""
        execution = self._running_execution()
        name = execution.current.name if execution.current else ""
        step = execution.state.step(name)
        before = _statuses(execution)
        now = workflow.now()
        if signal == "StartStep":
            execution.start_step(now)
        elif signal == "RetryStep":
            execution.retry_step(now)
        else:
            execution.skip_step(now)
        self._tell(signal, message, name)
        if signal != "StartStep":  # which begins at once, and is told of then
            self._reports.tell_step(step)
        self._reports.tell_ended(execution.state, before)
        return name

    def _must_be_held(self, message: StepMessage, hold: Hold) -> None:
        execution = self._running_execution()
        if execution.state.hold is not hold or execution.current is None:
            raise refuse(Refusal.CONFLICT, _NOT_HELD[hold], aws=INVALID_SIGNAL)
        must_be(message, execution.current.name)

    def _running_step(self) -> ResolvedStep:
        running = self._running_execution().running
        if running is None:
            raise refuse(Refusal.CONFLICT, "no step of this execution runs", aws=INVALID_SIGNAL)
        return running

    def _tell(self, signal: str, message: StepMessage, step: str) -> None:
        told = {"signal": signal, "step": step, "note": message.note}
        self._reports.tell(EventType.AUTOMATION_DECISION, told, author=message.author)

    async def _written(self, answer: str) -> str:
        await self._reports.written()
        return answer


def _statuses(execution: Execution) -> dict[str, StepStatus]:
    return {step.name: step.status for step in execution.state.steps}


_NOT_HELD = {
    Hold.FAILED_STEP: "no failed step of this execution waits for a person (onFailure: Pause)",
    Hold.BETWEEN_STEPS: "the execution does not wait between steps (mode Interactive)",
}
