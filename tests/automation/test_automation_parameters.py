"""Parameters: what callers send becomes typed values, or is refused saying what would be right."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.automation import (
    AutomationDocument,
    ParameterError,
    coerce_parameters,
    load_document,
    parameter_store_names,
)
from definitions.automation.parameters import follow_defaults

# The machine may be busy: time is bounded by the test's own timeout.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def document(**parameters: dict[str, Any]) -> AutomationDocument:
    return load_document({"schemaVersion": "0.3", "parameters": parameters, "mainSteps": []})


def coerced(parameter: dict[str, Any], value: Any) -> Any:
    return coerce_parameters(document(P=parameter), {"P": value})["P"]


def refusal(parameter: dict[str, Any], value: Any) -> str:
    with pytest.raises(ParameterError) as refused:
        coerced(parameter, value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("kind", "given_value", "value"),
    [
        ("String", ["x"], "x"),
        ("String", "x", "x"),
        ("String", [""], ""),
        ("String", True, "true"),
        ("String", 3, "3"),
        ("StringList", ["a", "b"], ["a", "b"]),
        ("StringList", "a", ["a"]),
        ("StringList", [], []),
        ("Integer", ["3"], 3),
        ("Integer", "-3", -3),
        ("Integer", 3, 3),
        ("Boolean", ["True"], True),
        ("Boolean", "false", False),
        ("Boolean", True, True),
        ("StringMap", ['{"a": {"b": 1}}'], {"a": {"b": 1}}),
        ("StringMap", {"a": "b"}, {"a": "b"}),
        ("MapList", ['{"a": 1}', '{"b": 2}'], [{"a": 1}, {"b": 2}]),
        ("MapList", [{"a": 1}], [{"a": 1}]),
        ("MapList", '[{"a": 1}]', [{"a": 1}]),
        ("AWS::EC2::Instance::Id", ["i-0123456789abcdef0"], "i-0123456789abcdef0"),
        ("Integer", " +7 ", 7),
        ("Boolean", ["False"], False),
        ("StringList", [""], [""]),
        ("StringList", [1, True], ["1", "true"]),
        ("StringMap", '{"a": 1, "b": null}', {"a": 1, "b": None}),
        ("MapList", [], []),
        (
            "List<AWS::IAM::Role::Arn>",
            "arn:aws:iam::123456789012:role/x",
            ["arn:aws:iam::123456789012:role/x"],
        ),
        ("List<AWS::EC2::Instance::Id>", ["i-01234567", "mi-01234567"], ["i-01234567", "mi-01234567"]),
    ],
)
def test_values_are_read_as_the_parameters_type(kind: str, given_value: Any, value: Any) -> None:
    result = coerced({"type": kind}, given_value)
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given_value", "expected"),
    [
        ("String", ["a", "b"], 'expected one text, got \'["a","b"]\''),
        ("String", {}, "expected one text"),
        ("StringList", [{}], "expected a list of texts"),
        ("Integer", "3.5", "expected a whole number, got '3.5'"),
        ("Integer", True, "expected a whole number, got 'true'"),
        ("Boolean", "yes", "expected true or false, got 'yes'"),
        ("StringMap", "[]", "expected a map, or a JSON object as text"),
        ("MapList", ["x"], "expected a list of maps"),
        ("String", [], "expected one text, got '[]'"),
        ("Integer", "9" * 5000, "expected a whole number"),
        ("Integer", ["1", "2"], "expected a whole number"),
        ("Boolean", 1, "expected true or false, got '1'"),
        ("StringMap", "[" * 100_000, "expected a map, or a JSON object as text"),
        ("StringMap", '{"a": NaN}', "expected a map, or a JSON object as text"),
        ("String", "a\0b", "the character '\\x00' cannot be stored; remove it"),
        ("StringMap", '{"a": ["\\ud800"]}', "the character '\\ud800' cannot be stored; remove it"),
        ("AWS::EC2::Instance::Id", "i-1", "'i-1' does not match ^m?i-"),
        ("List<AWS::S3::Bucket::Name>", ["good-name", "Bad"], "'Bad' does not match"),
        ("AWS::IAM::Role::Arn", "admin", "'admin' does not match ^arn:"),
    ],
)
def test_values_of_another_type_are_refused_saying_what_is_right(
    kind: str, given_value: Any, expected: str
) -> None:
    assert refusal({"type": kind}, given_value).startswith(f"parameter 'P': {expected}")


@pytest.mark.parametrize(
    ("rule", "good", "bad", "words"),
    [
        ({"type": "String", "allowedValues": ["a", "b"]}, "b", "c", "'c' is not allowed; allowed are a, b"),
        ({"type": "Boolean", "allowedValues": ["true"]}, "True", False, "'false' is not allowed"),
        ({"type": "Boolean", "allowedValues": [True]}, "true", "false", "'false' is not allowed"),
        ({"type": "Integer", "allowedValues": ["1", 2]}, 1, 3, "'3' is not allowed"),
        ({"type": "StringList", "allowedValues": ["a", "b"]}, ["b", "a"], ["a", "c"], "'c' is not allowed"),
        ({"type": "String", "allowedPattern": "[a-z]+"}, "abc", "abc1", "'abc1' does not match [a-z]+"),
        ({"type": "String", "allowedPattern": r"[\w-\/]+"}, "a-/", "a b", "does not match"),
        ({"type": "String", "allowedPattern": r"\p{L}+"}, "é", "1", "does not match"),
        ({"type": "StringList", "allowedPattern": "a.*"}, ["ab"], ["ab", "b"], "'b' does not match"),
        ({"type": "Integer", "allowedPattern": r"\d\d"}, 10, 9, "'9' does not match"),
        ({"type": "StringMap", "allowedPattern": r"\{.*a.*\}"}, {"a": 1}, {"b": 1}, "does not match"),
        (
            {"type": "MapList", "allowedPattern": r"\{.*a.*\}"},
            [{"a": 1}, {"a": 2}],
            [{"a": 1}, {"b": 1}],
            "'{\"b\":1}'",
        ),
        ({"type": "MapList", "allowedPattern": r"\{.+\}"}, [], [{}], "'{}' does not match"),
        ({"type": "String", "minChars": 2}, "ab", "a", "expected at least 2 characters, got 1"),
        ({"type": "String", "maxChars": 2}, "ab", "abc", "expected at most 2 characters, got 3"),
        ({"type": "StringList", "minItems": 1}, ["a"], [], "expected at least 1 items, got 0"),
        ({"type": "MapList", "maxItems": 1}, [{}], [{}, {}], "expected at most 1 items, got 2"),
        ({"type": "Integer", "minValue": 3}, 3, 2, "expected at least 3 as its value, got 2"),
        ({"type": "Integer", "maxValue": 3}, 3, 4, "expected at most 3 as its value, got 4"),
    ],
)
def test_values_keep_the_parameters_rules(rule: dict[str, Any], good: Any, bad: Any, words: str) -> None:
    coerced(rule, good)
    assert words in refusal(rule, bad)


def test_a_pattern_only_java_can_read_checks_nothing() -> None:
    assert coerced({"type": "String", "allowedPattern": "a{2,1}"}, "b") == "b"


def test_defaults_fill_in_typed_and_are_never_checked() -> None:
    values = coerce_parameters(
        document(
            A={"type": "String", "default": "", "allowedPattern": "x+"},
            B={"type": "Boolean", "default": "true"},
            C={"type": "MapList", "default": ['{"a": 1}']},
            D={"type": "Integer", "default": "unset", "minValue": 3},
        ),
        {"A": ""},
    )
    assert values == {"A": "", "B": True, "C": [{"a": 1}], "D": "unset"}


@pytest.mark.parametrize(
    ("rule", "defaults", "followed"),
    [
        ("system variables", {"A": "in {{ global:REGION }}"}, {"A": "in eu-west-1"}),
        ("another parameter", {"A": "{{ Given }}-x", "B": "{{A}}-y"}, {"A": "g-x", "B": "g-x-y"}),
        ("one that stands later", {"A": "{{ B }}", "B": "{{ Given }}"}, {"A": "g", "B": "g"}),
        ("itself", {"A": "{{ A }}!"}, {"A": "{{ A }}!!"}),
        ("in a circle", {"A": "a{{ B }}", "B": "b{{ A }}"}, {"A": "aba{{ B }}", "B": "ba{{ B }}"}),
        ("nothing", {"A": "{{ Gone }} {{ ssm:/x }}"}, {"A": "{{ Gone }} {{ ssm:/x }}"}),
    ],
)
def test_references_in_defaults_are_followed(
    rule: str, defaults: dict[str, str], followed: dict[str, str]
) -> None:
    declared = {name: {"type": "String", "default": text} for name, text in defaults.items()}
    loaded = document(Given={"type": "String"}, **declared)
    values = coerce_parameters(loaded, {"Given": "g"})
    follow_defaults(loaded, values, {"global:REGION": "eu-west-1"})
    assert values == {"Given": "g", **followed}, rule


def test_what_a_caller_gave_is_never_read_for_references() -> None:
    loaded = document(A={"type": "String"}, B={"type": "String", "default": "{{ A }}"})
    values = coerce_parameters(loaded, {"A": "{{ global:REGION }} {{ ssm:/secret }} {{ B }}"})
    follow_defaults(loaded, values, {"global:REGION": "eu-west-1"})
    assert values["A"] == values["B"] == "{{ global:REGION }} {{ ssm:/secret }} {{ B }}"
    assert parameter_store_names(loaded, values) == {}


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ParameterError) as refused:
        coerce_parameters(
            document(InstanceId={"type": "String"}, Count={"type": "Integer"}),
            {"InstnceId": "i", "Count": "many"},
        )
    assert str(refused.value).splitlines() == [
        "unknown parameter 'InstnceId'; did you mean 'InstanceId'?",
        "parameter 'InstanceId': is required: give one text",
        "parameter 'Count': expected a whole number, got 'many'",
    ]
    assert [problem.path for problem in refused.value.problems] == [
        ("InstnceId",),
        ("InstanceId",),
        ("Count",),
    ]


def test_only_defaults_are_looked_up_in_parameter_store() -> None:
    loaded = document(
        Ami={"type": "String", "default": "{{ ssm:/golden/ami }}"}, Other={"type": "String", "default": "x"}
    )
    values = coerce_parameters(loaded, {"Other": "{{ ssm:/secrets/root }}"})
    assert parameter_store_names(loaded, values) == {"Ami": "/golden/ami"}


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@unhurried
@given(
    st.one_of(
        st.tuples(st.just("String"), texts),
        st.tuples(st.just("StringList"), st.lists(texts)),
        st.tuples(st.just("Integer"), st.integers()),
        st.tuples(st.just("Boolean"), st.booleans()),
        st.tuples(st.just("StringMap"), st.dictionaries(texts, texts)),
        st.tuples(st.just("MapList"), st.lists(st.dictionaries(texts, texts))),
    )
)
def test_a_value_of_the_right_type_is_left_alone(typed: tuple[str, Any]) -> None:
    kind, value = typed
    assert coerced({"type": kind}, value) == value
