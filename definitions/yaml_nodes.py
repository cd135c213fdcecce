"""YAML as plain values that know their line: JSON's types only, so that a page of YAML holds no surprises."""

import re
from dataclasses import dataclass, field

import yaml

MAX_DEPTH = 100
MAX_ALIASED = 1_000_000
"""Values and characters that aliases may repeat in one file; a "YAML bomb" wants billions."""

Scalar = str | int | float | bool | None

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,99})")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]{1,3})?")
# YAML 1.2 knows each of its words in three cases; yes, no, on and off are texts to it.
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_CONSTANTS: dict[str, Scalar] = {
    "~": None,
    "": None,
    **{
        spelled: value
        for word, value in _WORDS.items()
        for spelled in (word, word.capitalize(), word.upper())
    },
}
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_PATTERN = "allowedPattern"
"""The key of a regular expression: there the character \\0 can be written out, and then be stored."""
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNQUOTED_BRACES = re.compile(r"""(?:^|[:\-,\[]\s*)(\{\{.*?\}\}[^\s,\]}]*)""")


class YamlError(Exception):
    """A text that cannot be read on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line it begins on; for a value under a key, the line of the key.

    A value that is not `readable` stands for something that is already among the problems.
    """

    value: "Scalar | list[Node] | dict[str, Node]"
    line: int
    size: int = 1
    readable: bool = True

    def plain(self) -> object:
        """The value without positions."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, step: str | int) -> "Node | None":
        """The value under a key or at a list position, if there is one."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            return self.value[step]
        return None

    def nearest(self, path: tuple[str | int, ...]) -> "Node":
        """What is at a path, or the nearest thing around it that exists."""
        node = self
        for step in path:
            found = node.child(step)
            if found is None:
                break
            node = found
        return node


def parse_yaml(text: str, *, last_wins: bool = False) -> tuple[list[Node], list[tuple[int, str]]]:
    """The documents of a YAML (or JSON) text, and the problems found on the way as `(line, message)`.

    A key that stands twice in a mapping is a problem, unless `last_wins`. Raises YamlError where nothing after the
    fault can be read.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        raise YamlError(line, f"the character {unprintable[0]!r} cannot stand in YAML; remove or escape it")
    reader = _Reader(text.splitlines(), [], last_wins)
    try:
        return reader.read(text), reader.problems
    except yaml.MarkedYAMLError as error:
        raise _explained(error, reader.lines) from error


_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


def json_as_yaml(text: str) -> str:
    """JSON with the few things changed that YAML reads otherwise; lines stay where they are."""

    def one_escape(pair: re.Match[str]) -> str:
        # JSON writes characters outside the first 65536 as two escapes, YAML as a long one.
        high, low = int(pair[2], 16), int(pair[3], 16)
        return f"{pair[1]}\\U{0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00):08x}"

    # Tabs can only be indentation: in JSON's texts they are always escaped.
    return _SURROGATES.sub(one_escape, text.replace("\t", " "))


@dataclass
class _Reader:
    lines: list[str]
    problems: list[tuple[int, str]]
    last_wins: bool
    anchors: dict[str, Node] = field(default_factory=dict)
    aliased: int = 0

    def read(self, text: str) -> list[Node]:
        documents = []
        self._events = yaml.parse(text, Loader=yaml.CSafeLoader)
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                documents.append(self._node(next(self._events), None, 0))
        return documents

    def _problem(self, line: int, message: str) -> None:
        self.problems.append((line, message))

    def _node(self, event: yaml.Event, line: int | None, depth: int) -> Node:
        line = _line(event) if line is None else line
        if depth > MAX_DEPTH:
            raise YamlError(line, f"nested more than {MAX_DEPTH} deep; flatten it")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)  # noqa: S101  # nothing else begins a value
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._problem(line, f"the tag {tag} is not read here; write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(line, depth)
        else:
            node = self._mapping(line, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _alias(self, event: yaml.AliasEvent, line: int) -> Node:
        node = self.anchors.get(event.anchor or "")
        if node is None:
            raise YamlError(
                line, f"*{event.anchor} stands for nothing; put &{event.anchor} on a value above it"
            )
        self.aliased += node.size
        if self.aliased > MAX_ALIASED:
            raise YamlError(line, "aliases repeat too much here; write the values out")
        # Values below keep the lines they were written on; the value itself is wrong where it is used.
        return Node(node.value, line, node.size, node.readable)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Node:
        text: str = event.value
        if "\0" in text:
            self._problem(line, "a text holds the character \\0, which cannot be stored; remove it")
        return Node(_resolved(text) if event.implicit[0] else text, line, 1 + len(text))

    def _sequence(self, line: int, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, None, depth + 1))
        return Node(items, line, 1 + sum(item.size for item in items))

    def _mapping(self, line: int, depth: int) -> Node:
        entries: dict[str, Node] = {}
        size = 1
        readable = True
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            at = _line(event)
            key = self._key(event, at, depth)
            value = next(self._events)
            if key == _PATTERN and isinstance(value, yaml.ScalarEvent):
                value.value = value.value.replace("\0", r"\x00")
            node = self._node(value, at, depth + 1)
            size += node.size
            if key is None:
                readable = False
                continue
            if key in entries and not self.last_wins:
                first = entries[key].line
                self._problem(at, f"the key {key!r} is already on line {first}; keep one of the two")
                continue
            entries[key] = node
            size += len(key)
        return Node(entries, line, size, readable)

    def _key(self, event: yaml.Event, line: int, depth: int) -> str | None:
        if isinstance(event, yaml.ScalarEvent):
            if event.value == "<<" and event.implicit[0]:
                self._problem(line, "merging with << is not read here; write the keys out")
                return None
            if not event.value:
                self._problem(line, "a key is empty; write a name before the ':'")
                return None
            return str(event.value)
        self._node(event, line, depth + 1)
        self._problem(line, _braces(self.lines, line) or "a key is a list or a mapping; keys are text")
        return None


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else event.start_mark.line + 1


def _resolved(text: str) -> Scalar:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and abs(number := float(text)) != float("inf"):
        return number
    return text


def _braces(lines: list[str], line: int) -> str | None:
    found = _UNQUOTED_BRACES.search(lines[line - 1].strip()) if line <= len(lines) else None
    return f'{found[1]} without quotes is not text in YAML; write "{found[1]}"' if found else None


_EXPLANATIONS = (
    ("invalid Unicode character", "half of a \\u pair stands alone; write the character itself"),
    (
        "mapping values are not allowed",
        "a ':' where none can be; check the indentation, quote text with ': ' in it",
    ),
    ("block sequence entries are not allowed", "a '- ' where none can be; begin the list on its own line"),
    (
        "cannot start any token",
        "text cannot begin with this character; quote it, and indent with spaces, not tabs",
    ),
    ("could not find expected ':'", "a line that is neither key nor value; write key: value"),
    ("unexpected end of stream", "a quote that is never closed; close it"),
    ("expected ',' or", "a bracket that is never closed, or a missing comma; close it"),
    (
        "did not find expected key",
        "this does not fit the mapping it stands in; check the indentation, quote odd text",
    ),
    ("expected '-' indicator", "this does not fit the list it stands in; begin it with '- ' or indent it"),
    (
        "expected <document start>",
        "this does not fit what stands above; check the indentation, or begin with ---",
    ),
    (
        "unknown escape character",
        "an unknown escape in double quotes; write \\\\ for a backslash or use single quotes",
    ),
)
_FAULT_IS_WHERE_IT_BEGAN = ("quoted scalar", "simple key", "flow")


def _explained(error: yaml.MarkedYAMLError, lines: list[str]) -> YamlError:
    mark, context = error.problem_mark, error.context or ""
    if error.context_mark is not None and any(word in context for word in _FAULT_IS_WHERE_IT_BEGAN):
        mark = error.context_mark
    line = mark.line + 1 if mark is not None else 1
    problem = error.problem or "not YAML"
    hint = _braces(lines, line) or next((words for part, words in _EXPLANATIONS if part in problem), None)
    return YamlError(line, hint or f"not YAML ({problem}); check the indentation and the quotes here")
