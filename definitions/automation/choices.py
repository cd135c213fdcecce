"""aws:branch: which choice is the first that holds."""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from definitions.automation.interpolation import whole_reference
from definitions.automation.problems import Path, Problem, near_miss
from definitions.automation.values import as_text


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def _texts(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(as_text(left), as_text(right))


def _numbers(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Any, Any], bool]:
    def holds(left: Any, right: Any) -> bool:
        first, second = _number(left), _number(right)
        return first is not None and second is not None and compare(first, second)

    return holds


def _booleans_equal(left: Any, right: Any) -> bool:
    first, second = _boolean(left), _boolean(right)
    return first is not None and first == second


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "StringEquals": _texts(lambda left, right: left == right),
    "EqualsIgnoreCase": _texts(lambda left, right: left.casefold() == right.casefold()),
    "StartsWith": _texts(str.startswith),
    "EndsWith": _texts(str.endswith),
    "Contains": _texts(lambda left, right: right in left),
    "NumericEquals": _numbers(lambda left, right: left == right),
    "NumericGreater": _numbers(lambda left, right: left > right),
    "NumericLesser": _numbers(lambda left, right: left < right),
    "NumericGreaterOrEquals": _numbers(lambda left, right: left >= right),
    "NumericLesserOrEquals": _numbers(lambda left, right: left <= right),
    "BooleanEquals": _booleans_equal,
}
COMBINATIONS = ("And", "Or", "Not")

_SIGNS = {
    "StringEquals": "=",
    "EqualsIgnoreCase": "is, in any case,",
    "StartsWith": "starts with",
    "EndsWith": "ends with",
    "Contains": "contains",
    "NumericEquals": "=",
    "NumericGreater": ">",
    "NumericLesser": "<",
    "NumericGreaterOrEquals": ">=",
    "NumericLesserOrEquals": "<=",
    "BooleanEquals": "is",
}


def holds(condition: Mapping[str, Any]) -> bool:
    """Whether an interpolated condition is true; a value of the wrong sort for its operator never is."""
    if "And" in condition:
        return all(holds(part) for part in condition["And"])
    if "Or" in condition:
        return any(holds(part) for part in condition["Or"])
    if "Not" in condition:
        return not holds(condition["Not"])
    operator = next(key for key in condition if key in OPERATORS)
    return OPERATORS[operator](condition["Variable"], condition[operator])


def choose(inputs: Mapping[str, Any]) -> str | None:
    """Where the interpolated inputs of an aws:branch lead: the first true choice, else Default, else None."""
    for choice in inputs["Choices"]:
        if holds(choice):
            return str(choice["NextStep"])
    default = inputs.get("Default")
    return None if default is None else str(default)


def in_words(condition: Mapping[str, Any]) -> str:
    """A condition as people read it: `Kind = "web" and not (Find.Count > 3)`."""
    for name, word in (("And", " and "), ("Or", " or ")):
        if name in condition:
            return word.join(_part_in_words(part) for part in condition[name])
    if "Not" in condition:
        return f"not ({in_words(condition['Not'])})"
    operator = next(key for key in condition if key in OPERATORS)
    return (
        f"{_value_in_words(condition['Variable'])} {_SIGNS[operator]} {_value_in_words(condition[operator])}"
    )


def _value_in_words(value: Any) -> str:
    reference = whole_reference(value) if isinstance(value, str) else None
    return reference or json.dumps(value, ensure_ascii=False)


def _part_in_words(part: Mapping[str, Any]) -> str:
    return f"({in_words(part)})" if "And" in part or "Or" in part else in_words(part)


def targets(inputs: Mapping[str, Any]) -> list[str]:
    """The steps that the inputs of an aws:branch name, choices first; malformed ones are left out."""
    written = inputs.get("Choices")
    choices = written if isinstance(written, list) else []
    named = [choice.get("NextStep") for choice in choices if isinstance(choice, Mapping)]
    return [name for name in (*named, inputs.get("Default")) if isinstance(name, str)]


def check_choices(choices: object, path: Path) -> Iterator[Problem]:
    """What is wrong with the Choices of an aws:branch, as written."""
    if not isinstance(choices, list):
        yield Problem(path, "expected a list of choices")
        return
    for place, choice in enumerate(choices):
        at = (*path, place)
        if isinstance(choice, Mapping) and not isinstance(choice.get("NextStep"), str):
            yield Problem(at, "a choice needs NextStep: the step to go to when it holds")
        yield from check_condition(choice, at, besides=("NextStep",))


def check_condition(condition: object, path: Path, *, besides: tuple[str, ...] = ()) -> Iterator[Problem]:
    """What is wrong with one condition; `besides` are the keys allowed next to the comparison."""
    if not isinstance(condition, Mapping):
        yield Problem(path, "expected a map with Variable and an operator, or And, Or or Not")
        return
    known = (*OPERATORS, *COMBINATIONS, "Variable", *besides)
    for key in condition:
        if key not in known:
            hint = near_miss(str(key), known) or f"; the operators are {', '.join(OPERATORS)}"
            yield Problem((*path, str(key)), f"unknown operator '{key}'{hint}")
    combined = [key for key in COMBINATIONS if key in condition]
    compared = [key for key in OPERATORS if key in condition]
    if len(combined) + len(compared) > 1:
        yield Problem(
            path, f"one comparison a condition, got {', '.join(combined + compared)}; join them with And"
        )
    elif combined:
        yield from _check_combination(combined[0], condition[combined[0]], (*path, combined[0]))
    elif compared:
        if "Variable" not in condition:
            yield Problem(path, f"{compared[0]} needs Variable: what to compare")
    elif set(condition) <= {"Variable", *besides}:
        yield Problem(path, f"expected one of {', '.join((*OPERATORS, *COMBINATIONS))}")


def _check_combination(name: str, parts: object, path: Path) -> Iterator[Problem]:
    if name == "Not":
        yield from check_condition(parts, path)
    elif isinstance(parts, list) and parts:
        for place, part in enumerate(parts):
            yield from check_condition(part, (*path, place))
    else:
        yield Problem(path, f"{name} needs a list of conditions")
