"""Saying "still at it" while something slow goes on."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from temporalio import activity

T = TypeVar("T")

BEAT = 1.0
"""Seconds between heartbeats: a dead worker is noticed soon, and what is quick costs none."""


async def beating(work: Awaitable[T]) -> T:
    """Wait for `work` with a heartbeat each `BEAT` seconds; when the activity is cancelled, so is the work."""
    task = asyncio.ensure_future(work)
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=BEAT)
            if done:
                return task.result()
            activity.heartbeat()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
