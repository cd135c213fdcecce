"""Running a document without any effect: what its steps would answer is told, and time passes only by the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from definitions.automation.execution import PURE_ACTIONS, Execution, ResolvedStep
from definitions.automation.flow import BRANCH
from definitions.automation.model import AutomationDocument
from definitions.automation.sleep import SleepError, sleep_seconds
from definitions.automation.state import (
    ExecutionStatus,
    FailureStage,
    Hold,
    StepState,
    StepStatus,
    SystemVariables,
)

MOST_ATTEMPTS = 20_000
"""Attempts after which a simulation gives up: a document may ask for millions of them."""

_ALWAYS = {"Variable": "taken", "StringEquals": "taken"}


class SimulationError(RuntimeError):
    """A simulation that cannot be carried on; says why."""


@dataclass(frozen=True)
class Answer:
    """What an action answers when it succeeds."""

    response: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Breakdown:
    """An attempt that fails; one that times out takes all the time it has."""

    message: str
    timed_out: bool = False
    stage: FailureStage = FailureStage.INVOCATION


Answers = Callable[[ResolvedStep], Answer | Breakdown]
"""What an attempt of a step comes to. Not asked for branches, loops, variables and sleeps, which do themselves."""


class TraceEntry(BaseModel):
    """One attempt; `at` counts seconds from the start, `next_step` is where the execution was led."""

    at: float
    step: str
    action: str
    attempt: int
    iteration: int | None
    inputs: dict[str, Any]
    status: StepStatus
    outputs: dict[str, Any]
    failure_message: str | None
    next_step: str | None


class Simulation(BaseModel):
    """How it ended, where each step stands, every attempt on the way, and the outputs as an execution gives them."""

    status: ExecutionStatus
    failure_message: str | None
    parameters: dict[str, Any]
    outputs: dict[str, list[str]]
    seconds: float
    steps: dict[str, StepStatus]
    trace: list[TraceEntry]


def simulate(
    document: AutomationDocument,
    answers: Answers,
    *,
    parameters: Mapping[str, Any],
    system: SystemVariables,
    start: datetime,
    document_name: str = "simulated",
) -> Simulation:
    """Runs a document to its end. Raises SimulationError if it needs more than MOST_ATTEMPTS, and ParameterError.

    `parameters` are as `coerce_parameters` returns them. A step that failed with onFailure Pause is skipped.
    """
    execution = Execution.start(
        document,
        document_name=document_name,
        execution_id="00000000-0000-0000-0000-000000000000",
        parameters=parameters,
        system=system,
        now=start,
    )
    trace: list[TraceEntry] = []
    now = start
    while execution.current is not None:
        if len(trace) >= MOST_ATTEMPTS:
            raise SimulationError(f"has not ended after {MOST_ATTEMPTS} attempts of steps")
        if execution.state.hold is Hold.FAILED_STEP:
            execution.skip_step(now)
            continue
        resolved = execution.begin(now)
        # The next iteration of a loop gives its steps new records; this one stays that of the attempt.
        record = execution.state.step(resolved.step.name)
        at = (now - start).total_seconds()
        now = _attempt(execution, resolved, answers, now)
        trace.append(_entry(resolved, record, at, execution.state.current_step))
    state = execution.state
    return Simulation(
        status=state.status,
        failure_message=state.failure_message,
        parameters=state.parameters,
        outputs=state.outputs,
        seconds=(now - start).total_seconds(),
        steps={step.name: step.status for step in state.steps},
        trace=trace,
    )


def steered(document: AutomationDocument, ways: Mapping[str, int | None]) -> AutomationDocument:
    """The document with branches that take the choice of that number (from 0) whatever they compare, or none."""
    steps = [step.model_dump(mode="json", by_alias=True) for step in document.main_steps]
    for step in steps:
        _steer(step, ways)
        for part in (step["inputs"].get("Steps") or []) if step["action"] == "aws:loop" else []:
            _steer(part, ways)
    written = document.model_dump(mode="json", by_alias=True) | {"mainSteps": steps}
    return AutomationDocument.model_validate(written)


def _steer(step: dict[str, Any], ways: Mapping[str, int | None]) -> None:
    if step["action"] != BRANCH or step["name"] not in ways:
        return
    way = ways[step["name"]]
    choices = step["inputs"]["Choices"]
    taken = [] if way is None else [{"NextStep": choices[way]["NextStep"], **_ALWAYS}]
    step["inputs"] = {**step["inputs"], "Choices": taken}


def _attempt(execution: Execution, resolved: ResolvedStep, answers: Answers, now: datetime) -> datetime:
    """Does one attempt; the time when it has ended."""
    if resolved.refusal is not None:
        execution.fail(resolved.refusal, now, stage=FailureStage.INPUT_VALIDATION, retry=False)
        return now
    if resolved.step.action in PURE_ACTIONS:
        execution.decide(now)
        return now
    if resolved.step.action == "aws:sleep":
        return _sleep(execution, resolved, now)
    answer = answers(resolved)
    if isinstance(answer, Answer):
        execution.succeed(dict(answer.response), now)
        return now
    if answer.timed_out:
        now += timedelta(seconds=resolved.timeout_seconds or 0)
    execution.fail(answer.message, now, timed_out=answer.timed_out, stage=answer.stage)
    return now


def _sleep(execution: Execution, resolved: ResolvedStep, now: datetime) -> datetime:
    try:
        now += timedelta(seconds=sleep_seconds(resolved.inputs, now))
    except SleepError as error:
        execution.fail(str(error), now, stage=FailureStage.INPUT_VALIDATION)
    else:
        execution.succeed({}, now)
    return now


def _entry(resolved: ResolvedStep, record: StepState, at: float, led_to: str | None) -> TraceEntry:
    return TraceEntry(
        at=at,
        step=record.name,
        action=record.action,
        attempt=resolved.attempt,
        iteration=resolved.iteration,
        inputs=resolved.inputs,
        # A step to be tried again is Pending; this attempt of it failed. A loop goes on while its body runs.
        status=StepStatus.FAILED if record.status is StepStatus.PENDING else record.status,
        outputs=dict(record.outputs),
        failure_message=record.failure_message,
        next_step=led_to,
    )
