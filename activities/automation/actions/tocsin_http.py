"""tocsin:http: a request to any service that speaks HTTP."""

import asyncio
from collections.abc import Mapping
from typing import Any

from activities.automation.effects import Outside, effect
from activities.automation.http_requests import (
    LARGEST_BODY,
    Answer,
    HttpRequest,
    NoAnswerError,
    number_of,
)
from activities.automation.secrets import Mask
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage, FailureType
from definitions.automation.actions import HOUR, Action

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds before the first try again, doubled each time, and at most."""

_AGAIN = (408, 425, 429)
_REPEATABLE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")

_GRAMMAR = Action(needs=("Url",), timeout=HOUR, puts_out=("StatusCode", "Headers", "Body"))


def repeats_safely(inputs: Mapping[str, Any]) -> bool:
    """Whether asking twice is the same as asking once (RFC 9110: idempotent methods)."""
    return str(inputs.get("Method") or "GET").upper() in _REPEATABLE


@effect("tocsin:http", repeatable=repeats_safely, grammar=_GRAMMAR)
async def http(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Send the request; {"StatusCode", "Headers" (names in lower case), "Body" (parsed where it is JSON)}.

    A status that is not in ExpectedStatus fails the step, with the same outputs. No answer, 408, 425, 429 and 5xx
    are tried again as often as Retries says. Each request of the step carries the same Idempotency-Key.
    """
    request = HttpRequest.of(attempt.inputs, headers={"Idempotency-Key": attempt.key})
    left = int(number_of(attempt.inputs, "Retries", 0, least=0, most=20))
    pause = FIRST_PAUSE
    while True:
        failure, asked_to_wait = "", 0.0
        try:
            answer = await request.send(outside.http)
        except NoAnswerError as error:
            if left == 0:
                raise step_failed(f"{request.method}: {error}", kind=FailureType.INTERNAL) from error
        else:
            failure = _failure(request, answer, outside.mask)
            if not failure:
                return _response(answer, outside.mask)
            if left == 0 or not (answer.status in _AGAIN or answer.status >= 500):
                raise step_failed(
                    failure,
                    stage=FailureStage.POST_VERIFICATION,
                    kind=FailureType.VERIFICATION,
                    response=_response(answer, outside.mask),
                )
            asked_to_wait = _retry_after(answer)
        left -= 1
        await asyncio.sleep(min(max(pause, asked_to_wait), LONGEST_PAUSE))
        pause *= 2


def _failure(request: HttpRequest, answer: Answer, mask: Mask) -> str:
    """Why this is not the answer that was wanted, or ""."""
    if request.is_expected(answer.status):
        return f"{request.method}: the answer is too large to be kept" if answer.cut else ""
    target = answer.headers.get("location")
    moved = f"; it leads to {target}" if target and 300 <= answer.status < 400 else ""
    text = mask.text(answer.text).strip()[:500]
    return f"{request.method}: status {answer.status}, expected {request.expected_in_words}{moved}\n{text}".rstrip()


def _retry_after(answer: Answer) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else 0.0


def _response(answer: Answer, mask: Mask) -> dict[str, Any]:
    body = mask.text(answer.text)[:LARGEST_BODY] if answer.cut else answer.body
    return {"StatusCode": answer.status, "Headers": answer.headers, "Body": body}
