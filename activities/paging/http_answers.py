"""What an HTTP answer, or none, says of a message that was posted."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from activities.paging.letters import delivery
from activities.paging.messages import Delivery, Outcome

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)

LONGEST_ANSWER = 30.0
LONGEST_CONTENT = 5.0
"""Seconds a whole answer may take, however slowly it drips, and what comes after its status."""

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read: nobody who is paged may fill the memory of the worker that pages everybody."""

LONGEST_WAIT = timedelta(hours=1)
"""However long a provider asks us to wait, somebody is being paged."""

_TRY_AGAIN = {401, 408, 425, 429}
"""401: our own credentials are wrong, which somebody can put right while we go on trying."""
_NOT_TAKEN = {*_TRY_AGAIN, 503}


def outcome_with_key(status: int) -> Outcome:
    """For receivers that know our key, so that a repetition does no harm: every failure of theirs is tried again."""
    if 200 <= status < 300:
        return Outcome.SENT
    return Outcome.RETRY if status in _TRY_AGAIN or status >= 500 else Outcome.REJECTED


def outcome_without_key(status: int) -> Outcome:
    """For providers that cannot recognise a repetition: after most 5xx the message may be on its way.

    429 and 503 are said before anything was done; 500, 502 and 504 may come after it.
    """
    if 200 <= status < 300:
        return Outcome.SENT
    if status in _NOT_TAKEN:
        return Outcome.RETRY
    return Outcome.UNKNOWN if status >= 500 else Outcome.REJECTED


def retry_after(answer: httpx2.Response) -> timedelta | None:
    """How long the answer asks to wait: its Retry-After, seconds or a date, at most an hour."""
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        wait = until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


async def post(
    http: httpx2.AsyncClient, url: str, *, read: Callable[[httpx2.Response], Delivery], **request: object
) -> Delivery:
    """POST and have the answer `read`. Without one: RETRY when nothing was handed over, else UNKNOWN.

    What is told never repeats the URL, which may hold a secret.
    """
    try:
        async with (
            asyncio.timeout(LONGEST_ANSWER),
            http.stream("POST", url, timeout=TIMEOUT, follow_redirects=False, **request) as answer,  # type: ignore[arg-type]
        ):
            told = await _beginning(answer)
    except TimeoutError:
        return delivery(Outcome.UNKNOWN, f"handed over, but not answered within {LONGEST_ANSWER:.0f} s")
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        return delivery(Outcome.RETRY, f"{type(error).__name__}: {error}")
    except (httpx2.LocalProtocolError, UnicodeError):
        return delivery(Outcome.RETRY, "a secret holds characters that a request cannot carry")
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        return delivery(Outcome.REJECTED, f"{type(error).__name__}: the address is no http(s) URL")
    except httpx2.HTTPError as error:
        return delivery(Outcome.UNKNOWN, f"{type(error).__name__}: handed over, but not answered")
    return read(told)


async def _beginning(answer: httpx2.Response) -> httpx2.Response:
    """The answer with as much of its content as arrives; its status has been said, whatever becomes of the rest."""
    content = bytearray()
    with contextlib.suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(LONGEST_CONTENT):
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) >= LARGEST_ANSWER:
                    break
    wait = answer.headers.get("retry-after")
    headers = {} if wait is None else {"retry-after": wait}
    return httpx2.Response(answer.status_code, headers=headers, content=bytes(content[:LARGEST_ANSWER]))
