"""One request over HTTP as a step's inputs describe it, and what is wanted of the answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from activities.automation.inputs import text_of, wrong_input
from activities.automation.sound_json import sound_json
from definitions.automation.values import as_text

LARGEST_BODY = 80_000
"""Bytes of an answer's body that are read; a larger one is cut off."""

DEFAULT_TIMEOUT = 30.0

_MARGIN = 4096
"""Bytes read beyond what is kept, so that a secret is hidden that begins before the cut and ends after it."""

_FRAMING = ("content-length", "transfer-encoding")
"""These say how the body is sent, which is not for a document to say."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class NoAnswerError(Exception):
    """Nobody answered; the message never has the URL, which may hold a secret."""


@dataclass(frozen=True)
class Answer:
    """What came back. `cut` when the body is larger than LARGEST_BODY: then `text` has a little more, to be cut off."""

    status: int
    headers: dict[str, str]
    text: str
    cut: bool

    @property
    def body(self) -> Any:
        """The body: a value where it is JSON, else text."""
        if "json" in self.headers.get("content-type", "").lower():
            try:
                return json.loads(sound_json(self.text))
            except (ValueError, RecursionError):
                return self.text
        return self.text


@dataclass(frozen=True)
class HttpRequest:
    """A request, and the statuses, as inclusive ranges, that it may be answered with."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None
    timeout: float
    expected: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, inputs: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> "HttpRequest":
        """What the inputs ask for; their Headers win over `headers`. Fails the step if they are wrong."""
        method = str(inputs.get("Method") or "GET").upper()
        if method not in METHODS:
            raise wrong_input(f"Method should be one of {', '.join(METHODS)}, got {method!r}")
        url = text_of(inputs, "Url")
        if not url.startswith(("http://", "https://")):
            raise wrong_input("Url should begin with https:// or http://")
        given = inputs.get("Headers") or {}
        if not isinstance(given, dict):
            raise wrong_input("Headers should be a map of names to texts")
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        sent |= {str(name).lower(): as_text(value) for name, value in given.items()}
        for name in _FRAMING:
            sent.pop(name, None)
        body = inputs.get("Body")
        if isinstance(body, dict | list):
            sent.setdefault("content-type", "application/json")
        content = None if body is None else as_text(body).encode(errors="replace")
        timeout = number_of(inputs, "Timeout", DEFAULT_TIMEOUT, least=0.1, most=600)
        return cls(method, url, sent, content, timeout, _expected(inputs.get("ExpectedStatus", "200-299")))

    @property
    def expected_in_words(self) -> str:
        """The statuses that are wanted."""
        return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in self.expected)

    def is_expected(self, status: int) -> bool:
        """Whether that is one of the statuses that are wanted."""
        return any(low <= status <= high for low, high in self.expected)

    async def send(self, http: httpx2.AsyncClient) -> Answer:
        """Send it once; redirects are answers. Raises NoAnswerError."""
        body = bytearray()
        try:
            async with http.stream(
                self.method, self.url, headers=self.headers, content=self.content, timeout=self.timeout
            ) as answer:
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > LARGEST_BODY + _MARGIN:
                        break
                headers = {name.lower(): value for name, value in answer.headers.items()}
                # Sessions are nobody's business in a history.
                headers.pop("set-cookie", None)
                text = bytes(body[: LARGEST_BODY + _MARGIN]).decode(
                    answer.encoding or "utf-8", errors="replace"
                )
                return Answer(answer.status_code, headers, text, len(body) > LARGEST_BODY)
        except httpx2.TimeoutException as error:
            raise NoAnswerError(f"no answer within {self.timeout:g} s") from error
        except httpx2.LocalProtocolError as error:
            # It would quote the header.
            raise NoAnswerError("not sent: a header cannot be sent as it is") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, LookupError) as error:
            told = str(error).replace(self.url, "the URL")
            raise NoAnswerError(f"no answer: {told or type(error).__name__}") from error


def number_of(inputs: Mapping[str, Any], name: str, default: float, *, least: float, most: float) -> float:
    """An input that is a number, as such or as text; fails the step if it is not, or out of bounds."""
    given = inputs.get(name, default)
    try:
        number = float(given)
    except (TypeError, ValueError):
        raise wrong_input(f"{name} should be a number, got {given!r}") from None
    if not least <= number <= most:
        raise wrong_input(f"{name} should be from {least:g} to {most:g}, got {given!r}")
    return number


def _expected(given: Any) -> tuple[tuple[int, int], ...]:
    ranges = []
    for item in given if isinstance(given, list) else [given]:
        low, dash, high = str(item).partition("-")
        try:
            ranges.append((int(low), int(high if dash else low)))
        except ValueError:
            raise wrong_input(
                f"ExpectedStatus should be numbers and ranges, such as 200 or '200-299', got {item!r}"
            ) from None
    return tuple(ranges)
