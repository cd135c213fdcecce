"""Answers that steps might get, made up from botocore's models and from what the steps declare."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from client.api_models import UnknownApiError, find_api
from definitions.automation.actions import ACTIONS
from definitions.automation.approval import Approval, ApprovalError, Verdict
from definitions.automation.execution import ResolvedStep
from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.model import Parameter
from definitions.automation.selectors import is_selector, select, written_steps
from definitions.automation.simulation import Answer, Breakdown
from definitions.automation.state import FailureStage
from definitions.automation.values import ValueType

DEEPEST = 7
"""Levels of an invented API answer, beyond what the step's selectors ask for."""

LONGEST = 1000
"""Items of an invented list; a selector may name any place."""

INVENTED_AT = datetime(2030, 1, 1, tzinfo=UTC)

_VALUES: dict[ValueType, Any] = {
    ValueType.STRING: "invented",
    ValueType.STRING_LIST: ["invented"],
    ValueType.INTEGER: 1,
    ValueType.BOOLEAN: True,
    ValueType.STRING_MAP: {"invented": "invented"},
    ValueType.MAP_LIST: [{"invented": "invented"}],
}
_TYPES: dict[ValueType, type] = {
    ValueType.STRING: str,
    ValueType.STRING_LIST: list,
    ValueType.INTEGER: int,
    ValueType.BOOLEAN: bool,
    ValueType.STRING_MAP: dict,
    ValueType.MAP_LIST: list,
}
_RESOURCES = {
    "AWS::EC2::Instance::Id": "i-0123456789abcdef0",
    "AWS::S3::Bucket::Name": "invented-bucket",
    "AWS::IAM::Role::Arn": "arn:aws:iam::123456789012:role/invented",
}
_FILTER = re.compile(r"\[\?\(?\s*@\.(?P<key>\w+)\s*==\s*'(?P<wanted>[^']*)'\s*\)?\]")
_CALLS = ("aws:executeAwsApi", "aws:assertAwsResourceProperty", "aws:waitForAwsResourceProperty")
_PUT_OUT: dict[str, Any] = {
    "Status": "Success",
    "StackStatus": "CREATE_COMPLETE",
    "ImageState": "available",
    "InstanceIds": ["i-0123456789abcdef0"],
    "InstanceStates": ["running"],
    "ImageId": "ami-0123456789abcdef0",
    "ResponseCode": 0,
    "StatusCode": 200,
    "FunctionError": None,
    "Decision": "Confirmed",
}


def invented_answer(resolved: ResolvedStep) -> Answer | Breakdown:
    """What a step that goes well might answer: every selector it declares finds a value of its type.

    Approvals are given by as many approvers as are needed; an approval that nobody could give fails as it would.
    """
    step = resolved.step
    if step.action == "aws:approve":
        return _approved(resolved)
    response = {name: _PUT_OUT.get(name, "invented") for name in ACTIONS[step.action].puts_out}
    if step.action == "aws:executeAutomation":
        response |= {"ExecutionId": str(uuid5(NAMESPACE_OID, step.name)), "Output": []}
    if step.action in _CALLS:
        response = _api_answer(resolved.inputs)
        desired = resolved.inputs.get("DesiredValues")
        if isinstance(desired, list) and desired:
            _plant(response, str(resolved.inputs["PropertySelector"]), desired[0])
    for output in step.outputs:
        found = select(output.selector, response, output.type)
        fits = isinstance(found, _TYPES[output.type]) and (
            output.type is ValueType.BOOLEAN or not isinstance(found, bool)
        )
        if not fits or found in ([], {}):
            _plant(response, output.selector, _VALUES[output.type])
    return Answer({name: value for name, value in response.items() if value is not None})


def invented_value(name: str, parameter: Parameter) -> Any:
    """A value for a parameter that nobody gave; it may break the parameter's pattern."""
    if parameter.allowed_values:
        first = parameter.allowed_values[0]
        return [first] if parameter.value_type in (ValueType.STRING_LIST, ValueType.MAP_LIST) else first
    for kind, value in _RESOURCES.items():
        if kind in parameter.type:
            return [value] if parameter.type.startswith("List<") else value
    return f"invented-{name}" if parameter.value_type is ValueType.STRING else _VALUES[parameter.value_type]


def _approved(resolved: ResolvedStep) -> Answer | Breakdown:
    try:
        approval = Approval.asked(resolved.inputs)
    except ApprovalError as error:
        return Breakdown(str(error), stage=FailureStage.INPUT_VALIDATION)
    for approver in approval.approvers[: approval.min_required]:
        approval = approval.decide(approver, Verdict.APPROVE, INVENTED_AT)
    return Answer(approval.response())


def _api_answer(inputs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        shape = find_api(str(inputs.get("Service")), str(inputs.get("Api"))).answer
    except UnknownApiError:
        return {}
    return {} if shape is None else _sample(shape, shape.name, 0)


def _sample(shape: Any, name: str, depth: int) -> Any:
    """A value of botocore's shape; what lies too deep, or within itself, is left empty."""
    match shape.type_name:
        case "structure":
            members = shape.members.items() if depth < DEEPEST else ()
            return {key: _sample(member, key, depth + 1) for key, member in members}
        case "list":
            return [_sample(shape.member, name.removesuffix("s"), depth + 1)] if depth < DEEPEST else []
        case "map":
            return {"invented": _sample(shape.value, name, depth + 1)} if depth < DEEPEST else {}
        case "boolean":
            return True
        case "integer" | "long":
            return max(1, int(shape.metadata.get("min", 1)))
        case "float" | "double":
            return 1.0
        case "timestamp":
            return INVENTED_AT.isoformat()
    enum = shape.metadata.get("enum")
    return enum[0] if enum else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _plant(response: dict[str, Any], selector: str, value: Any) -> None:
    """Puts a value where the selector looks, making what is not there; what it cannot follow it leaves."""
    for found in _FILTER.finditer(selector):
        # The first item becomes the one that the filter looks for.
        before = _FILTER.sub("[0]", selector[: found.start()])
        _plant(response, f"{before}[0].{found['key']}", found["wanted"])
    selector = _FILTER.sub("[0]", selector)
    path = written_steps(selector)
    if not path or not isinstance(path[0], str) or not is_selector(selector):
        return
    place: Any = response
    for step, following in zip(path, [*path[1:], None], strict=True):
        made = value if following is None else [] if isinstance(following, int) else {}
        place = _put(place, step, made, keep=following is not None)
        if place is None:
            return
    if select(selector, response) is UNRESOLVED:
        response[str(path[-1])] = value


def _put(place: Any, step: str | int, made: Any, *, keep: bool) -> Any:
    """Puts `made` at one step below a place, or keeps what is there if it is of the same sort."""
    if isinstance(place, list) and isinstance(step, int) and step < LONGEST:
        while len(place) <= step:
            place.append(type(made)() if keep else made)
        if not keep or not isinstance(place[step], type(made)):
            place[step] = made
        return place[step]
    if isinstance(place, dict) and isinstance(step, str):
        if not keep or not isinstance(place.get(step), type(made)):
            place[step] = made
        return place[step]
    return None
