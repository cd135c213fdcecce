"""aws:branch: every operator, combinations, and which choice wins."""

from typing import Any

import pytest

from definitions.automation.choices import choose, holds


@pytest.mark.parametrize(
    ("operator", "variable", "operand", "result"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "", "", True),
        ("StringEquals", True, "true", True),
        ("StringEquals", 3, "3", True),
        ("StringEquals", "{{ s.Gone }}", "", False),
        ("EqualsIgnoreCase", "Linux", "lINUX", True),
        ("EqualsIgnoreCase", "Linux", "Windows", False),
        ("StartsWith", "db.t3", "db", True),
        ("StartsWith", "{{ s.Gone }}", "{{", True),
        ("StartsWith", "db", "db.t3", False),
        ("EndsWith", "db.t3", "t3", True),
        ("EndsWith", "t3.db", "t3", False),
        ("Contains", "xyz", "y", True),
        ("Contains", ["a", "b"], "b", True),
        ("Contains", "xyz", "Y", False),
        ("NumericEquals", 3, "3", True),
        ("NumericEquals", "3.0", 3, True),
        ("NumericEquals", "three", 3, False),
        ("NumericEquals", True, 1, False),
        ("NumericGreater", "10", 9, True),
        ("NumericGreater", 9, 9, False),
        ("NumericGreater", "nan", 1, False),
        ("NumericLesser", 0.1, "0.2", True),
        ("NumericLesser", "x", 2, False),
        ("NumericGreaterOrEquals", 9, 9, True),
        ("NumericGreaterOrEquals", 8, 9, False),
        ("NumericLesserOrEquals", 9, 9, True),
        ("NumericLesserOrEquals", 10, 9, False),
        ("BooleanEquals", True, True, True),
        ("BooleanEquals", "True", True, True),
        ("BooleanEquals", False, "false", True),
        ("BooleanEquals", "{{ s.Gone }}", False, False),
        ("BooleanEquals", 0, False, False),
    ],
)
def test_operator(operator: str, variable: Any, operand: Any, result: bool) -> None:
    assert holds({"Variable": variable, operator: operand}) is result


YES = {"Variable": "a", "StringEquals": "a"}
NO = {"Variable": "a", "StringEquals": "b"}


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        ({"And": [YES, YES]}, True),
        ({"And": [YES, NO]}, False),
        ({"Or": [NO, YES]}, True),
        ({"Or": [NO, NO]}, False),
        ({"Not": NO}, True),
        ({"Not": YES}, False),
        ({"And": [{"Not": NO}, {"Or": [NO, {"Not": NO}]}]}, True),
    ],
)
def test_combination(condition: dict[str, Any], result: bool) -> None:
    assert holds(condition) is result


def test_the_first_true_choice_wins_then_the_default_then_nothing() -> None:
    assert (
        choose({"Choices": [NO | {"NextStep": "a"}, YES | {"NextStep": "b"}, YES | {"NextStep": "c"}]}) == "b"
    )
    assert choose({"Choices": [NO | {"NextStep": "a"}], "Default": "d"}) == "d"
    assert choose({"Choices": [NO | {"NextStep": "a"}]}) is None
