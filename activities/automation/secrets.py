"""Secrets of a step: put in where the step is done, and taken out of all that it says."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from activities.automation.aws import Aws
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage
from definitions.automation.actions import ACTIONS
from definitions.automation.interpolation import Scope, interpolate, references
from settings import SettingsError

SPACE = "secret:"
AWS_SPACE = "secret:aws/"
"""`{{ secret:NAME }}` is a secret of Tocsin's, `{{ secret:aws/NAME }}` and `{{ secret:aws/NAME#KEY }}` one of AWS
Secrets Manager, whole or one key of its JSON."""

SHORTEST = 4
"""Characters of the shortest secret that is masked: shorter ones would hide half of every text."""

SHORTEST_INNER = 8
"""The same for the texts within a secret that is JSON as a whole."""

MASKED = "***"


class Mask:
    """Takes values out of texts: as they are, and as JSON and addresses write them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        spellings = {
            spelling for value in values for spelling in _spellings(value) if len(spelling) >= SHORTEST
        }
        longest_first = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    @property
    def hides_nothing(self) -> bool:
        """Whether there is nothing to hide."""
        return self._pattern is None

    def text(self, text: str) -> str:
        """The text with *** for each value."""
        return text if self._pattern is None else self._pattern.sub(MASKED, text)

    def json(self, value: Any) -> Any:
        """The same for every text within maps and lists, keys as well."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.json(key): self.json(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        return value


def _spellings(value: str) -> Iterable[str]:
    for text in (value, *value.splitlines()):
        text = text.strip()
        yield text
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        yield from (quote(text), quote(text, safe=""), quote_plus(text))


async def with_secrets(
    attempt: StepAttempt, action: str, read_secret: Callable[[str], str]
) -> tuple[StepAttempt, Mask]:
    """The attempt with its secrets in their places, and what hides them.

    Only what the document itself wrote is looked through: a value that reads like a reference to a secret stays
    as it is. Fails the step when there is no such secret.
    """
    known = ACTIONS.get(action)
    written = {
        key: value for key, value in attempt.written.items() if known is None or key not in known.as_written
    }
    names = {name for name in references(written) if name.startswith(SPACE)}
    if not names:
        return attempt, Mask()
    found = {name: await _read(name, attempt, read_secret) for name in sorted(names)}
    scope = Scope(parameters={**attempt.values, **found})
    inputs = attempt.inputs | {key: interpolate(value, scope) for key, value in written.items()}
    return attempt.model_copy(update={"inputs": inputs}), Mask(_to_hide(found.values()))


async def _read(name: str, attempt: StepAttempt, read_secret: Callable[[str], str]) -> str:
    if name.startswith(AWS_SPACE):
        return await _from_aws(name.removeprefix(AWS_SPACE), attempt)
    try:
        return await asyncio.to_thread(read_secret, name.removeprefix(SPACE))
    except SettingsError as error:
        raise step_failed(str(error), stage=FailureStage.INPUT_VALIDATION) from error


async def _from_aws(name: str, attempt: StepAttempt) -> str:
    identifier, _, key = name.partition("#")
    answer = await Aws.of(attempt).call("secretsmanager", "GetSecretValue", {"SecretId": identifier})
    whole = str(answer.get("SecretString") or answer.get("SecretBinary") or "")
    if not key:
        return whole
    with contextlib.suppress(ValueError, RecursionError):
        fields = json.loads(whole)
        if isinstance(fields, dict) and fields.get(key) is not None:
            value = fields[key]
            return value if isinstance(value, str) else json.dumps(value)
    raise step_failed(
        f"the secret {identifier!r} of AWS Secrets Manager has no key {key!r}; it must be a JSON object with it",
        stage=FailureStage.INPUT_VALIDATION,
    )


def _to_hide(values: Iterable[str]) -> Iterable[str]:
    for value in values:
        yield value
        with contextlib.suppress(ValueError, RecursionError):
            fields = json.loads(value)
            if isinstance(fields, dict):
                inner = [text for text in fields.values() if isinstance(text, str)]
                yield from (text for text in inner if len(text) >= SHORTEST_INNER)
