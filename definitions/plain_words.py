"""Pydantic's findings as a person would say them: what is wrong, and what would be right."""

import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from definitions.automation.problems import near_miss, path_text
from definitions.problems import AT_PATHS, Path
from definitions.yaml_nodes import Node

_WRITE = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "mapping": "a mapping",
}
_RANGES = {"a-z": "small letters", "A-Z": "capital letters", "0-9": "digits", r"\s": "spaces"}
_CHARACTERS = re.compile(r"\^\[(?P<set>.+)\](?:\+|\{(?P<least>\d+),(?P<most>\d+)\})\$")


def in_plain_words(error: ValidationError, model: type[BaseModel], node: Node) -> Iterator[tuple[Path, str]]:
    """Every finding as `(path in the definition, message)`.

    `model` is what was validated, `node` what it was validated from. Findings about the members of a union
    are told as one.
    """
    told: set[Path] = set()
    for details in error.errors(include_url=False):
        if details["type"] == AT_PATHS:
            yield from details["ctx"]["problems"]
            continue
        path = _path_in(node, details)
        if details["type"] not in ("missing", "extra_forbidden"):
            if path in told:
                continue
            told.add(path)
        yield path, _message(details, path, model)


def _path_in(node: Node, details: ErrorDetails) -> Path:
    """The finding's place; pydantic adds names of union members and `[key]`, no keys of the file."""
    path: list[str | int] = []
    for step in details["loc"]:
        found = node.child(step)
        if found is None:
            if details["type"] == "missing":
                path.append(step)
            break
        path.append(step)
        node = found
    return tuple(path)


def _message(details: ErrorDetails, path: Path, model: type[BaseModel]) -> str:
    kind, ctx, value = details["type"], details.get("ctx", {}), details["input"]
    where = path_text(path)
    if kind in ("missing", "extra_forbidden"):
        return _about_keys(kind, path, model)
    if kind == "value_error":
        return f"{where}: {ctx['error']}" if where else str(ctx["error"])
    if kind in ("enum", "literal_error"):
        return f"{where}: unknown value {_short(value)}{_one_of(str(value), ctx['expected'])}"
    if kind == "string_pattern_mismatch":
        return f"{where}: {_short(value)} is not allowed; {_in_words(ctx['pattern'])}"
    return f"{where or 'the definition'} {_about_size(kind, ctx, value) or _about_type(details)}"


def _about_keys(kind: str, path: Path, model: type[BaseModel]) -> str:
    *around, key = path
    owner = _model_at(model, tuple(around))
    known = list(owner.model_fields) if owner else []
    inside = f" in {path_text(tuple(around))}" if around else ""
    has = f"; {owner.__name__} has {', '.join(known)}" if owner else ""
    if kind == "missing":
        return f"{key!r} is missing{inside}; add it"
    return f"unknown key {key!r}{inside}{near_miss(str(key), known) or has}"


def _one_of(value: str, expected: str) -> str:
    names = re.findall(r"'([^']*)'", expected)
    return (
        near_miss(value, names) or f"; it is {' or '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}"
    )


def _in_words(pattern: str) -> str:
    """`^[a-z0-9_\\-]+$` as words; other patterns as they are."""
    found = _CHARACTERS.fullmatch(pattern)
    if found is None:
        return f"it must match {pattern}"
    parts = re.findall(r"a-z|A-Z|0-9|\\s|\\.|.", found["set"])
    words = [_RANGES.get(part, part.removeprefix("\\")) for part in parts]
    words.sort(key=lambda word: len(word) == 1)
    count = f"{found['least']} to {found['most']} characters: " if found["least"] else "only "
    return f"use {count}{', '.join(words[:-1])} and {words[-1]}"


def _about_size(kind: str, ctx: Mapping[str, Any], value: object) -> str | None:
    match kind:
        case "greater_than_equal":
            return f"is {value}; it must be at least {ctx['ge']}"
        case "less_than_equal":
            return f"is {value}; it must be at most {ctx['le']}"
        case "string_too_short":
            return f"must have at least {_count(ctx['min_length'], 'character')}"
        case "string_too_long":
            return f"has {len(str(value))} characters; at most {ctx['max_length']} fit"
        case "too_short":
            return f"has {_count(ctx['actual_length'], 'entry')}; give at least {ctx['min_length']}"
        case "too_long":
            actual = ctx["actual_length"] or "too many"
            return f"has {actual} entries; at most {ctx['max_length']} fit"
    return None


def _count(number: int, thing: str) -> str:
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing.removesuffix('y')}ies" if thing.endswith("y") else f"{number} {thing}s"


def _about_type(details: ErrorDetails) -> str:
    if len(details["loc"]) and str(details["loc"][-1]) in ("str", "list[str]", "dict[str,str]"):
        wanted = "text, a whole number, true or false, a list of texts or a mapping of texts"
        return f"is {_sort_of(details['input'])}; write {wanted}"
    wanted = _WRITE.get(details["type"].split("_")[0], "")
    if not wanted:
        return f"is not right: {details['msg']}"
    return f"is {_sort_of(details['input'])}; write {wanted}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]} ..."


def _sort_of(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return f"{str(value).lower()} (a truth value; quote it to make it text)"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {_short(value)}"
        case list() | tuple():
            return "a list"
    return "a mapping"


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that describes the mapping at a path, found by following the fields' types."""
    kind: Any = model
    for step in path:
        kind = _bare(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(step))
            kind = field.annotation if field else None
        elif get_origin(kind) is tuple:
            kind = get_args(kind)[0]
        elif get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            return None
    kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _bare(kind: Any) -> Any:
    """The type without Annotated and without `| None`."""
    while get_origin(kind) in (Annotated, Union, UnionType):
        arguments = [argument for argument in get_args(kind) if argument is not type(None)]
        kind = arguments[0]
    return kind
