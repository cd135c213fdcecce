"""aws:executeStateMachine: run a state machine of Step Functions to its end."""

import json
from typing import Any

from activities.automation.aws import Aws, RefusedError
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, text_of, wrong_input
from activities.automation.steps import StepAttempt, step_failed
from activities.automation.waiting import is_repeat, leaving_behind, until
from definitions.automation import FailureStage, FailureType

_OUTPUTS = (
    *("executionArn", "input", "name", "output", "startDate"),
    *("stateMachineArn", "status", "stopDate", "error", "cause"),
)
_TAKEN_UP = {"RUNNING", "SUCCEEDED"}
MOST_NAMES = 100
"""Failed executions that may stand in the way of a step's own name: at most one for each of its attempts."""


@effect("aws:executeStateMachine", repeatable=True)
async def execute_state_machine(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Start an execution and wait for its end, which is the response; any but SUCCEEDED fails the step.

    Safe to repeat: names of executions are unique, so a lost worker's execution is taken up. Without `name` in the
    inputs the step's own is used, and a numbered one where that has failed before.
    """
    aws = Aws.of(attempt)
    machine = text_of(attempt.inputs, "stateMachineArn")
    unknown = attempt.inputs.keys() - {"stateMachineArn", "name", "input", "traceHeader"}
    if unknown:
        raise wrong_input(f"aws:executeStateMachine has no input {', '.join(sorted(unknown))}")
    given = filled(attempt.inputs)
    if "input" in given and not isinstance(given["input"], str):
        given["input"] = json.dumps(given["input"])
    execution = await (
        _start_named(aws, machine, given) if given.get("name") else _start(aws, machine, given)
    )

    async def look() -> dict[str, Any] | None:
        seen = await aws.call("stepfunctions", "DescribeExecution", {"executionArn": execution})
        return None if seen["status"] == "RUNNING" else seen

    with leaving_behind(f"{execution} goes on"):
        seen = await until(look)
    response = {name: seen[name] for name in _OUTPUTS if seen.get(name) is not None}
    if seen["status"] != "SUCCEEDED":
        because = ": ".join(str(seen[name]) for name in ("error", "cause") if seen.get(name))
        raise step_failed(
            f"{execution} ended {seen['status']}: {because}".rstrip(": "),
            stage=FailureStage.POST_VERIFICATION,
            kind=FailureType.VERIFICATION,
            response=response,
        )
    return response


async def _start_named(aws: Aws, machine: str, given: dict[str, Any]) -> str:
    """The execution of the name that the document gives; one that exists is ours only if a worker was lost."""
    try:
        return str((await aws.call("stepfunctions", "StartExecution", given))["executionArn"])
    except RefusedError as refused:
        if refused.code != "ExecutionAlreadyExists" or not is_repeat():
            raise
        return _arn(machine, text_of(given, "name"))


async def _start(aws: Aws, machine: str, given: dict[str, Any]) -> str:
    """The execution of the step's own name that runs, has succeeded, or is started now."""
    for number in range(1, MOST_NAMES + 1):
        name = aws.token("StartExecution") + (f"-{number}" if number > 1 else "")
        try:
            started = await aws.call("stepfunctions", "StartExecution", given | {"name": name})
            return str(started["executionArn"])
        except RefusedError as refused:
            if refused.code != "ExecutionAlreadyExists":
                raise
        seen = await aws.call("stepfunctions", "DescribeExecution", {"executionArn": _arn(machine, name)})
        if seen["status"] in _TAKEN_UP:
            return str(seen["executionArn"])
    raise step_failed(f"{MOST_NAMES} executions of this step have failed; give `name` to start another")


def _arn(machine: str, name: str) -> str:
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
