"""Commands for definitions: validate, diff, apply, get, delete, schema."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from client.cli.plain import plain
from client.cli.session import Asked
from client.definitions import read_files
from client.errors import InvalidInputError
from definitions.base import Kind
from definitions.catalog import Definition
from definitions.changes import Action, Change, to_yaml
from definitions.problems import Problem
from definitions.schema import schema_of, schema_of_all, schemas

_SHORT = {
    "escalation": Kind.ESCALATION_PLAN,
    "schedule": Kind.ON_CALL_SCHEDULE,
    "oncall": Kind.ON_CALL_SCHEDULE,
    "plan": Kind.RESPONSE_PLAN,
    "response": Kind.RESPONSE_PLAN,
    "analysis": Kind.ANALYSIS_TEMPLATE,
    "template": Kind.ANALYSIS_TEMPLATE,
    "workinghour": Kind.WORKING_HOURS,
    "hour": Kind.WORKING_HOURS,
}

Paths = Annotated[
    list[str],
    Parameter(help="Files, or folders whose *.yaml and *.yml files are all read."),
]
KindName = Annotated[
    str,
    Parameter(
        help="Contact, EscalationPlan, Rotation, OnCallSchedule, WorkingHours, ResponsePlan, Runbook or "
        "AnalysisTemplate; "
        "contacts, plans, schedules and the like are understood as well."
    ),
]


async def validate(paths: Paths, /, *, session: Asked) -> None:
    """Check definition files against what is in force; nothing is changed."""
    _some(paths)
    async with session.connect() as tocsin:
        warnings = await tocsin.validate(paths)
    session.answer({"valid": True, "warnings": warnings}, Text(_verdict(warnings)))
    _tell(warnings)


async def diff(paths: Paths, /, *, session: Asked) -> None:
    """Show what applying definition files would change."""
    _some(paths)
    async with session.connect() as tocsin:
        changes = await tocsin.diff(paths)
    text = "".join(change.diff for change in changes)
    session.answer_text(changes, text or "Nothing would change.\n")


async def apply(paths: Paths, /, *, session: Asked) -> None:
    """Put definition files in force: all of them, or on any error none."""
    _some(paths)
    loaded = read_files(paths)
    async with session.connect() as tocsin:
        warnings = await tocsin.validate(loaded)
        changes = await tocsin.apply(loaded)
    session.answer(changes, Text("\n".join(_summary(changes))))
    _tell(warnings)


async def get(kind: KindName, name: str | None = None, /, *, session: Asked) -> None:
    """Print definitions that are in force, as YAML that can be applied again.

    Parameters
    ----------
    name
        The definition's name. Default: all of the kind.
    """
    wanted = read_kind(kind)
    async with session.connect() as tocsin:
        if name is not None:
            definition = await tocsin.get_definition(wanted, name)
            session.answer_text(definition, to_yaml(definition))
            return
        shelf = (await tocsin.catalog()).shelf(wanted)
    found: list[Definition] = [shelf[one] for one in sorted(shelf)]
    session.answer_text(found, "---\n".join(to_yaml(one) for one in found))


async def delete(kind: KindName, name: str, /, *, session: Asked) -> None:
    """Take a definition out of force. Open incidents go on with what they started with.

    Parameters
    ----------
    name
        The definition's name.
    """
    wanted = read_kind(kind)
    async with session.connect() as tocsin:
        await tocsin.delete_definition(wanted, name)
    session.answer({"kind": wanted, "name": name}, Text(f"{wanted} {name} deleted"))


def schema(
    kind: KindName | None = None,
    /,
    *,
    folder: Annotated[Path | None, Parameter(name="--dir")] = None,
    session: Asked,
) -> None:
    """Print the JSON Schema of a kind, or of all definitions together.

    Parameters
    ----------
    folder
        Write every schema into this folder, a file for each kind, in place of printing one.
    """
    if folder is None:
        wanted = schema_of(read_kind(kind)) if kind is not None else schema_of_all()
        session.answer_text(wanted, json.dumps(wanted, indent=2) + "\n")
        return
    if kind is not None:
        raise InvalidInputError("--dir writes every schema; leave the kind out")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in schemas().items():
            (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            written.append(str(folder / name))
    except OSError as error:
        raise InvalidInputError(f"--dir: {error.filename or folder}: {error.strerror}") from error
    session.answer_text(written, "".join(f"{name}\n" for name in written))


def read_kind(text: str) -> Kind:
    """A kind as people write it: any case, plural, with dashes, or short. Raises InvalidInputError."""
    known = {kind.lower(): kind for kind in Kind} | _SHORT
    plain = text.lower().replace("-", "").replace("_", "")
    found = known.get(plain) or known.get(plain.removesuffix("s"))
    if found is None:
        raise InvalidInputError(f"there is no kind {text!r}; the kinds are {', '.join(Kind)}")
    return found


def _some(paths: list[str]) -> None:
    if not paths:
        raise InvalidInputError("name at least one file or folder")


def _verdict(warnings: list[Problem]) -> str:
    if not warnings:
        return "Everything is in order."
    return "It can be applied, with a warning:" if len(warnings) == 1 else "It can be applied, with warnings:"


def _tell(warnings: list[Problem]) -> None:
    """On stderr, so that they are seen wherever the answer goes."""
    sys.stdout.flush()
    for warning in warnings:
        print(f"warning: {plain(str(warning))}", file=sys.stderr)


def _summary(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        if change.action is not Action.UNCHANGED:
            yield f"{change.action:<8} {change.kind} {change.name}"
    counts = Counter(change.action for change in changes)
    yield ", ".join(f"{counts[action]} {action}" for action in Action)
