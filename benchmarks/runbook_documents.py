"""The runbooks that are measured: many equal steps of one kind, and a mixture of ten."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

SCRIPT = "def handler(events, context):\n    return {'n': events['n']}\n"


class Kind(StrEnum):
    """What one step does."""

    SCRIPT = "script"
    API = "api"
    HTTP = "http"
    SLEEP = "sleep"
    BRANCH = "branch"
    VARIABLE = "variable"


SHORT = 1
LONG = {Kind.SCRIPT: 21, Kind.API: 21, Kind.SLEEP: 6, Kind.BRANCH: 41}
"""Steps of the two documents of each kind that is measured: what the longer one takes more is the cost of its
further steps. Temporal's timers take a second at least."""

ACTIONS = {
    Kind.SCRIPT: "aws:executeScript",
    Kind.API: "aws:executeAwsApi",
    Kind.HTTP: "tocsin:http",
    Kind.SLEEP: "aws:sleep",
    Kind.BRANCH: "aws:branch",
    Kind.VARIABLE: "aws:updateVariable",
}

MIX = (
    *(Kind.BRANCH, Kind.VARIABLE, Kind.API, Kind.SLEEP, Kind.SCRIPT),
    *(Kind.VARIABLE, Kind.API, Kind.BRANCH, Kind.HTTP, Kind.SLEEP),
)
"""The steps of the mixture."""

MIX_NAME = "mix"


def equal_steps(kind: Kind, steps: int) -> list[Kind]:
    """So many steps of a kind; branches need a step more that the last one leads to."""
    return [kind] * steps + [Kind.VARIABLE] * (kind is Kind.BRANCH)


def equal_steps_name(kind: Kind, steps: int) -> str:
    """The name of their runbook."""
    return f"{kind}-{steps}"


def write_runbooks(folder: Path, endpoint: str) -> Path:
    """All of them as definitions in a file; `endpoint` is where tocsin:http asks."""
    documents = {
        equal_steps_name(kind, steps): _document(equal_steps(kind, steps), endpoint)
        for kind in LONG
        for steps in (SHORT, LONG[kind])
    }
    documents[MIX_NAME] = _document(MIX, endpoint)
    path = folder / "runbooks.yaml"
    definitions = [
        {"kind": "Runbook", "name": name, "document": document} for name, document in documents.items()
    ]
    path.write_text(yaml.safe_dump_all(definitions, sort_keys=False), encoding="utf-8")
    return path


def _document(kinds: Sequence[Kind], endpoint: str) -> dict[str, Any]:
    names = [f"step{number}" for number in range(1, len(kinds) + 1)]
    steps = []
    for name, following, kind in zip(names, [*names[1:], None], kinds, strict=True):
        step: dict[str, Any] = {"name": name, "action": ACTIONS[kind], "inputs": _INPUTS[kind](endpoint)}
        if kind is Kind.BRANCH:
            step["inputs"] = {"Choices": [{"NextStep": following, "Variable": "yes", "StringEquals": "yes"}]}
        if following is None:
            step["isEnd"] = True
        steps.append(step)
    return {
        "schemaVersion": "0.3",
        "variables": {"seen": {"type": "String", "default": "nothing"}},
        "mainSteps": steps,
    }


_INPUTS: dict[Kind, Callable[[str], dict[str, Any]]] = {
    Kind.SCRIPT: lambda _: {
        "Runtime": "python3.11",
        "Handler": "handler",
        "Script": SCRIPT,
        "InputPayload": {"n": 1},
    },
    Kind.API: lambda _: {"Service": "sqs", "Api": "ListQueues"},
    Kind.HTTP: lambda endpoint: {"Url": endpoint},
    Kind.SLEEP: lambda _: {"Duration": "PT0S"},
    Kind.BRANCH: lambda _: {},
    Kind.VARIABLE: lambda _: {"Name": "variable:seen", "Value": "something"},
}
