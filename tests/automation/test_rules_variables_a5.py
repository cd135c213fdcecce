"""aws:updateVariable (A5): what a variable may become."""

from typing import Any

import pytest

from definitions.automation import FailureStage, StepStatus
from definitions.automation.variables import VariableError, updated_variable
from tests.automation.playing import NOW, change, loop, play, run, script, started, step

VARIABLES = {
    "Text": {"type": "String", "default": "old"},
    "Number": {"type": "Integer", "default": "3"},
    "Flag": {"type": "Boolean", "default": False},
    "Texts": {"type": "StringList", "default": []},
    "Map": {"type": "StringMap", "default": "{}"},
    "Maps": {"type": "MapList", "default": '[{"a": 1}]'},
    "Empty": {"type": "String"},
}


def test_variables_start_as_their_typed_defaults_maps_written_as_json_too() -> None:
    assert started(step("a"), variables=VARIABLES).state.variables == {
        "Text": "old",
        "Number": 3,
        "Flag": False,
        "Texts": [],
        "Map": {},
        "Maps": [{"a": 1}],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Text", "new"),
        ("Text", ""),
        ("Text", "x" * 512),
        ("Text", "{{ find.gone }}"),
        ("Number", 0),
        ("Flag", True),
        ("Texts", ["x"] * 50),
        ("Map", {"a": {"b": [1]}}),
        ("Maps", [{"k" * 50: 1}] * 200),
        ("Empty", "now it has one"),
    ],
)
def test_a_value_of_the_declared_type_is_taken_and_read_by_later_steps(name: str, value: Any) -> None:
    steps = (change("set", name, value), script("use", {"it": f"{{{{ variable:{name} }}}}"}))
    execution = started(script("find", {}, "gone"), *steps, variables=VARIABLES)
    execution.begin(NOW)
    execution.succeed({}, NOW)
    execution.begin(NOW)
    execution.decide(NOW)
    assert execution.state.variables[name] == value
    assert execution.state.step("set").outputs == {}
    assert execution.begin(NOW).inputs["InputPayload"] == {"it": value}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Text", 3, "variable 'Text' is String: expected one text, got '3'; values are not converted"),
        ("Text", ["a"], "expected one text, got '[\"a\"]'"),
        ("Text", "x" * 513, "variable 'Text': expected texts of at most 512 characters, got one of 513"),
        ("Number", "3", "variable 'Number' is Integer: expected a whole number, got '3'"),
        ("Number", True, "expected a whole number, got 'true'"),
        ("Number", 1.5, "expected a whole number, got '1.5'"),
        ("Flag", "true", "variable 'Flag' is Boolean: expected true or false, got 'true'"),
        ("Flag", "{{ find.gone }}", "expected true or false, got '{{ find.gone }}'"),
        ("Texts", "a", "variable 'Texts' is StringList: expected a list of texts, got 'a'"),
        ("Texts", [1], "expected a list of texts"),
        ("Texts", ["x"] * 51, "variable 'Texts': expected at most 50 items, got 51"),
        ("Texts", ["x" * 513], "expected texts of at most 512 characters, got one of 513"),
        ("Map", '{"a": 1}', "variable 'Map' is StringMap: expected a map, got '{\"a\": 1}'"),
        ("Map", {"k" * 51: 1}, f"expected keys of at most 50 characters, got '{'k' * 51}'"),
        ("Maps", {"a": 1}, "variable 'Maps' is MapList: expected a list of maps"),
        ("Maps", [{"a": 1}, "b"], "expected a list of maps"),
        ("Maps", [{}] * 201, "expected at most 200 items, got 201"),
        ("Txt", "new", "there is no variable 'Txt'; did you mean 'Text'?"),
        ("Zebra", "new", "there is no variable 'Zebra'; the document has Text, Number, Flag"),
    ],
)
def test_any_other_value_fails_the_step_at_once_and_changes_nothing(
    name: str, value: Any, message: str
) -> None:
    steps = (change("set", name, value, maxAttempts=3, onFailure="Continue"), step("after"))
    execution = started(script("find", {}, "gone"), *steps, variables=VARIABLES)
    before = dict(execution.state.variables)
    assert run(execution) == ["find", "set", "after"]
    record = execution.state.step("set")
    assert message in (record.failure_message or "")
    assert (record.status, record.failure_stage) == (StepStatus.FAILED, FailureStage.INPUT_VALIDATION)
    assert execution.state.variables == before


def test_a_name_that_is_no_variable_is_refused() -> None:
    document = started(step("a"), variables=VARIABLES).document
    with pytest.raises(VariableError, match="Name should be variable:NAME, got 'Text'"):
        updated_variable(document, {"Name": "Text", "Value": "new"})


def test_a_variable_that_wraps_itself_fails_before_nothing_can_write_it_down() -> None:
    wrapped = change("wrap", "Map", {"a": "{{ variable:Map }}"})
    again = {"Variable": "a", "StringEquals": "a"}
    loops = [loop(f"each{number}", wrapped | {"name": f"wrap{number}"}, until=again) for number in range(3)]
    execution = started(*loops, variables=VARIABLES)
    play(execution)
    failure = execution.state.step("wrap0").failure_message
    assert failure == "the inputs are too large: {{ variable:Map }} is nested about 100 levels deep"
    execution.state.model_dump_json()
