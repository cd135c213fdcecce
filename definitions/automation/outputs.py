"""What a step puts out for later steps, and what the execution puts out at its end."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from definitions.automation.actions import ACTIONS
from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.model import Step
from definitions.automation.selectors import Places, select
from definitions.automation.values import DEEPEST, ValueType, as_text, deeper_than, from_json, unstorable

LARGEST_OUTPUTS = 500_000
"""Bytes, as JSON, of all that an execution puts out: it is one message."""

NO_OUTPUT = "No output available yet because the step is not successfully executed"


def step_outputs(step: Step, response: Any) -> dict[str, Any]:
    """The outputs of one step by name: those its action always has, then those it declares.

    What the response does not hold is left out, so that references to it stay as written. A value of another type
    than the output promises is put out as it is: AWS converts nothing, says nowhere that the step fails, and it is
    the step that reads the value that knows whether it can use it.
    """
    if response is None:
        return {}
    found: dict[str, Any] = {}
    for name in ACTIONS[step.action].puts_out:
        if isinstance(response, Mapping) and response.get(name) is not None:
            found[name] = response[name]
    if step.action == "aws:executeScript":
        found["OutputPayload"] = as_text(response)
    places = Places()
    returned = _returned(step, response)
    for output in step.outputs:
        for reading in _readings(response, returned, output.type):
            value = select(output.selector, reading, output.type, places=places)
            if value is not UNRESOLVED:
                found[output.name] = value
            if value not in (UNRESOLVED, []):
                break
    return found


def _returned(step: Step, response: Any) -> Any:
    """The map or list that a Lambda function returned, which is JSON as text in the answer."""
    if step.action != "aws:invokeLambdaFunction" or not isinstance(response, Mapping):
        return None
    returned = from_json(response.get("Payload"))
    if deeper_than(returned, DEEPEST // 2) or unstorable(returned):
        return None
    with contextlib.suppress(ValueError):
        json.dumps(returned, allow_nan=False)  # 1e999 is read as infinity
        return returned
    return None


def _readings(response: Any, returned: Any, kind: ValueType) -> list[Any]:
    """The response as selectors may read it, the likeliest first.

    AWS's own example picks `$.Retry` out of what a function returned, others pick `$.Payload.Retry`.
    """
    if not isinstance(returned, dict | list):
        return [response]
    opened = {**response, "Payload": returned}
    whole = [response, opened] if kind is ValueType.STRING else [opened, response]
    return [*whole, returned]


def execution_outputs(
    declared: Sequence[str], outputs: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[str]]:
    """The declared `Step.Output` names with their values as lists of texts, or NO_OUTPUT.

    What no longer fits into LARGEST_OUTPUTS is left out, and a text says so.
    """
    found = {}
    room = LARGEST_OUTPUTS
    for name in declared:
        step, _, output = name.partition(".")
        value = outputs.get(step, {}).get(output)
        told = [NO_OUTPUT] if value is None else texts(value)
        size = len(json.dumps(told))
        if size > room:
            told = [f"Left out: {size} bytes, and all outputs together have at most {LARGEST_OUTPUTS}"]
        else:
            room -= size
        found[name] = told
    return found


def texts(value: Any) -> list[str]:
    """A value as the API carries it: one text an item of a list, one text for anything else."""
    return [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]
