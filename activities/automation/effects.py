"""What actions do to the world: each is one function in a file of its own under `actions/`, found by itself."""

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.automation import actions
from activities.automation.sandbox import Sandbox, find_sandbox
from activities.automation.secrets import Mask, with_secrets
from activities.automation.steps import LONGEST_MESSAGE, StepAttempt, StepFailure, step_failed, storable
from activities.heartbeat import beating
from definitions.automation import FailureType
from definitions.automation.actions import ACTIONS, Action
from records.database import Pool


@dataclass(frozen=True)
class Outside:
    """What actions reach the world by. `read_secret` raises SettingsError; a runner may have no `records`.

    `mask` hides the secrets of the step that is being done; `sandbox` is where scripts run.
    """

    http: httpx2.AsyncClient
    read_secret: Callable[[str], str]
    records: "Pool | None"
    sandbox: Sandbox = field(default_factory=find_sandbox)
    mask: Mask = field(default_factory=Mask)


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
        return await beating(_done(known, attempt, outside))

    return run


async def _done(known: Effect, attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """The response, and any failure, without the step's secrets."""
    attempt, mask = await with_secrets(attempt, known.action, outside.read_secret)
    try:
        response = storable(await known.run(attempt, replace(outside, mask=mask)))
    except ApplicationError as error:
        if mask.hides_nothing and len(error.message) <= LONGEST_MESSAGE:
            raise
        raise _masked(error, mask) from None
    except Exception as error:
        if mask.hides_nothing:
            raise
        # What went wrong inside may quote what it was given, its causes as well.
        told = _shortened(mask.text(f"{type(error).__name__}: {error}"))
        raise step_failed(told, kind=FailureType.INTERNAL) from None
    hidden: dict[str, Any] = mask.json(response)
    return hidden


def _masked(error: ApplicationError, mask: Mask) -> ApplicationError:
    details = [
        StepFailure.model_validate(mask.json(detail.model_dump(mode="json")))
        if isinstance(detail, StepFailure)
        else mask.json(detail)
        for detail in error.details
    ]
    return ApplicationError(
        _shortened(mask.text(error.message)), *details, type=error.type, non_retryable=error.non_retryable
    )


def _shortened(message: str) -> str:
    """Only after secrets are hidden: half of one would not be."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    half = LONGEST_MESSAGE // 2
    return f"{message[:half]} ... {message[-half:]}"
