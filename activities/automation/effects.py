"""What actions do to the world: each is one function in a file of its own under `actions/`, found by itself."""

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from temporalio import activity

from activities.automation import actions
from activities.automation.steps import StepAttempt, storable
from activities.heartbeat import beating
from definitions.automation.actions import ACTIONS, Action
from records.database import Pool


@dataclass(frozen=True)
class Outside:
    """What actions reach the world by. `read_secret` raises SettingsError; a runner may have no `records`."""

    http: httpx2.AsyncClient
    read_secret: Callable[[str], str]
    records: "Pool | None"


Run = Callable[[StepAttempt, Outside], Awaitable[dict[str, Any]]]
Repeatable = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Effect:
    """An action done by an activity; `repeatable` says for which inputs a lost worker's work may be done again."""

    action: str
    run: Run
    repeatable: Repeatable

    @property
    def activity(self) -> str:
        """The activity's name in histories: aws:createStack is create_stack, tocsin:http is tocsin_http."""
        space, _, name = self.action.partition(":")
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        return snake if space == "aws" else f"{space}_{snake}"


_EFFECTS: dict[str, Effect] = {}


def effect(
    action: str, *, repeatable: bool | Repeatable = False, grammar: Action | None = None
) -> Callable[[Run], Run]:
    """Make a function what an action does. An action of our own brings its `grammar`; AWS's are known.

    The function returns the action's response or raises `step_failed(...)`; when it is cancelled it stops what it
    began. It needs no heartbeat of its own, and its response is checked for size here.
    """

    def register(run: Run) -> Run:
        may_repeat = repeatable if callable(repeatable) else lambda inputs: bool(repeatable)
        if grammar is not None:
            ACTIONS[action] = grammar
        _EFFECTS[action] = Effect(action, run, may_repeat)
        return run

    return register


def effects() -> Mapping[str, Effect]:
    """Every effect by its action's name."""
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"{actions.__name__}.{module.name}")
    return _EFFECTS


def step_activities(outside: Outside) -> list[Callable[..., Any]]:
    """The activities of all effects, for a worker to carry."""
    return [_activity(known, outside) for known in effects().values()]


def _activity(known: Effect, outside: Outside) -> Callable[..., Any]:
    @activity.defn(name=known.activity)
    async def run(attempt: StepAttempt) -> dict[str, Any]:
        return storable(await beating(known.run(attempt, outside)))

    return run
