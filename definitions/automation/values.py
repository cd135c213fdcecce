"""The types of values, and reading values as them."""

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class ValueType(StrEnum):
    """What a parameter, a variable or an output holds."""

    STRING = "String"
    STRING_LIST = "StringList"
    INTEGER = "Integer"
    BOOLEAN = "Boolean"
    STRING_MAP = "StringMap"
    MAP_LIST = "MapList"


DEEPEST = 100
"""Levels of a value; what writes states down takes few more."""


class WrongTypeError(ValueError):
    """A value that is not, and cannot be read as, the type it should have; says what was expected."""


def as_text(value: Any) -> str:
    """A value as text: texts as they are, everything else as compact JSON (`true`, `3`, `["a"]`)."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def coerce(kind: ValueType, value: Any) -> Any:
    """A given value as the type; a list of one text, as the API sends it, counts as that text.

    Raises WrongTypeError, which says what was expected.
    """
    coerced = _COERCIONS[kind](value)
    if coerced is None:
        raise WrongTypeError(f"expected {EXPECTED[kind]}, got {as_text(value)!r}")
    return coerced


def deeper_than(value: Any, levels: int) -> bool:
    """Whether lists and maps within one another go on for more levels; it looks no deeper than that."""
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    items = value.values() if isinstance(value, dict) else value
    return any(deeper_than(item, levels - 1) for item in items)


def unstorable(value: Any) -> str | None:
    """A character somewhere in the value that no JSON text or database can hold, if there is one."""
    if isinstance(value, str):
        found = _UNSTORABLE.search(value)
        return found[0] if found else None
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return next((found for found in map(unstorable, value) if found is not None), None)
    return None


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _string(value: Any) -> str | None:
    value = _only(value)
    return as_text(value) if isinstance(value, str | bool | int | float) else None


def _string_list(value: Any) -> list[str] | None:
    items = value if isinstance(value, list) else [value]
    scalars = all(isinstance(item, str | bool | int | float) for item in items)
    return [as_text(item) for item in items] if scalars else None


def _integer(value: Any) -> int | None:
    value = _only(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _boolean(value: Any) -> bool | None:
    value = _only(value)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def from_json(value: Any) -> Any:
    """What a text says as JSON; any other text, and what is no text, as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return value


def _refuse(constant: str) -> Any:
    """NaN and its like are not JSON, though Python reads them."""
    raise ValueError(constant)


def _string_map(value: Any) -> dict[str, Any] | None:
    value = from_json(_only(value))
    return value if isinstance(value, dict) else None


def _map_list(value: Any) -> list[dict[str, Any]] | None:
    whole = from_json(_only(value))
    items = whole if isinstance(whole, list) else value if isinstance(value, list) else [value]
    maps = [from_json(item) for item in items]
    return maps if all(isinstance(item, dict) for item in maps) else None


_COERCIONS: dict[ValueType, Callable[[Any], Any]] = {
    ValueType.STRING: _string,
    ValueType.STRING_LIST: _string_list,
    ValueType.INTEGER: _integer,
    ValueType.BOOLEAN: _boolean,
    ValueType.STRING_MAP: _string_map,
    ValueType.MAP_LIST: _map_list,
}
EXPECTED = {
    ValueType.STRING: "one text",
    ValueType.STRING_LIST: "a list of texts",
    ValueType.INTEGER: "a whole number",
    ValueType.BOOLEAN: "true or false",
    ValueType.STRING_MAP: "a map, or a JSON object as text",
    ValueType.MAP_LIST: "a list of maps, or of JSON objects as text",
}
