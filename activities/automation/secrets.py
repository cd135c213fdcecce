"""Secrets of a step: put in where the step is done, and taken out of all that it says."""

import asyncio
import base64
import contextlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from activities.automation.aws import Aws
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage
from definitions.automation.actions import ACTIONS
from definitions.automation.interpolation import Scope, TooLargeError, interpolate, references
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
    """Takes values out of texts: as they are, and as JSON, addresses, Base64 and error messages write them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        texts = {text.strip() for value in values for text in (value, *value.splitlines())}
        longest_first = sorted((text for text in texts if len(text) >= SHORTEST), key=len, reverse=True)
        patterns = ["".join(map(_any_spelling, text)) for text in longest_first]
        patterns += [pattern for text in longest_first for pattern in _as_base64(text)]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    @property
    def hides_nothing(self) -> bool:
        """Whether there is nothing to hide."""
        return self._pattern is None

    def text(self, text: str) -> str:
        """The text with *** for each value."""
        return text if self._pattern is None else self._pattern.sub(MASKED, text)

    def json(self, value: Any) -> Any:
        """The same for every text and number within maps and lists, keys as well."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return MASKED if self._pattern.search(str(value)) else value
        if isinstance(value, Mapping):
            return {self.json(key): self.json(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        return value


def _any_spelling(letter: str) -> str:
    """A pattern for a letter however it is written; one that nobody escapes is itself."""
    if letter.isascii() and letter.isalnum():
        return letter
    in_address = quote(letter, safe="", errors="replace") if not letter.isascii() else f"%{ord(letter):02X}"
    # The longer one first: what is left of %25 behind a % would tell of it.
    spellings = [f"(?i:{re.escape(in_address)})", re.escape(letter)]
    escaped = json.dumps(letter)[1:-1]
    if letter == "\\":
        # A text within a text doubles what is doubled already.
        spellings.insert(0, r"\\+")
    elif letter in "\"'/":
        spellings.append(r"\\+" + letter)
    elif escaped != letter:
        spellings.append(f"(?i:{re.escape(escaped)})")
    if letter == " ":
        spellings.append(r"\+")
    return f"(?:{'|'.join(spellings)})"


def _as_base64(text: str) -> Iterable[str]:
    """What a text adds to the Base64 of something longer, wherever it stands there."""
    if len(text) < SHORTEST_INNER:
        return
    content = text.encode(errors="replace")
    for before in range(3):
        coded = base64.b64encode(bytes(before) + content).decode().rstrip("=")
        whole = len(coded) if (before + len(content)) % 3 == 0 else len(coded) - 1
        inner = coded[(0, 2, 3)[before] : whole]
        yield "".join({"+": "[-+]", "/": "[_/]"}.get(letter, letter) for letter in inner)


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
    try:
        inputs = attempt.inputs | {key: interpolate(value, scope) for key, value in written.items()}
    except TooLargeError as error:
        message = f"the inputs are too large: {error}"
        raise step_failed(message, stage=FailureStage.INPUT_VALIDATION) from error
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
            yield from (text for text in _texts(json.loads(value)) if len(text) >= SHORTEST_INNER)


def _texts(fields: Any) -> Iterable[str]:
    """The texts within JSON's maps and lists."""
    if isinstance(fields, str):
        yield fields
    items = fields.values() if isinstance(fields, dict) else fields if isinstance(fields, list) else ()
    for item in items:
        yield from _texts(item)
