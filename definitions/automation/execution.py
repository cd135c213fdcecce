"""The state machine of one execution: a host asks what to do, does it, and says how it went.

    execution = Execution.start(document, ...)
    while execution.current:
        resolved = execution.begin(now)
        ... do the action of resolved.step with resolved.inputs ...
        execution.succeed(response, now), execution.fail("why", now) or execution.choose(now)

Deterministic: time is passed in, nothing is looked up. The state is all there is: an Execution made anew from
the same document and state goes on the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid5

from definitions.automation import choices, flow
from definitions.automation.actions import ACTIONS, timeout_seconds
from definitions.automation.interpolation import Scope, interpolate
from definitions.automation.model import AutomationDocument, Step
from definitions.automation.outcome import outcome
from definitions.automation.outputs import execution_outputs, step_outputs
from definitions.automation.parameters import follow_defaults, starting_variables
from definitions.automation.state import (
    ExecutionState,
    ExecutionStatus,
    FailureStage,
    FailureType,
    StepState,
    StepStatus,
    SystemVariables,
)
from definitions.automation.values import as_text
from definitions.automation.view import StepView, steps_view

CANCEL_CHAIN_SECONDS = 120
"""How long the steps after onCancel may take together (AWS: two minutes)."""

_STEP_IDS = UUID("7d3c4f6e-52f4-5d0c-9a3e-6f1f0c9b7a10")


class IllegalTransitionError(RuntimeError):
    """The host asked for something the execution's state does not allow: a defect of the host."""


@dataclass(frozen=True)
class ResolvedStep:
    """One attempt of a step, ready to be done; its timeout counts from `started_at`, None is no limit."""

    step: Step
    inputs: dict[str, Any]
    timeout_seconds: int | None
    attempt: int
    max_attempts: int
    started_at: datetime


class Execution:
    """One run of a document, from its first step to its final status."""

    def __init__(self, document: AutomationDocument, state: ExecutionState) -> None:
        self.document = document
        self.state = state

    @classmethod
    def start(
        cls,
        document: AutomationDocument,
        *,
        document_name: str,
        execution_id: str,
        parameters: Mapping[str, Any],
        system: SystemVariables,
        now: datetime,
    ) -> Self:
        """A new execution at its first step; `parameters` are as `coerce_parameters` returned them."""
        state = ExecutionState(
            execution_id=execution_id,
            document_name=document_name,
            system=system,
            parameters=dict(parameters),
            steps=[_not_begun(step, execution_id) for step in document.main_steps],
            started_at=now,
        )
        execution = cls(document, state)
        follow_defaults(document, state.parameters, system.references(execution_id, now))
        state.variables = starting_variables(document, execution.scope(now))
        execution._go_to(document.main_steps[0].name if document.main_steps else None, now)
        return execution

    @property
    def current(self) -> Step | None:
        """The step that runs or is to be begun next; None when the execution has ended."""
        return None if self.state.current_step is None else self.document.step(self.state.current_step)

    @property
    def running(self) -> ResolvedStep | None:
        """The attempt that has begun and not ended, for a host that takes over in its midst."""
        step = self.current
        record = None if step is None else self.state.step(step.name)
        if step is None or record is None or record.attempt_started_at is None:
            return None
        return _resolved(step, record, record.attempt_started_at)

    @property
    def assume_role(self) -> str:
        """The role the actions run under, or '' for the worker's own identity."""
        return as_text(interpolate(self.document.assume_role or "", self.scope(self.state.started_at)))

    def scope(self, now: datetime) -> Scope:
        """What references mean at this moment."""
        return Scope(
            parameters=self.state.parameters,
            outputs={step.name: step.outputs for step in self.state.steps},
            system=self.state.system.references(self.state.execution_id, now),
            variables=self.state.variables,
        )

    def begin(self, now: datetime) -> ResolvedStep:
        """Begins the next attempt of the current step, its inputs resolved as of now."""
        step = self.current
        if step is None:
            raise IllegalTransitionError("the execution has ended")
        record = self.state.step(step.name)
        if record.running:
            raise IllegalTransitionError(f"step '{step.name}' is running already")
        if record.attempt == 0:
            self.state.path.append(step.name)
            record.started_at = now
        record.attempt += 1
        record.attempt_started_at = now
        record.status = StepStatus.IN_PROGRESS
        record.outputs = {}
        record.inputs = self._inputs(step, now)
        return _resolved(step, record, now)

    def wait(self, now: datetime) -> None:
        """The running step waits for a person."""
        _, record = self._running_step()
        record.status = StepStatus.WAITING
        record.waiting_since = record.waiting_since or now
        if self.state.status is ExecutionStatus.IN_PROGRESS:
            self.state.status = ExecutionStatus.WAITING

    def succeed(self, response: Any, now: datetime) -> None:
        """The running step's action has succeeded; its outputs are taken from the response."""
        step, record = self._running_step()
        record.outputs = step_outputs(step, response)
        self._leave(step, record, StepStatus.SUCCESS, flow.after_success(self.document.main_steps, step), now)

    def choose(self, now: datetime) -> str | None:
        """Decides the running aws:branch and goes there; the step it leads to, None for the end."""
        step, record = self._running_step()
        target = choices.choose(record.inputs) or flow.after_success(self.document.main_steps, step)
        self._leave(step, record, StepStatus.SUCCESS, target, now)
        return record.next_step

    def fail(
        self,
        message: str,
        now: datetime,
        *,
        timed_out: bool = False,
        stage: FailureStage = FailureStage.INVOCATION,
        kind: FailureType = FailureType.ACTION,
        response: Any = None,
        retry: bool = True,
    ) -> bool:
        """The running attempt has failed; True when the same step is to begin again, else onFailure decides.

        A response, if there is one, leaves its outputs readable. `retry=False` gives up attempts that remain.
        A step that fails while it is being cancelled counts as cancelled.
        """
        step, record = self._running_step()
        record.outputs = step_outputs(step, response)
        record.failure_message, record.failure_stage, record.failure_type = message, stage, kind
        if retry and record.attempt < step.max_attempts and not self._stopping:
            self._end_attempt(record, StepStatus.PENDING)
            return True
        status = StepStatus.TIMED_OUT if timed_out else StepStatus.FAILED
        if record.status is StepStatus.CANCELLING:
            status = StepStatus.CANCELLED
        self._leave(step, record, status, flow.after_failure(self.document.main_steps, step), now)
        return False

    def cancel(self, now: datetime, *, let_step_finish: bool = False) -> None:
        """Cancels the execution: at once when no step runs, else once the host says the step is `cancelled`.

        With `let_step_finish` the running step is left to end by itself, and nothing follows it. The steps
        after an onCancel are not cancelled again: their time is limited anyway.
        """
        if self.state.status.final:
            raise IllegalTransitionError(f"the execution has ended: {self.state.status.value}")
        if self.state.cancel_deadline is not None:
            return
        first = self.state.cancel_requested_at is None
        self.state.cancel_requested_at = self.state.cancel_requested_at or now
        self.state.status = ExecutionStatus.CANCELLING
        self.state.stop_after_step = let_step_finish and (first or self.state.stop_after_step)
        running = self.running
        if running is None:
            self._cancel_between_attempts(now)
        elif not let_step_finish:
            self.state.step(running.step.name).status = StepStatus.CANCELLING

    def cancelled(self, now: datetime) -> None:
        """The running step has been stopped; the steps after its onCancel follow, until `cancel_deadline`.

        Called once more, when that time is up, it ends the execution. A step that ended by itself before it
        could be stopped has been left already: then there is nothing to do.
        """
        if self.state.cancel_requested_at is None:
            raise IllegalTransitionError("nobody cancelled the execution")
        if self.running is not None:
            step, record = self._running_step()
            self._leave(step, record, StepStatus.CANCELLED, None, now)
        elif self.state.cancel_deadline is not None and now >= self.state.cancel_deadline and self.current:
            self._cancel_between_attempts(now)

    def output_values(self) -> dict[str, list[str]]:
        """The execution's outputs as AWS gives them: `Step.Output` to a list of texts."""
        return execution_outputs(
            self.document.outputs, {step.name: step.outputs for step in self.state.steps}
        )

    def steps_view(self) -> list[StepView]:
        """Every step for a viewer: past, current, future, and those that can no longer run."""
        return steps_view(self.document, self.state)

    def _inputs(self, step: Step, now: datetime) -> dict[str, Any]:
        scope = self.scope(now)
        as_written = ACTIONS[step.action].as_written
        return {
            key: value if key in as_written else interpolate(value, scope)
            for key, value in step.inputs.items()
        }

    def _running_step(self) -> tuple[Step, StepState]:
        step = self.current
        if step is None:
            raise IllegalTransitionError("the execution has ended")
        record = self.state.step(step.name)
        if not record.running:
            raise IllegalTransitionError(f"step '{step.name}' has not begun")
        return step, record

    @property
    def _stopping(self) -> bool:
        """Whether the execution is cancelled and has not come to the steps after onCancel."""
        return self.state.cancel_requested_at is not None and self.state.cancel_deadline is None

    def _end_attempt(self, record: StepState, status: StepStatus) -> None:
        record.status = status
        record.attempt_started_at = record.waiting_since = None
        if self.state.status is ExecutionStatus.WAITING:
            self.state.status = ExecutionStatus.IN_PROGRESS

    def _leave(
        self, step: Step, record: StepState, status: StepStatus, target: str | None, now: datetime
    ) -> None:
        """Ends the running step and goes on: to the target, or when cancelled to the step after onCancel."""
        self._end_attempt(record, status)
        record.ended_at = now
        if status is StepStatus.SUCCESS:
            record.failure_message = record.failure_stage = record.failure_type = None
        if self._stopping:
            target = None if self.state.stop_after_step else step.cancel_target
            if target is not None:
                self.state.cancel_deadline = now + timedelta(seconds=CANCEL_CHAIN_SECONDS)
        record.next_step = target
        self._go_to(target, now)

    def _go_to(self, target: str | None, now: datetime) -> None:
        self.state.current_step = target
        if target is None:
            self.state.status, self.state.failure_message = outcome(self.document, self.state)
            self.state.ended_at = now
            self.state.outputs = self.output_values()

    def _cancel_between_attempts(self, now: datetime) -> None:
        """No attempt runs: a step to be tried again is cancelled, one that never ran stays Pending."""
        record = self.state.step(self.state.current_step or "")
        if record.attempt > 0:
            self._end_attempt(record, StepStatus.CANCELLED)
            record.ended_at = now
        self._go_to(None, now)


def _not_begun(step: Step, execution_id: str) -> StepState:
    return StepState(
        step_execution_id=str(uuid5(_STEP_IDS, f"{execution_id}/{step.name}")),
        name=step.name,
        action=step.action,
        is_critical=step.critical,
    )


def _resolved(step: Step, record: StepState, started_at: datetime) -> ResolvedStep:
    return ResolvedStep(
        step=step,
        inputs=record.inputs,
        timeout_seconds=timeout_seconds(step.action, step.timeout_seconds),
        attempt=record.attempt,
        max_attempts=step.max_attempts,
        started_at=started_at,
    )
