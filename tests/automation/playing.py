"""Small runbooks, and a host that plays them: every step succeeds unless a test says otherwise."""

from datetime import UTC, datetime
from typing import Any

from definitions.automation import (
    PURE_ACTIONS,
    Execution,
    Mode,
    SystemVariables,
    coerce_parameters,
    load_document,
)

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
SYSTEM = SystemVariables(account_id="123456789012", region="eu-west-1")

FAIL = "fail"
TIME_OUT = "time out"


def step(name: str, action: str = "aws:sleep", /, **keys: Any) -> dict[str, Any]:
    return {"name": name, "action": action, "inputs": {"Duration": "PT1S"}} | keys


def branch(name: str, *choices: tuple[str, str, str], **keys: Any) -> dict[str, Any]:
    written = [{"Variable": left, "StringEquals": right, "NextStep": to} for left, right, to in choices]
    inputs = {"Choices": written} | ({"Default": keys.pop("default")} if "default" in keys else {})
    return {"name": name, "action": "aws:branch", "inputs": inputs, **keys}


def script(name: str, payload: Any, *outputs: str, **keys: Any) -> dict[str, Any]:
    inputs = {"Runtime": "python3.11", "Handler": "f", "Script": "f'{{ Who }}'", "InputPayload": payload}
    declared = [
        {"Name": output, "Selector": f"$.Payload.{output}", "Type": "StringList"} for output in outputs
    ]
    return {"name": name, "action": "aws:executeScript", "inputs": inputs, "outputs": declared, **keys}


def loop(
    name: str, *body: dict[str, Any], over: Any = None, until: Any = None, most: Any = None, **keys: Any
) -> dict[str, Any]:
    """A loop over a list, or until a condition no longer holds; `kind` is the type of what it goes over."""
    inputs = {
        "Steps": list(body),
        "Iterators": over,
        "LoopCondition": until,
        "MaxIterations": most,
        "IteratorDataType": keys.pop("kind", None),
    }
    given = {key: value for key, value in inputs.items() if value is not None}
    return {"name": name, "action": "aws:loop", "inputs": given, **keys}


def change(name: str, variable: str, value: Any, **keys: Any) -> dict[str, Any]:
    inputs = {"Name": f"variable:{variable}", "Value": value}
    return {"name": name, "action": "aws:updateVariable", "inputs": inputs, **keys}


def started(
    *steps: dict[str, Any], given: dict[str, Any] | None = None, mode: Mode = Mode.AUTO, **keys: Any
) -> Execution:
    return started_from({"schemaVersion": "0.3", "mainSteps": list(steps), **keys}, given or {}, mode=mode)


def started_from(data: dict[str, Any], given: dict[str, Any], *, mode: Mode = Mode.AUTO) -> Execution:
    document = load_document(data)
    return Execution.start(
        document,
        document_name="Test",
        execution_id="e-1",
        parameters=coerce_parameters(document, given),
        system=SYSTEM,
        now=NOW,
        mode=mode,
    )


def play(execution: Execution, *failing: str, timing_out: tuple[str, ...] = ()) -> list[str]:
    """Runs to the end; the steps named fail in every attempt, all others succeed. Says which main steps began."""
    while execution.current is not None:
        one_attempt(execution, FAIL if execution.current.name in failing else None, timing_out=timing_out)
    return execution.state.path


def run(execution: Execution, /, **answers: list[Any]) -> list[str]:
    """Runs to the end or a hold; says which steps began, attempt by attempt, those of loop bodies included.

    `answers` are what happens in a step's attempts one after the other: FAIL, TIME_OUT or a response; whatever
    comes after them succeeds.
    """
    begun = []
    while execution.current is not None and execution.state.hold is None:
        name = execution.current.name
        begun.append(name)
        one_attempt(execution, answers[name].pop(0) if answers.get(name) else None)
    return begun


def payloads(execution: Execution, name: str) -> list[Any]:
    """Runs to the end, each script returning its iteration; the InputPayload of every run of one step."""
    seen = []
    while execution.current is not None:
        resolved = execution.begin(NOW)
        if resolved.step.action in PURE_ACTIONS:
            execution.decide(NOW)
            continue
        if resolved.step.name == name:
            seen.append(resolved.inputs["InputPayload"])
        execution.succeed({"Payload": {"n": resolved.iteration}}, NOW)
    return seen


def one_attempt(execution: Execution, answer: Any, *, timing_out: tuple[str, ...] = ()) -> None:
    resolved = execution.begin(NOW)
    late = answer == TIME_OUT or resolved.step.name in timing_out
    if resolved.refusal is not None:
        execution.fail(resolved.refusal, NOW, retry=False)
    elif late or answer == FAIL:
        execution.fail("broke", NOW, timed_out=late)
    elif resolved.step.action in PURE_ACTIONS:
        execution.decide(NOW)
    else:
        execution.succeed(answer or {}, NOW)


def statuses(execution: Execution) -> dict[str, str]:
    return {one.name: one.status.value for one in execution.state.steps}
