"""A4: which value a selector picks, and how much it may do."""

import time
from typing import Any

import pytest

from definitions.automation import Step
from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.outputs import step_outputs
from definitions.automation.selectors import SelectorError, check_selector, select, written_steps
from definitions.automation.values import ValueType
from tests.automation.playing import script

STRING, LIST, MAPS = ValueType.STRING, ValueType.STRING_LIST, ValueType.MAP_LIST
RESPONSE: dict[str, Any] = {
    "Rows": [{"Id": "a", "Tags": [{"Key": "Name", "Value": "web"}]}, {"Id": "b", "Tags": []}],
    "One": {"Deep": {"Only": 1, "null": None}},
    "dash-ed": {"x y": 2},
    "null": {"and": "kept"},
    "Outputs": {"run.Output": ["done"], "aws:stack:name": "shop"},
}


@pytest.mark.parametrize(
    ("rule", "selector", "kind", "value"),
    [
        ("a missing $. is added", "Rows[0].Id", STRING, "a"),
        ("a missing $ is added", "['Rows'][1]['Id']", STRING, "b"),
        ("spaces around", " $.Rows[0].Id ", STRING, "a"),
        ("the root", "$", ValueType.STRING_MAP, RESPONSE),
        ("a deep scan is a list, of one as well", "$..Only", STRING, [1]),
        ("a deep scan is a list, of none as well", "$..Gone", LIST, []),
        ("a deep scan that finds nothing is a miss", "$..Gone", STRING, UNRESOLVED),
        ("a deep scan for maps", "$..Deep", MAPS, [{"Only": 1, "null": None}]),
        ("a filter without spaces", "$.Rows[?(@.Id=='b')].Id", STRING, "b"),
        ("a filter with spaces", "$.Rows[?( @.Id == 'b' )].Id", STRING, "b"),
        ("a filter with two conditions", "$.Rows[?(@.Id=='a' && @.Tags)].Id", STRING, "a"),
        ("a filter for a list", "$.Rows[?(@.Id=='b')].Id", LIST, ["b"]),
        ("a filter that finds nothing", "$.Rows[?(@.Id=='z')].Id", STRING, UNRESOLVED),
        ("a wildcard", "$.Rows[*].Id", LIST, ["a", "b"]),
        ("names with dashes", "$.dash-ed", ValueType.STRING_MAP, {"x y": 2}),
        ("names in brackets", "$['dash-ed']['x y']", ValueType.INTEGER, 2),
        ("names in quotes, with a dot", "$.Outputs.'run.Output'[0]", STRING, "done"),
        ("names in double quotes", '$.Outputs."run.Output"[0]', STRING, "done"),
        ("names with colons", "$.Outputs.aws:stack:name", STRING, "shop"),
        ("a dot before a bracket", "$.Rows.[1].['Id']", STRING, "b"),
        ("a deep name in brackets", "$..['Only']", STRING, [1]),
        ("names that are words elsewhere", "$.null.and", STRING, "kept"),
        ("deep names that are words elsewhere", "$..null", MAPS, [{"and": "kept"}, None]),
        ("null is a miss", "$.One.Deep.null", STRING, UNRESOLVED),
        ("past the end is a miss", "$.Rows[7].Id", STRING, UNRESOLVED),
        ("below a text is a miss", "$.Rows[0].Id.More", STRING, UNRESOLVED),
    ],
)
def test_selector(rule: str, selector: str, kind: ValueType, value: Any) -> None:
    assert select(selector, RESPONSE, kind) == value, rule


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("", "is not JSONPath"),
        ("$.a[", "is not JSONPath"),
        ("$.a.length()", "is not JSONPath"),
        ("$.a | $.b", "joins several paths"),
        ("$..*..*..*", "scans everything within everything"),
        ("$.a[?(@.b =~ /(x+)+y/)]", "a filter can only compare"),
        ("$.a[?match(@.b, '(x+)+y')]", "a filter can only compare"),
        ("$.a[?count($..*) > 1]", "a filter can only compare"),
        ("$.a[?(@..b)]", "a filter looks at one place"),
        ("$." + "a" * 1000, "at most 1000 characters"),
        ("$" + "[?(@" * 200, "is not JSONPath"),
    ],
)
def test_what_is_no_selector_or_does_too_much_is_refused(selector: str, words: str) -> None:
    with pytest.raises(SelectorError, match="selector") as refused:
        check_selector(selector)
    assert words in str(refused.value)


def _chain(depth: int, leaf: Any) -> dict[str, Any]:
    value = leaf
    for _ in range(depth):
        value = {"a": value, "b": "x" * 1000}
    return {"a": value}


@pytest.mark.parametrize("selector", ["$..*..*", "$..a..a", "$..*", "$..*..gone"])
@pytest.mark.parametrize(
    "response",
    [
        {"rows": [{"a": {"a": {"a": {"a": n}}}} for n in range(4000)]},
        _chain(58, 1),
        {"rows": [[n] * 50 for n in range(400)]},
    ],
    ids=["wide", "deep", "lists"],
)
def test_a_selector_that_repeats_a_big_answer_ends_soon_with_little(selector: str, response: Any) -> None:
    began = time.monotonic()
    found = select(selector, response, LIST)
    assert time.monotonic() - began < 5
    assert found is UNRESOLVED or len(str(found)) < 2_000_000


def test_many_selectors_of_one_step_together_look_at_no_more_than_one() -> None:
    scans = [{"Name": f"P{number}", "Selector": "$..*..*", "Type": "StringList"} for number in range(50)]
    response = {"rows": [{"a": {"b": {"c": [1, 2, 3]}}} for _ in range(2500)]}
    began = time.process_time()
    step_outputs(Step.model_validate(script("scan", {}) | {"outputs": scans}), response)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("selector", "steps"),
    [
        ("$.Rows[0].Id", ["Rows", 0, "Id"]),
        ("$..Id", ["Id"]),
        ("$['a b'][2]", ["a b", 2]),
        ("$.Outputs.'a.b'.[2]", ["Outputs", "a.b", 2]),
        ("$", []),
        ("$.Rows[*].Id", None),
        ("$.Rows[?(@.a=='b')]", None),
    ],
)
def test_the_names_a_selector_goes_through(selector: str, steps: list[str | int] | None) -> None:
    assert written_steps(selector) == steps
