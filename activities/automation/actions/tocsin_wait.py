"""tocsin:wait: look again and again until a service answers as wanted, or a database holds what is wanted."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg

from activities.automation.effects import Outside, effect
from activities.automation.http_requests import HttpRequest, NoAnswerError, number_of
from activities.automation.inputs import text_of, wrong_input
from activities.automation.logs import step_log
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage, FailureType
from definitions.automation.actions import HOUR, Action
from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.selectors import SelectorError, check_selector, select
from definitions.automation.values import as_text
from records.database import describe

INTERVAL = 5.0
"""Seconds between two looks, unless Interval says otherwise."""

PATIENCE = 10.0
"""Seconds that a database may take, to connect and to answer."""

_LONGEST_SEEN = 1000

_GRAMMAR = Action(needs_one_of=(("Url", "DatabaseUrl"),), timeout=HOUR, puts_out=("Value",))

Look = Callable[[], Awaitable[tuple[bool, Any]]]
"""Whether the condition holds, and what was seen."""


@effect("tocsin:wait", repeatable=True, grammar=_GRAMMAR)
async def wait(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Wait until the condition holds; {"Value": what was seen then}. Only the step's timeout ends it otherwise.

    What is seen meanwhile is in the step's log. A service that does not answer is looked at again; a query that
    cannot be right fails the step.
    """
    inputs = attempt.inputs
    if ("Url" in inputs) == ("DatabaseUrl" in inputs):
        raise wrong_input("tocsin:wait needs either Url or DatabaseUrl")
    look = _http_look(inputs, outside) if "Url" in inputs else _sql_look(inputs)
    interval = number_of(inputs, "Interval", INTERVAL, least=0.1, most=3600)
    last = None
    async with step_log(attempt, outside.records, outside.mask) as log:
        while True:
            holds, seen = await look()
            text = outside.mask.text(as_text(seen))[:_LONGEST_SEEN]
            if text != last:
                log.say(f"saw {text}")
                last = text
            if holds:
                return {"Value": text if len(as_text(seen)) > _LONGEST_SEEN else seen}
            await asyncio.sleep(interval)


def _http_look(inputs: Mapping[str, Any], outside: Outside) -> Look:
    request = HttpRequest.of(inputs)
    selector, contained = inputs.get("Selector"), inputs.get("BodyContains")
    desired = _desired(inputs) if selector is not None else []
    if selector is not None:
        try:
            check_selector(str(selector))
        except SelectorError as error:
            raise wrong_input(str(error)) from error

    async def look() -> tuple[bool, Any]:
        try:
            answer = await request.send(outside.http)
        except NoAnswerError as error:
            return False, str(error)
        if not request.is_expected(answer.status):
            return False, f"status {answer.status}"
        if contained is not None and as_text(contained) not in answer.text:
            return False, f"status {answer.status}, without the text"
        if selector is None:
            return True, answer.status
        found = select(str(selector), answer.body)
        return _is_one_of(found, desired), "nothing" if found is UNRESOLVED else found

    return look


def _sql_look(inputs: Mapping[str, Any]) -> Look:
    url, query, desired = text_of(inputs, "DatabaseUrl"), text_of(inputs, "Query"), _desired(inputs)

    async def look() -> tuple[bool, Any]:
        try:
            value = await _first_value(url, query)
        except (ValueError, asyncpg.ClientConfigurationError) as error:
            raise wrong_input(
                "DatabaseUrl should be like postgresql://USER:PASSWORD@HOST:PORT/NAME"
            ) from error
        except (
            asyncpg.SyntaxOrAccessError,
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidTransactionStateError,  # it writes
        ) as error:
            raise step_failed(
                f"the query cannot be answered: {describe(error)}",
                stage=FailureStage.INVOCATION,
                kind=FailureType.ACTION,
            ) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return False, f"no answer: {describe(error)}"
        return _is_one_of(value, desired), "nothing" if value is None else _plain(value)

    return look


async def _first_value(url: str, query: str) -> Any:
    """The first column of the first row, None if there is none; in a transaction that cannot write."""
    connection = await asyncpg.connect(url, timeout=PATIENCE, command_timeout=PATIENCE)
    try:
        async with connection.transaction(readonly=True):
            statement = await connection.prepare(query)
            if not statement.get_attributes():
                # COPY is one, which writes to files and programs in any transaction.
                raise wrong_input("Query should be one that gives rows, such as a select")
            return await statement.fetchval()
    finally:
        # Not `close`, which waits for a server that hangs.
        connection.terminate()


def _desired(inputs: Mapping[str, Any]) -> list[Any]:
    desired = inputs.get("DesiredValues")
    if desired is None or desired == []:
        raise wrong_input("DesiredValues should be a list of at least one value")
    return desired if isinstance(desired, list) else [desired]


def _is_one_of(value: Any, desired: list[Any]) -> bool:
    """As text; whether true is written large or small says nothing."""
    if value is UNRESOLVED or value is None:
        return False
    text = _text(value)
    return any(text == _text(wanted) for wanted in desired)


def _text(value: Any) -> str:
    text = as_text(_plain(value))
    return text.lower() if text.lower() in ("true", "false") else text


def _plain(value: Any) -> Any:
    """As JSON can hold it: a database has more types."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float | str | dict) or value is None else str(value)
