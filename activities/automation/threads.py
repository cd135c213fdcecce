"""Blocking work in a thread that nobody has to wait for."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class _Worker(threading.Thread):
    """A thread that does one job after another: starting one takes a millisecond of the caller's time."""

    def __init__(self) -> None:
        super().__init__(name="blocking-work", daemon=True)
        self.jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def run(self) -> None:
        while True:
            self.jobs.get()()
            _idle.append(self)


_idle: list[_Worker] = []
"""Those that wait for a job; taken from and added to in one step each, by any thread."""


def _do(job: Callable[[], None]) -> None:
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
        worker.start()
    worker.jobs.put(job)


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Cancelled, this returns at once, and the thread ends in its own time.

    Threads of a pool would be waited for when the process ends, for as long as a far server likes.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type] # without an error there is a result

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    _do(run)
    return await future
