"""What applying definitions would change, and definitions as YAML that a person would have written."""

from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from definitions.base import Kind
from definitions.catalog import Catalog, Definition
from definitions.rotations import Rotation
from definitions.wall_clock import time_zone


class Action(StrEnum):
    """What happens to one definition."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Change:
    """What happens to one definition; `diff` is a unified diff of its YAML, empty when nothing changes."""

    kind: Kind
    name: str
    action: Action
    diff: str = ""


def changes(before: Catalog, after: Catalog) -> list[Change]:
    """A change for every definition in `after`, by kind; the order of keys does not count."""
    return [_change(before.shelf(one.kind).get(one.name), one) for one in after]


def _change(old: Definition | None, new: Definition) -> Change:
    if old == new:
        return Change(new.kind, new.name, Action.UNCHANGED)
    written = _plain(new)
    earlier = _text(_in_order_of(_plain(old), written)) if old else ""
    lines = unified_diff(
        earlier.splitlines(keepends=True),
        _text(written).splitlines(keepends=True),
        f"{new.kind}/{new.name} (in force)" if old else "/dev/null",
        f"{new.kind}/{new.name}",
    )
    return Change(new.kind, new.name, Action.CHANGED if old else Action.ADDED, "".join(lines))


def to_yaml(definition: Definition) -> str:
    """The definition as YAML, without keys that hold their default; loading it gives an equal definition."""
    return _text(_plain(definition))


def _plain(definition: Definition) -> dict[str, Any]:
    values = definition.model_dump(mode="json", exclude_defaults=True)
    plain = {"kind": definition.kind.value, **values}
    if isinstance(definition, Rotation):
        zone = time_zone(definition.time_zone)
        plain["start_time"] = _local(definition.start_time, zone)
        for override, written in zip(definition.overrides, plain.get("overrides", ()), strict=True):
            written |= {"start": _local(override.start, zone), "end": _local(override.end, zone)}
    return plain


def _local(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    # Offsets of long ago had seconds, which no reader of ISO 8601 expects.
    return (instant if local.strftime("%z")[5:] else local).isoformat()


def _in_order_of(value: Any, model: Any) -> Any:
    """The value with keys in the order they have in `model`, so that a diff shows only what differs."""
    if isinstance(value, dict) and isinstance(model, dict):
        keys = [key for key in model if key in value] + [key for key in value if key not in model]
        return {key: _in_order_of(value[key], model.get(key)) for key in keys}
    if isinstance(value, list) and isinstance(model, list):
        models = model + [None] * max(len(value) - len(model), 0)
        return [_in_order_of(item, models[place]) for place, item in enumerate(value)]
    return value


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key, texts of several lines as blocks, no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # The emitter loses spaces around line ends in a block, and only \n is a line end everywhere.
    block = "\n" in value and all(line == line.rstrip() and line.isprintable() for line in value.split("\n"))
    plain = value.replace("\n", "").isprintable()
    style = "|" if block else None if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text_node)


def _text(plain: dict[str, Any]) -> str:
    text: str = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
