"""`tocsin worker`: one worker process, until it is told to stop."""

import asyncio
import signal
import sys

from settings import Settings, SettingsError
from settings.temporal import TemporalUnavailableError
from worker.host import run_worker


def worker() -> int:
    """Runs a worker until SIGTERM or Ctrl-C, which drain it; returns the exit code."""
    try:
        settings = Settings.load()
        asyncio.run(_run_until_told(settings))
    except (SettingsError, TemporalUnavailableError) as error:
        print(f"tocsin worker: {error}", file=sys.stderr)
        return 1
    return 0


async def _run_until_told(settings: Settings) -> None:
    running = asyncio.ensure_future(run_worker(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        if not running.cancelled():
            raise
