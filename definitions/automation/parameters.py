"""The values an execution starts with: from the API's lists of texts to the document's types, checked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from definitions.automation.interpolation import (
    LARGEST,
    Scope,
    TooLargeError,
    interpolate,
    references,
    whole_reference,
)
from definitions.automation.model import AutomationDocument, Parameter
from definitions.automation.patterns import SlowPatternError, UnreadablePatternError, matches
from definitions.automation.problems import Problem, near_miss
from definitions.automation.values import (
    DEEPEST,
    EXPECTED,
    ValueType,
    WrongTypeError,
    as_text,
    coerce,
    deeper_than,
    unstorable,
)

PARAMETER_STORE = "ssm:"

LONGEST_CHAIN = 100
"""Defaults that may name one another in a row."""


class ParameterError(ValueError):
    """Parameters an execution cannot start with; `problems` names each one and what would be right."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = problems


def coerce_parameters(document: AutomationDocument, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter of the document with its value, typed; raises ParameterError with all problems.

    Values may come as the API sends them (lists of texts) or as plain values. Defaults fill in what was not
    given, with their references still in them. A default, given or not, is never checked: AWS publishes
    documents whose defaults break their own rules.
    """
    problems = list(_unknown(document, given))
    values: dict[str, Any] = {}
    for name, parameter in document.parameters.items():
        try:
            values[name] = _value(parameter, name, given)
        except WrongTypeError as error:
            problems.append(Problem((name,), f"parameter '{name}': {error}"))
            continue
        if name in given and values[name] != parameter.typed_default:
            problems += [
                Problem((name,), f"parameter '{name}': {text}") for text in _broken(parameter, values[name])
            ]
    if problems:
        raise ParameterError(problems)
    return values


def is_default(parameter: Parameter, value: Any) -> bool:
    """Whether a coerced value is the parameter's default, so that references in it may be followed."""
    return parameter.default is not None and value == parameter.typed_default


def parameter_store_names(document: AutomationDocument, values: Mapping[str, Any]) -> dict[str, str]:
    """The Parameter Store name behind each coerced parameter whose value is a `{{ ssm:/name }}` default.

    Whoever starts the execution looks these up and puts the values in; what a caller gave is never looked up.
    """
    found = {}
    for name, parameter in document.parameters.items():
        value = values.get(name)
        reference = whole_reference(value) if isinstance(value, str) else None
        if reference and reference.startswith(PARAMETER_STORE) and is_default(parameter, value):
            found[name] = reference.removeprefix(PARAMETER_STORE)
    return found


def follow_defaults(document: AutomationDocument, values: dict[str, Any], system: Mapping[str, str]) -> None:
    """Puts system variables and other parameters into defaults among coerced values.

    A default that names another one gets that with its own references followed, wherever it stands; where defaults
    go in a circle, what is met again stays as written. Raises TooLargeError if they come to more than LARGEST,
    or go on for too long.
    """
    followed: set[str] = set()
    room = LARGEST

    def follow(name: str, within: frozenset[str]) -> None:
        nonlocal room
        parameter = document.parameters.get(name)
        if parameter is None or name in followed or name in within:
            return
        if len(within) > LONGEST_CHAIN:
            raise TooLargeError(f"more than {LONGEST_CHAIN} name one another in a row, as '{name}' does")
        if is_default(parameter, values.get(name)):
            for reference in references(values[name]):
                follow(reference, within | {name})
            values[name] = interpolate(values[name], Scope(parameters=values, system=system))
            room -= len(json.dumps(values[name]))
            if room < 0:
                raise TooLargeError(f"with '{name}' they have more than {LARGEST} bytes; write shorter ones")
        followed.add(name)

    for name in document.parameters:
        follow(name, frozenset())


def starting_variables(document: AutomationDocument, scope: Scope) -> dict[str, Any]:
    """The document's variables with their defaults, references in them followed."""
    return {
        name: interpolate(variable.typed_default, scope)
        for name, variable in document.variables.items()
        if variable.default is not None
    }


def _unknown(document: AutomationDocument, given: Mapping[str, Any]) -> Iterator[Problem]:
    for name in given:
        if name not in document.parameters:
            known = ", ".join(document.parameters) or "none"
            hint = near_miss(name, document.parameters) or f"; the document has {known}"
            yield Problem((name,), f"unknown parameter '{name}'{hint}")


def _value(parameter: Parameter, name: str, given: Mapping[str, Any]) -> Any:
    if name in given:
        if given[name] == parameter.default:
            return parameter.typed_default
        return coerce(parameter.value_type, given[name])
    if parameter.default is None:
        raise WrongTypeError(f"is required: give {EXPECTED[parameter.value_type]}")
    return parameter.typed_default


def _broken(parameter: Parameter, value: Any) -> Iterator[str]:
    """What the value breaks of the parameter's own rules."""
    kind = parameter.value_type
    if deeper_than(value, DEEPEST - 1):
        yield f"nested {DEEPEST} levels deep or more"
        return
    odd = unstorable(value)
    if odd is not None:
        yield f"the character {odd!r} cannot be stored; remove it"
        return
    if parameter.allowed_values is not None:
        yield from _not_allowed(parameter.allowed_values, value)
    # Of a list each item must match: what AWS publishes for lists of maps describes one map.
    for text in map(as_text, value if isinstance(value, list) else [value]):
        for pattern in filter(None, (parameter.resource_pattern, parameter.allowed_pattern)):
            try:
                if not _matches(pattern, text):
                    yield f"'{text}' does not match {pattern}"
            except SlowPatternError:
                yield f"'{text}' cannot be checked: {pattern} takes too long on it; write a simpler pattern"
                return
        if kind in (ValueType.STRING, ValueType.STRING_LIST):
            yield from _out_of_bounds(parameter.min_chars, parameter.max_chars, len(text), "characters")
    if isinstance(value, list | dict):
        yield from _out_of_bounds(parameter.min_items, parameter.max_items, len(value), "items")
    if kind is ValueType.INTEGER:
        yield from _out_of_bounds(parameter.min_value, parameter.max_value, value, "as its value")


def _not_allowed(allowed_values: list[Any], value: Any) -> Iterator[str]:
    """Values are compared as texts: AWS publishes Booleans that allow the texts 'true' and 'false'."""
    allowed = [as_text(one) for one in allowed_values]
    known = {one.lower() for one in allowed} if isinstance(value, bool) else set(allowed)
    for part in value if isinstance(value, list) else [value]:
        if as_text(part) not in known:
            yield f"'{as_text(part)}' is not allowed; allowed are {', '.join(allowed)}"


def _matches(pattern: str, text: str) -> bool:
    """A pattern that only Java can read lets every text pass."""
    try:
        return matches(pattern, text)
    except UnreadablePatternError:
        return True


def _out_of_bounds(least: int | None, most: int | None, count: int, what: str) -> Iterator[str]:
    if least is not None and count < least:
        yield f"expected at least {least} {what}, got {count}"
    if most is not None and count > most:
        yield f"expected at most {most} {what}, got {count}"
