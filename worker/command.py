"""`tocsin worker`: one worker process, until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from records.database import MalformedUrlError
from settings import Settings, SettingsError
from settings.temporal import TemporalUnavailableError


def worker(*, runner: str | None = None) -> int:
    """Runs a worker until SIGTERM or Ctrl-C, which drain it; returns the exit code.

    Parameters
    ----------
    runner
        Carry only the steps of runbooks that name this runner. Needs Temporal; DATABASE_URL only for logs.
    """
    try:
        settings = Settings.load()
        asyncio.run(_until_told(_work(settings, runner)))
    except (SettingsError, TemporalUnavailableError, MalformedUrlError) as error:
        print(f"tocsin worker: {error}", file=sys.stderr)
        return 1
    return 0


def _work(settings: Settings, runner: str | None) -> Coroutine[Any, Any, None]:
    # A runner does without what a whole worker needs.
    if runner is not None:
        from worker.runner import run_runner

        return run_runner(settings, runner)
    from worker.host import run_worker

    return run_worker(settings)


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    running = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        if not running.cancelled():
            raise
