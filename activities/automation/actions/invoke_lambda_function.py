"""aws:invokeLambdaFunction: call a Lambda function."""

import json
from collections.abc import Mapping
from typing import Any

from activities.automation.aws import Aws
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, text_of
from activities.automation.steps import StepAttempt, step_failed
from activities.automation.waiting import leaving_behind
from definitions.automation.values import from_json

_OWN_INPUTS = {"Payload", "InputPayload"}


def _harmless(inputs: Mapping[str, Any]) -> bool:
    return inputs.get("InvocationType") == "DryRun"


@effect("aws:invokeLambdaFunction", repeatable=_harmless)
async def invoke_lambda_function(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Call the function; StatusCode, FunctionError, LogResult and Payload (text). A function's error fails the step.

    Not repeated when a worker is lost: nobody knows whether the function has run.
    """
    name = text_of(attempt.inputs, "FunctionName")
    parameters = {key: value for key, value in filled(attempt.inputs).items() if key not in _OWN_INPUTS}
    payload = _payload(attempt.inputs)
    if payload is not None:
        parameters["Payload"] = payload
    with leaving_behind(f"{name} may go on running"):
        answer = await Aws.of(attempt).call("lambda", "Invoke", parameters, long=True)
    if answer.get("FunctionError"):
        raise step_failed(
            f"{name} failed ({answer['FunctionError']}): {answer.get('Payload')}", response=answer
        )
    return answer | _returned(answer)


def _returned(answer: Mapping[str, Any]) -> dict[str, Any]:
    """AWS: a function that returns a text puts out that text, without the quotes of JSON."""
    returned = from_json(answer.get("Payload"))
    return {"Payload": returned} if isinstance(returned, str) else {}


def _payload(inputs: Mapping[str, Any]) -> str | None:
    """AWS: Payload is JSON as text; InputPayload, a map, wins over it."""
    payload = inputs.get("InputPayload")
    if payload is None:
        payload = inputs.get("Payload")
    return payload if payload is None or isinstance(payload, str) else json.dumps(payload)
