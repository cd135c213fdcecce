"""Declared outputs: picking one value out of an action's response with JSONPath."""

from functools import lru_cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.values import ValueType

_ENVIRONMENT = JSONPathEnvironment()
_LISTS = (ValueType.STRING_LIST, ValueType.MAP_LIST)


class SelectorError(ValueError):
    """A selector that is not JSONPath."""


def check_selector(selector: str) -> None:
    """Raises SelectorError unless the selector is JSONPath (a leading `$.` may be missing)."""
    _compile(selector)


def select(selector: str, response: Any, kind: ValueType = ValueType.STRING) -> Any:
    """The value a selector finds in a response, or UNRESOLVED when it finds nothing or null.

    A path to one place gives the value there. A path that may find several gives a list of what it found when
    `kind` is a list type; for other kinds the only match, or the list when there are more. Types are never
    converted.
    """
    path = _compile(selector)
    found = path.findall(response)
    if not path.singular_query() and (kind in _LISTS or len(found) > 1):
        return found
    return found[0] if found and found[0] is not None else UNRESOLVED


@lru_cache(maxsize=512)
def _compile(selector: str) -> JSONPath:
    try:
        path = _ENVIRONMENT.compile(_rooted(selector))
    except JSONPathError as error:
        reason = str(error).splitlines()[0] if str(error) else "malformed"
        raise SelectorError(f"selector '{selector}' is not JSONPath: {reason}") from error
    if not isinstance(path, JSONPath):
        raise SelectorError(
            f"selector '{selector}' joins several paths; give one path, for example '$.Payload.id'"
        )
    return path


def _rooted(selector: str) -> str:
    selector = selector.strip()
    if selector.startswith("$"):
        return selector
    return f"${selector}" if selector.startswith(("[", ".")) else f"$.{selector}"
