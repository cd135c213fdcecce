"""The state machine of one execution: a host asks what to do, does it, and says how it went.

    execution = Execution.start(document, ...)
    while execution.current:
        ... while execution.state.hold, wait for start_step, retry_step or skip_step ...
        resolved = execution.begin(now)
        ... do the action of resolved.step with resolved.inputs ...
        execution.succeed(response, now) or execution.fail("why", now); for PURE_ACTIONS execution.decide(now)

Deterministic: time is passed in, nothing is looked up. The state is all there is: an Execution made anew from
the same document and state goes on the same way.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from definitions.automation import choices, flow
from definitions.automation.attempts import ResolvedStep, resolved_inputs, resolved_step
from definitions.automation.document_steps import DocumentSteps
from definitions.automation.interpolation import Scope, TooLargeError, interpolate
from definitions.automation.loops import LoopError, planned_loop
from definitions.automation.model import AutomationDocument, Step
from definitions.automation.outputs import execution_outputs, step_outputs
from definitions.automation.parameters import ParameterError, follow_defaults, starting_variables
from definitions.automation.problems import Problem
from definitions.automation.progress import Progress
from definitions.automation.rollback import undoing_state
from definitions.automation.scope import execution_scope
from definitions.automation.state import (
    ExecutionState,
    ExecutionStatus,
    FailureStage,
    FailureType,
    Hold,
    Mode,
    StepState,
    StepStatus,
    SystemVariables,
)
from definitions.automation.step_records import next_record, not_begun
from definitions.automation.transitions import (
    IllegalTransitionError,
    current_step,
    released_step,
    running_step,
    step_to_begin,
)
from definitions.automation.values import as_text
from definitions.automation.variables import VariableError, updated_variable
from definitions.automation.view import StepView, steps_view

__all__ = ["PURE_ACTIONS", "Execution", "IllegalTransitionError", "ResolvedStep"]

PURE_ACTIONS = frozenset({"aws:branch", "aws:loop", "aws:updateVariable"})
"""The actions that do nothing outside the execution: `Execution.decide` does them."""


class Execution:
    """One run of a document, from its first step to its final status."""

    def __init__(self, document: AutomationDocument, state: ExecutionState) -> None:
        self.document = document
        self.state = state
        self._steps = DocumentSteps(document)
        self._progress = Progress(document, state, self._steps)

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
        mode: Mode = Mode.AUTO,
    ) -> Self:
        """A new execution at its first step; `parameters` are as `coerce_parameters` returned them.

        Raises ParameterError when defaults that name one another come to more than can be kept.
        """
        state = ExecutionState(
            execution_id=execution_id,
            document_name=document_name,
            system=system,
            parameters=dict(parameters),
            steps=list(not_begun(DocumentSteps(document), execution_id)),
            started_at=now,
            mode=mode,
        )
        execution = cls(document, state)
        try:
            follow_defaults(document, state.parameters, system.references(execution_id, now))
            state.variables = starting_variables(document, execution.scope(now))
        except TooLargeError as error:
            raise ParameterError([Problem((), f"the defaults are too large: {error}")]) from error
        first = document.main_steps[0].name if document.main_steps else None
        execution._progress.go_on(None, first, now)
        return execution

    @classmethod
    def undo(
        cls, document: AutomationDocument, origin: ExecutionState, *, execution_id: str, now: datetime
    ) -> Self:
        """A new execution of the compensations (onRollback) of what another execution of the document did.

        They run in reverse order, each though another one failed, and read the other execution's parameters,
        variables and outputs. With nothing to undo it succeeds at once. Raises IllegalTransitionError while the
        other execution still goes on.
        """
        if not origin.status.final:
            raise IllegalTransitionError(f"the execution to undo has not ended: {origin.status.value}")
        execution = cls(document, undoing_state(document, origin, execution_id=execution_id, now=now))
        execution._progress.go_on(None, None, now)
        return execution

    @property
    def current(self) -> Step | None:
        """The step that runs or is to be begun next, in a loop that of its body; None when all has ended."""
        return current_step(self._steps, self.state)

    @property
    def running(self) -> ResolvedStep | None:
        """The attempt that has begun and not ended, for a host that takes over in its midst."""
        step = self.current
        record = None if step is None else self.state.step(step.name)
        if step is None or record is None or record.attempt_started_at is None:
            return None
        return self._resolved(step, record, record.attempt_started_at)

    @property
    def assume_role(self) -> str:
        """The role the actions run under, or '' for the worker's own identity."""
        return as_text(interpolate(self.document.assume_role or "", self.scope(self.state.started_at)))

    def scope(self, now: datetime) -> Scope:
        """What references mean at this moment."""
        return execution_scope(self.state, now)

    def begin(self, now: datetime) -> ResolvedStep:
        """Begins the next attempt of the current step, its inputs resolved as of now.

        Inputs that would be too large stay empty: the attempt says why in its `refusal`, and is to be failed.
        """
        step, record = step_to_begin(self._steps, self.state)
        renewed = next_record(step, self.state)
        if renewed is None:
            record.outputs = {}
        # Until it begins, a step of a loop reads what it put out itself in the iteration before.
        scope = self.scope(now)
        if renewed is not None:
            self.state.renew(renewed)
            record = renewed
        if record.attempt == 0:
            record.started_at = now
            if record.parent is None:
                self.state.path.append(step.name)
        record.attempt += 1
        record.attempt_started_at = now
        record.status = StepStatus.IN_PROGRESS
        refusal = None
        try:
            record.inputs = resolved_inputs(step, scope)
        except TooLargeError as error:
            record.inputs, refusal = {}, f"the inputs are too large: {error}"
        return replace(self._resolved(step, record, now), refusal=refusal)

    def wait(self, now: datetime) -> None:
        """The running step waits for a person; one that is being cancelled stays so."""
        _, record = running_step(self._steps, self.state)
        if record.status is not StepStatus.CANCELLING:
            record.status = StepStatus.WAITING
        record.waiting_since = record.waiting_since or now
        if self.state.status is ExecutionStatus.IN_PROGRESS:
            self.state.status = ExecutionStatus.WAITING

    def succeed(self, response: Any, now: datetime) -> None:
        """The running step's action has succeeded; its outputs are taken from the response."""
        step, record = running_step(self._steps, self.state)
        record.outputs = step_outputs(step, response)
        target = flow.after_success(self._steps.siblings(step), step)
        self._progress.leave(step, record, StepStatus.SUCCESS, target, now)

    def decide(self, now: datetime) -> None:
        """Does the running step, one of PURE_ACTIONS, and goes where it leads; wrong inputs fail it for good."""
        step, record = running_step(self._steps, self.state)
        try:
            match step.action:
                case "aws:branch":
                    chosen = choices.choose(record.inputs)
                    target = chosen or flow.after_success(self._steps.siblings(step), step)
                    self._progress.leave(step, record, StepStatus.SUCCESS, target, now)
                case "aws:updateVariable":
                    name, value = updated_variable(self.document, record.inputs)
                    self.state.variables[name] = value
                    self.succeed({}, now)
                case "aws:loop":
                    loop = planned_loop(step, record.inputs)
                    self._progress.enter_loop(step, record, loop, now)
                case _:
                    raise IllegalTransitionError(f"'{step.name}' cannot be decided: it is an {step.action}")
        except (LoopError, VariableError) as error:
            self.fail(str(error), now, stage=FailureStage.INPUT_VALIDATION, retry=False)

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
        step, record = running_step(self._steps, self.state)
        record.outputs = step_outputs(step, response)
        record.failure_message, record.failure_stage, record.failure_type = message, stage, kind
        more = retry and record.attempt < step.max_attempts + record.extra_attempts
        if more and not self.state.stopping and not self._progress.overdue(step, now):
            self._progress.end_attempt(record, StepStatus.PENDING)
            return True
        status = StepStatus.TIMED_OUT if timed_out else StepStatus.FAILED
        if record.status is StepStatus.CANCELLING:
            status = StepStatus.CANCELLED
        self._progress.fail(step, record, status, now)
        return False

    def start_step(self, now: datetime) -> None:
        """Somebody lets the current step begin, in the Interactive mode (AWS: StartStep)."""
        released_step(self._steps, self.state, Hold.BETWEEN_STEPS, "no step waits to be started")

    def retry_step(self, now: datetime) -> None:
        """Somebody wants a step tried again that failed with onFailure Pause: it gets maxAttempts more."""
        _, record = released_step(
            self._steps, self.state, Hold.FAILED_STEP, "no failed step waits to be retried"
        )
        record.extra_attempts = record.attempt
        record.status = StepStatus.PENDING
        record.ended_at = None

    def skip_step(self, now: datetime) -> None:
        """Somebody lets the execution go on past a step that failed with onFailure Pause."""
        step, record = released_step(
            self._steps, self.state, Hold.FAILED_STEP, "no failed step waits to be skipped"
        )
        record.skipped = True
        self._progress.pass_over(step, record, now)

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
            if self.state.loop is not None:
                self.state.step(self.state.loop.step).status = StepStatus.CANCELLING

    def cancelled(self, now: datetime) -> None:
        """The running step has been stopped; the steps after its onCancel follow, until `cancel_deadline`.

        Called once more, when that time is up, it ends the execution. A step that ended by itself before it
        could be stopped has been left already: then there is nothing to do.
        """
        if self.state.cancel_requested_at is None:
            raise IllegalTransitionError("nobody cancelled the execution")
        if self.running is not None:
            step, record = running_step(self._steps, self.state)
            self._progress.leave(step, record, StepStatus.CANCELLED, None, now)
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

    def _cancel_between_attempts(self, now: datetime) -> None:
        """No attempt runs: a step to be tried again is cancelled, one that never ran stays Pending."""
        record = self.state.step(self.state.current_step or "")
        if record.attempt > 0 and not record.status.final:
            self._progress.end_attempt(record, StepStatus.CANCELLED)
            record.ended_at = now
        self._progress.end(now)

    def _resolved(self, step: Step, record: StepState, started_at: datetime) -> ResolvedStep:
        return resolved_step(
            step, record, started_at, self._steps, most_seconds=self._progress.seconds_left(step, started_at)
        )
