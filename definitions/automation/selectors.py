"""Declared outputs: picking one value out of an action's response with JSONPath."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError
from jsonpath.filter import (
    BaseExpression,
    FilterQuery,
    FunctionExtension,
    InfixExpression,
    RegexLiteral,
)
from jsonpath.match import JSONPathMatch
from jsonpath.segments import JSONPathRecursiveDescentSegment
from jsonpath.selectors import Filter, JSONPathSelector

from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.values import ValueType

LONGEST = 1_000
"""Characters of a selector."""

MOST_PARTS = 20
"""Alternatives in one pair of brackets, and parts of one filter: each is tried at every place."""

MOST_PLACES = 200_000
MOST_CHARACTERS = 1_000_000
"""Places the selectors of one step may look at, and characters (as JSON) each may find; `$..*..*` repeats a big answer
without end."""

_ENVIRONMENT = JSONPathEnvironment()
_LISTS = (ValueType.STRING_LIST, ValueType.MAP_LIST)
# One name or position: .name, .'a name', ['a name'], [0]; a dot before a bracket means nothing.
_PART = re.compile(
    r"""(?P<dots>\.{0,2})(?:\[(?P<position>\d+)\]|\[(['"])(?P<bracketed>[^'"\\]*)\3\])"""
    r"""|(?P<scan>\.{1,2})(?:(['"])(?P<quoted>[^'"\\]*)\6|(?P<name>[^\s.,|&!?*$=<>~'"\\()\[\]]+))"""
)
_STEP = re.compile(r"((?:\.\.)?\['([^']*)'\]|\[(\d+)\])")


class SelectorError(ValueError):
    """A selector that is not JSONPath, or does more than pick a value."""


class _TooMuchError(Exception):
    """A selector that finds more than anything could use."""


def check_selector(selector: str) -> None:
    """Raises SelectorError unless the selector is JSONPath (a leading `$.` may be missing)."""
    _compile(selector)


def is_selector(text: str) -> bool:
    """Whether a text is JSONPath that may be used here."""
    try:
        check_selector(text)
    except SelectorError:
        return False
    return True


def select(
    selector: str,
    response: Any,
    kind: ValueType = ValueType.STRING,
    *,
    places: "Places | None" = None,
) -> Any:
    """The value a selector finds in a response, or UNRESOLVED when it finds nothing, null, or far too much.

    A path to one place gives the value there. A deep scan (`..`) always gives a list of what it found (AWS), any
    other path that may find several does when `kind` is a list type or there are more; else the only match. Types
    are never converted.
    """
    path = _compile(selector)
    try:
        found = list(_found(path, response, places or Places()))
    except _TooMuchError:
        return UNRESOLVED
    if kind in _LISTS and not path.singular_query():
        return found
    if not found:
        return UNRESOLVED
    if _scans(path) or len(found) > 1:
        return found
    return found[0] if found[0] is not None else UNRESOLVED


def written_steps(selector: str) -> list[str | int] | None:
    """The names and positions a selector goes through, `..` taken for one level; None if it does more."""
    rooted = _rooted(selector)
    steps = _STEP.findall(rooted)
    if "".join(("$", *(whole for whole, _, _ in steps))) != rooted:
        return None
    return [int(number) if number else name for _, name, number in steps]


def _found(path: JSONPath, response: Any, places: "Places") -> Iterator[Any]:
    nodes: Iterable[JSONPathMatch] = [
        JSONPathMatch(filter_context={}, obj=response, parent=None, path="$", parts=(), root=response)
    ]
    for segment in path.segments:
        if isinstance(segment, JSONPathRecursiveDescentSegment):
            nodes = _everything(nodes)
        nodes = _selected(segment.selectors, nodes, places)
    room = MOST_CHARACTERS
    for node in nodes:
        if not path.singular_query():
            room -= len(json.dumps(node.obj))
        if room < 0:
            raise _TooMuchError
        yield node.obj


class Places:
    """How many places may still be looked at: selectors of the same step share them."""

    def __init__(self) -> None:
        self._left = MOST_PLACES

    def look_at(self, count: int = 1) -> None:
        self._left -= count
        if self._left < 0:
            raise _TooMuchError


def _selected(
    selectors: Sequence[JSONPathSelector], nodes: Iterable[JSONPathMatch], places: Places
) -> Iterator[JSONPathMatch]:
    for node in nodes:
        for selector in selectors:
            places.look_at(_size(node.obj) if isinstance(selector, Filter) else 1)
            for found in selector.resolve(node):
                places.look_at()
                yield found


def _everything(nodes: Iterable[JSONPathMatch]) -> Iterator[JSONPathMatch]:
    """Each node, followed by all maps and lists within it."""
    for node in nodes:
        yield node
        value = node.obj
        items: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, dict):
            items = value.items()
        elif isinstance(value, list):
            items = enumerate(value)
        yield from _everything(
            node.new_child(item, key) for key, item in items if isinstance(item, dict | list)
        )


def _size(value: Any) -> int:
    return len(value) if isinstance(value, dict | list) else 1


@lru_cache(maxsize=512)
def _compile(selector: str) -> JSONPath:
    if len(selector) > LONGEST:
        raise SelectorError(f"a selector has at most {LONGEST} characters, got {len(selector)}")
    try:
        path = _ENVIRONMENT.compile(_rooted(selector))
    except (JSONPathError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "malformed"
        raise SelectorError(f"selector '{selector}' is not JSONPath: {reason}") from error
    if not isinstance(path, JSONPath):
        raise SelectorError(
            f"selector '{selector}' joins several paths; give one path, for example '$.Payload.id'"
        )
    if sum(isinstance(segment, JSONPathRecursiveDescentSegment) for segment in path.segments) > 2:
        raise SelectorError(f"selector '{selector}' scans everything within everything; use '..' once")
    for expression in _filters(path):
        _check_filter(selector, expression)
        _check_parts(selector, sum(1 for _ in _parts(expression)))
    for segment in path.segments:
        _check_parts(selector, len(segment.selectors))
    return path


def _check_parts(selector: str, parts: int) -> None:
    if parts > MOST_PARTS:
        raise SelectorError(
            f"selector '{_cut(selector)}' looks for {parts} things at every place; at most {MOST_PARTS} can be"
        )


def _parts(expression: BaseExpression) -> Iterator[BaseExpression]:
    yield expression
    for part in expression.children():
        yield from _parts(part)


def _cut(selector: str) -> str:
    return selector if len(selector) <= 80 else f"{selector[:80]} ..."


def _scans(path: JSONPath) -> bool:
    return any(isinstance(segment, JSONPathRecursiveDescentSegment) for segment in path.segments)


def _filters(path: JSONPath) -> Iterator[BaseExpression]:
    for segment in path.segments:
        for selector in segment.selectors:
            if isinstance(selector, Filter):
                yield selector.expression


def _check_filter(selector: str, expression: BaseExpression) -> None:
    """Filters compare; what searches or counts could be made to take for ever."""
    regular = isinstance(expression, RegexLiteral) or (
        isinstance(expression, InfixExpression) and expression.operator == "=~"
    )
    if regular or isinstance(expression, FunctionExtension):
        raise SelectorError(f"selector '{selector}': a filter can only compare, like [?(@.Key == 'Name')]")
    if isinstance(expression, FilterQuery) and not expression.path.singular_query():
        raise SelectorError(f"selector '{selector}': a filter looks at one place, like @.Key")
    for part in expression.children():
        _check_filter(selector, part)


def _rooted(selector: str) -> str:
    """The selector with its `$`, and with plain names in brackets: there they may hold dashes, or be `null`."""
    selector = selector.strip()
    if not selector.startswith("$"):
        selector = f"${selector}" if selector.startswith(("[", ".")) else f"$.{selector}"
    parts = list(_PART.finditer(selector, 1))
    if "".join(("$", *(part[0] for part in parts))) != selector:
        return selector
    return "".join(("$", *map(_bracketed, parts)))


def _bracketed(part: re.Match[str]) -> str:
    deep = ".." if ".." in (part["dots"], part["scan"]) else ""
    if part["position"]:
        return f"{deep}[{part['position']}]"
    name = part["bracketed"] if part["bracketed"] is not None else part["quoted"] or part["name"] or ""
    return f"{deep}['{name}']"
