"""What an execution remembers: everything a host needs to carry on elsewhere, as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field


class ExecutionStatus(StrEnum):
    """Where an execution stands, in AWS's words."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    WAITING = "Waiting"
    SUCCESS = "Success"
    TIMED_OUT = "TimedOut"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    FAILED = "Failed"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self in (self.SUCCESS, self.TIMED_OUT, self.CANCELLED, self.FAILED)


class StepStatus(StrEnum):
    """Where a step stands, in AWS's words; Exited is for loops that a body step jumped out of."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    WAITING = "Waiting"
    SUCCESS = "Success"
    TIMED_OUT = "TimedOut"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    FAILED = "Failed"
    EXITED = "Exited"

    @property
    def final(self) -> bool:
        """Whether the step will not run again."""
        return self in (self.SUCCESS, self.TIMED_OUT, self.CANCELLED, self.FAILED, self.EXITED)


class Mode(StrEnum):
    """AUTO runs step after step; INTERACTIVE waits before each one until somebody starts it."""

    AUTO = "Auto"
    INTERACTIVE = "Interactive"


class Hold(StrEnum):
    """Why nothing begins although there is a current step; the execution is Waiting meanwhile.

    BETWEEN_STEPS: the mode is Interactive. FAILED_STEP: the current step failed for good and its onFailure is Pause.
    """

    BETWEEN_STEPS = "BetweenSteps"
    FAILED_STEP = "FailedStep"


class FailureStage(StrEnum):
    """When in its action a step failed."""

    INPUT_VALIDATION = "InputValidation"
    PRE_VERIFICATION = "PreVerification"
    INVOCATION = "Invocation"
    POST_VERIFICATION = "PostVerification"


class FailureType(StrEnum):
    """What sort of failure it was."""

    ACTION = "Action"
    PERMISSION = "Permission"
    THROTTLING = "Throttling"
    VERIFICATION = "Verification"
    INTERNAL = "Internal"


class SystemVariables(BaseModel):
    """Where an execution runs, for `{{ global:ACCOUNT_ID }}` and its like."""

    account_id: str
    region: str
    partition: str = "aws"

    def references(self, execution_id: str, now: datetime) -> dict[str, str]:
        """What documents call these, and the dates, as of now."""
        return {
            "global:ACCOUNT_ID": self.account_id,
            "global:REGION": self.region,
            "global:AWS_PARTITION": self.partition,
            "global:DATE": now.strftime("%Y-%m-%d"),
            "global:DATE_TIME": now.strftime("%Y-%m-%d_%H.%M.%S"),
            "automation:EXECUTION_ID": execution_id,
        }


class ParentStep(BaseModel):
    """The aws:loop that a body step ran in, and the iteration (from 1) it ran in (AWS: ParentStepDetails)."""

    step_execution_id: str
    step_name: str
    action: str
    iteration: int
    iterator_value: Any = None


class LoopState(BaseModel):
    """A loop that goes on: its name, the iteration (from 1), and what it goes over, if it goes over a list."""

    step: str
    iteration: int
    iterators: list[Any] | None = None
    max_iterations: int


class DecidingFailure(BaseModel):
    """The failure that makes an execution Failed, or TimedOut, once it ends."""

    step: str
    timed_out: bool
    message: str | None


class StepState(BaseModel):
    """One step of an execution. `inputs` are those of the latest attempt, as the action got them.

    A step of a loop's body has one state, that of its latest iteration, and a `parent` from the start.
    `skipped` says that a person let the execution go on past the step's failure, `extra_attempts` how many
    attempts a person has granted beyond maxAttempts.
    """

    step_execution_id: str
    name: str
    action: str
    is_critical: bool
    status: StepStatus = StepStatus.PENDING
    attempt: int = 0
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, Any] = Field(default_factory=dict)
    started_at: datetime | None = None
    attempt_started_at: datetime | None = None
    waiting_since: datetime | None = None
    ended_at: datetime | None = None
    failure_message: str | None = None
    failure_stage: FailureStage | None = None
    failure_type: FailureType | None = None
    next_step: str | None = None
    parent: ParentStep | None = None
    skipped: bool = False
    extra_attempts: int = 0

    @property
    def failed(self) -> bool:
        """Whether the step has failed for good; one that timed out has, too."""
        return self.status in (StepStatus.FAILED, StepStatus.TIMED_OUT)

    @property
    def running(self) -> bool:
        """Whether an attempt has begun and not ended."""
        return self.attempt_started_at is not None


class ExecutionState(BaseModel):
    """An execution of one document; `path` names the main steps begun, in order; `outputs` come at the end.

    `current_step` is the innermost one: within a loop it names a step of the loop's body. `compensations` are the
    steps still to run once the execution is rolling back (`rolling_back`), in that order. `deciding_failure` is the
    first failure that decides the final status: a later iteration of a loop would overwrite its step's own record.
    """

    execution_id: str
    document_name: str
    system: SystemVariables
    status: ExecutionStatus = ExecutionStatus.IN_PROGRESS
    parameters: dict[str, Any] = Field(default_factory=dict)
    variables: dict[str, Any] = Field(default_factory=dict)
    steps: list[StepState] = Field(default_factory=list)
    path: list[str] = Field(default_factory=list)
    current_step: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    outputs: dict[str, list[str]] = Field(default_factory=dict)
    failure_message: str | None = None
    cancel_requested_at: datetime | None = None
    cancel_deadline: datetime | None = None
    stop_after_step: bool = False
    mode: Mode = Mode.AUTO
    hold: Hold | None = None
    loop: LoopState | None = None
    rolling_back: bool = False
    compensations: list[str] = Field(default_factory=list)
    deciding_failure: DecidingFailure | None = None

    @property
    def current_main_step(self) -> str | None:
        """The main step the execution is at: the loop, while a step of its body is current."""
        return self.loop.step if self.loop else self.current_step

    @property
    def stopping(self) -> bool:
        """Whether the execution is cancelled and has not come to the steps after onCancel."""
        return self.cancel_requested_at is not None and self.cancel_deadline is None

    def step(self, name: str) -> StepState:
        """The state of the step of that name; KeyError if there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"the execution has no step '{name}'")

    def renew(self, record: StepState) -> None:
        """Puts a new record in the place of the step's old one."""
        self.steps = [record if step.name == record.name else step for step in self.steps]
