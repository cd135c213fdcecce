"""Waiting for what others do, and saying plainly when it does not happen."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.05


class DemoFailed(Exception):  # noqa: N818 - an outcome, not a defect
    """A part of the demo did not do what it should; the message says which."""


async def until(what: str, look: Callable[[], Awaitable[T | None]], *, seconds: float = 30.0) -> T:
    """Looks until there is something to see, and gives it; raises DemoFailed after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while (seen := await look()) is None:  # noqa: ASYNC110 - it happens in other processes
                await asyncio.sleep(PAUSE)
            return seen
    except TimeoutError as error:
        raise DemoFailed(f"waited {seconds:.0f} s in vain until {what}") from error


def check(holds: bool, otherwise: str) -> None:
    """Raises DemoFailed with `otherwise` unless it holds."""
    if not holds:
        raise DemoFailed(otherwise)
