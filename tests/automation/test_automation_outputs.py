"""Outputs: selectors over responses, what actions put out by themselves, and the execution's outputs."""

import json
from typing import Any

import pytest

from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.model import Step
from definitions.automation.outputs import NO_OUTPUT, execution_outputs, step_outputs
from definitions.automation.selectors import SelectorError, check_selector, select
from definitions.automation.values import ValueType

RESPONSE = {
    "Reservations": [{"Instances": [{"Id": "i-1"}, {"Id": "i-2"}]}, {"Instances": [{"Id": "i-3"}]}],
    "Outputs": [{"OutputKey": "a", "OutputValue": 1}, {"OutputKey": "b", "OutputValue": 2}],
    "Null": None,
    "Zero": 0,
    "InstanceIds": ["i-7"],
}


@pytest.mark.parametrize(
    ("selector", "kind", "value"),
    [
        ("$.Reservations[0].Instances[1].Id", ValueType.STRING, "i-2"),
        ("$", ValueType.STRING_MAP, RESPONSE),
        ("$.InstanceIds", ValueType.STRING_LIST, ["i-7"]),
        ("InstanceIds[0]", ValueType.STRING, "i-7"),
        ("['InstanceIds'][0]", ValueType.STRING, "i-7"),
        ("..Id", ValueType.STRING_LIST, ["i-1", "i-2", "i-3"]),
        ("$..Id", ValueType.STRING, ["i-1", "i-2", "i-3"]),
        ("$..Gone", ValueType.STRING_LIST, []),
        ("$..Gone", ValueType.STRING, UNRESOLVED),
        ("$.Outputs[?(@.OutputKey == 'b')].OutputValue", ValueType.INTEGER, 2),
        ("$.Outputs[?(@.OutputKey=='b')].OutputValue", ValueType.STRING_LIST, [2]),
        ("$.Zero", ValueType.INTEGER, 0),
        ("$.Zero", ValueType.STRING, 0),
        ("$.Null", ValueType.STRING, UNRESOLVED),
        ("$.Gone.Deeper[3]", ValueType.STRING, UNRESOLVED),
    ],
)
def test_a_selector_picks_without_converting(selector: str, kind: ValueType, value: Any) -> None:
    assert select(selector, RESPONSE, kind) == value


@pytest.mark.parametrize("selector", ["$.a[", "$.", "$.a.length()", "$.a | $.b", ""])
def test_what_is_not_one_jsonpath_is_refused(selector: str) -> None:
    with pytest.raises(SelectorError, match="selector"):
        check_selector(selector)


def step(action: str, *outputs: tuple[str, str]) -> Step:
    declared = [{"Name": name, "Selector": selector} for name, selector in outputs]
    return Step.model_validate({"name": "s", "action": action, "outputs": declared})


def test_a_script_puts_out_its_payload_as_text_and_what_it_declares() -> None:
    response = {"Payload": {"id": "é", "n": 1}}
    assert step_outputs(
        step("aws:executeScript", ("Id", "$.Payload.id"), ("Gone", "$.Payload.x")), response
    ) == {
        "OutputPayload": '{"Payload":{"id":"é","n":1}}',
        "Id": "é",
    }


def test_selectors_look_into_the_payload_of_a_function_in_three_ways() -> None:
    declared = [("Whole", "$.Payload"), ("Under", "$.Payload.id"), ("Top", "id"), ("Code", "$.StatusCode")]
    response = {"StatusCode": 200, "Payload": '{"id": "a", "StatusCode": 7}'}
    found = step_outputs(step("aws:invokeLambdaFunction", *declared, ("Gone", "$.x")), response)
    whole = {"StatusCode": 200, "Payload": response["Payload"]}
    assert found == whole | {"Whole": response["Payload"], "Under": "a", "Top": "a", "Code": 200}


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"Payload": "no JSON"},
        {"Payload": None},
        {"Payload": "3"},
        {"Payload": '{"id": 1e999}'},
        {"Payload": '{"id": NaN}'},
        {"Payload": '{"id": "\\ud800"}'},
    ],
)
def test_a_payload_without_json_leaves_outputs_out(response: dict[str, Any]) -> None:
    assert "Id" not in step_outputs(step("aws:invokeLambdaFunction", ("Id", "$.Payload.id")), response)


@pytest.mark.parametrize("kind", list(ValueType))
@pytest.mark.parametrize("value", ["text", 3, True, ["a"], {"a": 1}, [{"a": 1}]])
def test_a_value_of_another_type_than_promised_is_put_out_as_it_is(kind: ValueType, value: Any) -> None:
    outputs = [{"Name": "it", "Selector": "$.Payload.it", "Type": kind}]
    declaring = Step.model_validate({"name": "s", "action": "aws:runCommand", "outputs": outputs})
    assert step_outputs(declaring, {"Payload": {"it": value}}) == {"it": value}


def test_an_action_puts_out_what_it_always_has() -> None:
    response = {"CommandId": "c-1", "Status": "Success", "Output": "hi", "Other": 1}
    assert step_outputs(step("aws:runCommand"), response) == {
        "CommandId": "c-1",
        "Status": "Success",
        "Output": "hi",
    }
    assert step_outputs(step("aws:runCommand"), None) == {}


RETURNED = '{"Retry":true,"Vm":{"Name":"web"},"Disks":["d-1"],"StatusCode":"mine"}'


@pytest.mark.parametrize(
    ("selector", "kind", "value"),
    [
        ("$.Payload", "String", RETURNED),
        ("$.Payload.Vm.Name", "String", "web"),
        ("$.Payload.Vm", "StringMap", {"Name": "web"}),
        ("$.Payload", "StringMap", json.loads(RETURNED)),
        ("$.Retry", "Boolean", True),
        ("$.Vm.Name", "String", "web"),
        ("$.Disks", "StringList", ["d-1"]),
        ("$..Name", "StringList", ["web"]),
        ("$.StatusCode", "Integer", 200),
    ],
)
def test_selectors_read_what_a_lambda_function_returned(selector: str, kind: str, value: Any) -> None:
    outputs = [{"Name": "it", "Selector": selector, "Type": kind}, {"Name": "gone", "Selector": "$.Gone"}]
    function = Step.model_validate({"name": "s", "action": "aws:invokeLambdaFunction", "outputs": outputs})
    assert step_outputs(function, {"StatusCode": 200, "Payload": RETURNED}) == {
        "StatusCode": 200,
        "Payload": RETURNED,
        "it": value,
    }


DEEP = '{"it":' * 60 + "1" + "}" * 60
ENDLESS = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("payload", ["vol-1", "null", "3", '"quoted"', "[", None, DEEP, ENDLESS])
def test_a_function_that_returns_no_map_has_nothing_to_select(payload: str | None) -> None:
    response = {"StatusCode": 200} | ({} if payload is None else {"Payload": payload})
    selecting = step("aws:invokeLambdaFunction", ("it", "$.Payload.it"), ("that", "$.that"))
    assert step_outputs(selecting, response) == response


def test_execution_outputs_are_lists_of_texts_and_say_when_there_is_none() -> None:
    outputs = {"s": {"text": "x", "list": ["a", 1, {"b": True}], "map": {"a": 1}, "flag": False, "none": []}}
    declared = ["s.text", "s.list", "s.map", "s.flag", "s.none", "s.gone", "t.gone"]
    assert execution_outputs(declared, outputs) == {
        "s.text": ["x"],
        "s.list": ["a", "1", '{"b":true}'],
        "s.map": ['{"a":1}'],
        "s.flag": ["false"],
        "s.none": [],
        "s.gone": [NO_OUTPUT],
        "t.gone": [NO_OUTPUT],
    }
