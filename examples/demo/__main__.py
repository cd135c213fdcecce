"""`python -m examples.demo`: tells the story, and ends with exit code 0 only if every part held."""

import asyncio
import signal
import sys

from examples.demo.narrator import Narrator

INTERRUPTED = 130


def main() -> int:
    """The exit code."""
    narrator = Narrator()
    narrator.chapter("A shop, a cloud, some phones")
    # Loaded now, not at the top: it takes a while, and the clock is to show it.
    from client import TocsinError
    from examples.demo.stage import perform
    from examples.demo.waiting import DemoFailed

    async def told_to_stop_by_signals_too() -> None:
        telling = asyncio.ensure_future(perform(narrator))
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, telling.cancel)
        await telling

    try:
        asyncio.run(told_to_stop_by_signals_too())
    except (KeyboardInterrupt, asyncio.CancelledError):
        narrator.say("demo", "was interrupted; everything it started has been stopped", style="bold red")
        return INTERRUPTED
    except (DemoFailed, TocsinError, TimeoutError) as error:
        narrator.say("demo", f"failed: {error or 'it took too long'}", style="bold red")
        return 1
    narrator.say("demo", "every part held; all is stopped and cleared away", style="bold green")
    return 0


if __name__ == "__main__":
    sys.exit(main())
