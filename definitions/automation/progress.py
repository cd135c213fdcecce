"""Where an execution goes when a step has ended: round a loop and out of it, into a rollback, to its end."""

from datetime import datetime, timedelta
from math import ceil

from definitions.automation import flow, loops
from definitions.automation.actions import timeout_seconds
from definitions.automation.document_steps import DocumentSteps
from definitions.automation.model import ABORT, CONTINUE, PAUSE, ROLLBACK, AutomationDocument, Step
from definitions.automation.outcome import outcome
from definitions.automation.outputs import execution_outputs
from definitions.automation.rollback import compensations
from definitions.automation.scope import execution_scope
from definitions.automation.state import (
    DecidingFailure,
    ExecutionState,
    ExecutionStatus,
    FailureStage,
    FailureType,
    Hold,
    LoopState,
    Mode,
    StepState,
    StepStatus,
)

CANCEL_CHAIN_SECONDS = 120
"""How long the steps after onCancel may take together (AWS: two minutes)."""


class Progress:
    """Moves the state of one execution on. Steps, attempts and who asks are `Execution`'s business."""

    def __init__(self, document: AutomationDocument, state: ExecutionState, steps: DocumentSteps) -> None:
        self._document = document
        self._state = state
        self._steps = steps

    def enter(self, name: str) -> None:
        """Makes a step the current one; a person has to start it when the mode is Interactive."""
        state = self._state
        state.current_step = name
        state.hold = None
        if state.mode is Mode.INTERACTIVE and state.cancel_requested_at is None:
            state.hold, state.status = Hold.BETWEEN_STEPS, ExecutionStatus.WAITING

    def enter_loop(self, step: Step, record: StepState, loop: LoopState | None, now: datetime) -> None:
        """Goes to the first step of a running loop's body, or past a loop that has nothing to go over."""
        body = self._steps.body(step)
        if self._state.stopping:
            self.leave(step, record, StepStatus.CANCELLED, None, now)
        elif loop is None or not body:
            self.leave(step, record, StepStatus.SUCCESS, flow.after_success(self._steps.main, step), now)
        else:
            self._state.loop = loop
            record.outputs = loops.loop_outputs(loop)
            self.enter(body[0].name)

    def leave(
        self, step: Step, record: StepState, status: StepStatus, target: str | None, now: datetime
    ) -> None:
        """Ends the running step and goes on: to the target, or wherever a cancellation or a failure leads."""
        self.end_attempt(record, status)
        record.ended_at = now
        if status is StepStatus.SUCCESS:
            record.failure_message = record.failure_stage = record.failure_type = None
        if record.failed and self._decides(step):
            self._remember(record)
        if self._state.stopping:
            self._stop(step, record, now)
        elif status is StepStatus.CANCELLED:
            self.end(now)
        elif record.failed and step.failure_target is None and step.on_failure != CONTINUE:
            self._halt(step, record, now)
        else:
            self._follow(step, record, target, now)

    def fail(self, step: Step, record: StepState, status: StepStatus, now: datetime) -> None:
        """Ends a step that failed for good (or was cancelled meanwhile), as its onFailure says."""
        unattended = self._state.cancel_requested_at is not None or self._state.rolling_back
        if self._on_failure(step) != PAUSE or unattended:
            target = flow.after_failure(self._steps.siblings(step), step)
            self.leave(step, record, status, target, now)
            return
        self.end_attempt(record, status)
        record.ended_at = now
        self._state.current_step = step.name
        self._state.hold, self._state.status = Hold.FAILED_STEP, ExecutionStatus.WAITING

    def pass_over(self, step: Step, record: StepState, now: datetime) -> None:
        """Goes on after a step that failed, as if it had not."""
        self._follow(step, record, flow.passed_over(self._steps.siblings(step), step), now)

    def go_on(self, record: StepState | None, target: str | None, now: datetime) -> None:
        """Leaves a main step for the next one; a rollback goes on to its next compensation instead."""
        state = self._state
        if state.rolling_back:
            target = state.compensations.pop(0) if state.compensations else None
        if record is not None:
            record.next_step = target
        if target is None:
            self.end(now)
        else:
            self.enter(target)

    def end(self, now: datetime) -> None:
        """Ends the execution; a loop that is still going on has been cancelled with it."""
        state = self._state
        if state.loop is not None:
            self._close_loop(StepStatus.CANCELLED, now)
        state.current_step = state.hold = None
        state.compensations = []
        state.status, state.failure_message = outcome(state)
        state.ended_at = now
        state.outputs = execution_outputs(
            self._document.outputs, {step.name: step.outputs for step in state.steps}
        )

    def end_attempt(self, record: StepState, status: StepStatus) -> None:
        """Ends the attempt that runs, if one does."""
        record.status = status
        record.attempt_started_at = record.waiting_since = None
        if self._state.status is ExecutionStatus.WAITING:
            self._state.status = ExecutionStatus.IN_PROGRESS

    def seconds_left(self, step: Step, now: datetime) -> int | None:
        """Seconds the loop around a step may still take, at least 1 and rounded up; None is no limit."""
        deadline = self._loop_deadline(step)
        return None if deadline is None else max(1, ceil((deadline - now).total_seconds()))

    def overdue(self, step: Step, now: datetime) -> bool:
        """Whether the time of the loop around the step is up."""
        deadline = self._loop_deadline(step)
        return deadline is not None and now >= deadline

    @property
    def _going(self) -> LoopState:
        if self._state.loop is None:
            raise RuntimeError(f"no loop goes on around step '{self._state.current_step}'")
        return self._state.loop

    def _loop_deadline(self, step: Step) -> datetime | None:
        loop = self._steps.loop_around(step)
        if loop is None or self._state.cancel_deadline is not None:
            return None
        seconds = timeout_seconds(loop.action, loop.timeout_seconds)
        began = self._state.step(loop.name).attempt_started_at
        return None if seconds is None or began is None else began + timedelta(seconds=seconds)

    def _on_failure(self, step: Step) -> str:
        """What a step's failure leads to; a body step that would abort takes its loop's Pause or Rollback."""
        loop = self._steps.loop_around(step)
        if loop is not None and step.on_failure == ABORT and loop.on_failure in (PAUSE, ROLLBACK):
            return loop.on_failure
        return step.on_failure

    def _decides(self, step: Step) -> bool:
        if self._state.rolling_back:
            return step.is_critical is not False
        return step.critical or step.on_failure in (ABORT, ROLLBACK)

    def _remember(self, record: StepState) -> None:
        if self._state.deciding_failure is None:
            self._state.deciding_failure = DecidingFailure(
                step=record.name,
                timed_out=record.status is StepStatus.TIMED_OUT,
                message=record.failure_message,
            )

    def _stop(self, step: Step, record: StepState, now: datetime) -> None:
        """The execution is cancelled: the steps after onCancel follow, or nothing does."""
        state = self._state
        target = None if state.stop_after_step or state.rolling_back else step.cancel_target
        if target is None:
            self.end(now)
        else:
            state.cancel_deadline = now + timedelta(seconds=CANCEL_CHAIN_SECONDS)
            self._follow(step, record, target, now)

    def _halt(self, step: Step, record: StepState, now: datetime) -> None:
        """A failure ends it all, a loop around the step included, but for what has to be undone first."""
        state = self._state
        if state.loop is not None:
            how = "timed out" if record.status is StepStatus.TIMED_OUT else "failed"
            where = f"in iteration {state.loop.iteration}"
            message = f"step '{step.name}' {how} {where}: {record.failure_message}"
            stage, kind = record.failure_stage, record.failure_type
            record = self._close_loop(record.status, now)
            record.failure_message, record.failure_stage, record.failure_type = message, stage, kind
        if (
            not state.rolling_back
            and self._on_failure(step) == ROLLBACK
            and state.cancel_requested_at is None
        ):
            state.compensations = compensations(self._document, state)
            state.rolling_back = True
        self.go_on(record, None, now)

    def _follow(self, step: Step, record: StepState, target: str | None, now: datetime) -> None:
        loop = self._steps.loop_around(step)
        if loop is None:
            self.go_on(record, target, now)
            return
        record.next_step = target
        if target is None:
            self._end_iteration(loop, now)
        elif self._steps.loop_around(self._steps.step(target)) is loop:
            if not self._out_of_time(loop, now):
                self.enter(target)
        else:
            self.go_on(self._close_loop(StepStatus.EXITED, now), target, now)

    def _end_iteration(self, loop: Step, now: datetime) -> None:
        """Goes round again or leaves the loop. The steps after onCancel never go round again."""
        state, going = self._state, self._going
        if state.cancel_deadline is not None:
            self.end(now)
        elif not loops.goes_on(loop, going, execution_scope(state, now)):
            target = flow.after_success(self._steps.main, loop)
            self.go_on(self._close_loop(StepStatus.SUCCESS, now), target, now)
        elif not self._out_of_time(loop, now):
            going.iteration += 1
            state.step(loop.name).outputs = loops.loop_outputs(going)
            self.enter(self._steps.body(loop)[0].name)

    def _out_of_time(self, loop: Step, now: datetime) -> bool:
        """Fails a loop whose time is up before the next step of its body; whether it was."""
        if not self.overdue(self._steps.body(loop)[0], now):
            return False
        record = self._state.step(loop.name)
        record.failure_message = f"the loop was not done within {loop.timeout_seconds} s"
        record.failure_stage, record.failure_type = FailureStage.INVOCATION, FailureType.ACTION
        self._state.loop = None
        self.fail(loop, record, StepStatus.TIMED_OUT, now)
        return True

    def _close_loop(self, status: StepStatus, now: datetime) -> StepState:
        """Ends the loop that goes on, its body left behind; its record."""
        record = self._state.step(self._going.step)
        record.status, record.ended_at = status, now
        record.attempt_started_at = None
        record.failure_message = record.failure_stage = record.failure_type = None
        self._state.loop = None
        return record
