"""Looking again and again, ever less often, until something is so."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from temporalio import activity

T = TypeVar("T")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds between two looks."""

_GROWTH = 1.5


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` finds; while it finds None it is asked again. Ends only so: the step's timeout cuts it off."""
    pause = FIRST_PAUSE
    while (found := await look()) is None:
        await asyncio.sleep(pause)
        pause = min(pause * _GROWTH, LONGEST_PAUSE)
    return found


@contextlib.contextmanager
def leaving_behind(what: str) -> Iterator[None]:
    """If the work within is cancelled, say in the log what AWS goes on with."""
    try:
        yield
    except asyncio.CancelledError:
        activity.logger.warning("cancelled: %s", what)
        raise


def is_repeat() -> bool:
    """Whether an earlier worker was lost while it did this very attempt, and may have done part of it."""
    return activity.info().attempt > 1
