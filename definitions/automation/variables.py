"""aws:updateVariable: which variable gets which value, and whether it may."""

from collections.abc import Iterator, Mapping
from typing import Any

from definitions.automation.model import AutomationDocument
from definitions.automation.problems import near_miss
from definitions.automation.values import EXPECTED, ValueType, as_text

PREFIX = "variable:"

# AWS: what a variable may hold at most.
LONGEST_TEXT = 512
LONGEST_KEY = 50
MOST_ITEMS = {ValueType.STRING_LIST: 50, ValueType.MAP_LIST: 200}


class VariableError(ValueError):
    """An update that cannot be done; says why, and what could."""


def updated_variable(document: AutomationDocument, inputs: Mapping[str, Any]) -> tuple[str, Any]:
    """The name and the new value that an aws:updateVariable with these interpolated inputs gives a variable.

    Raises VariableError when the document has no such variable, or when the value is not of the type it was
    declared with (AWS: nothing is converted) or too large for it.
    """
    name = _name(document, inputs.get("Name"))
    kind = document.variables[name].value_type
    value = inputs.get("Value")
    if not _is(kind, value):
        raise VariableError(
            f"variable '{name}' is {kind.value}: expected {_EXACTLY[kind]}, got {_short(value)}; "
            "values are not converted"
        )
    for problem in _too_large(kind, value):
        raise VariableError(f"variable '{name}': {problem}")
    return name, value


def _name(document: AutomationDocument, written: Any) -> str:
    if not isinstance(written, str) or not written.startswith(PREFIX):
        raise VariableError(f"Name should be {PREFIX}NAME, got {_short(written)}")
    name = written.removeprefix(PREFIX).strip()
    if name not in document.variables:
        known = ", ".join(document.variables) or "none"
        hint = near_miss(name, document.variables) or f"; the document has {known}"
        raise VariableError(f"there is no variable '{name}'{hint}")
    return name


_EXACTLY = EXPECTED | {ValueType.STRING_MAP: "a map", ValueType.MAP_LIST: "a list of maps"}


def _is(kind: ValueType, value: Any) -> bool:
    match kind:
        case ValueType.STRING:
            return isinstance(value, str)
        case ValueType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case ValueType.BOOLEAN:
            return isinstance(value, bool)
        case ValueType.STRING_MAP:
            return isinstance(value, dict)
    part = str if kind is ValueType.STRING_LIST else dict
    return isinstance(value, list) and all(isinstance(item, part) for item in value)


def _too_large(kind: ValueType, value: Any) -> Iterator[str]:
    items = value if isinstance(value, list) else [value]
    most = MOST_ITEMS.get(kind)
    if most is not None and len(items) > most:
        yield f"expected at most {most} items, got {len(items)}"
    for item in items:
        if isinstance(item, str) and len(item) > LONGEST_TEXT:
            yield f"expected texts of at most {LONGEST_TEXT} characters, got one of {len(item)}"
        for key in item if isinstance(item, dict) else ():
            if len(str(key)) > LONGEST_KEY:
                yield f"expected keys of at most {LONGEST_KEY} characters, got '{_cut(str(key))}'"


def _short(value: Any) -> str:
    return repr(_cut(as_text(value)))


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:80] + " ..."
