"""A program that a step runs: listened to, logged, and its bad endings told in words."""

import asyncio
import signal
from collections.abc import Callable

from activities.automation.effects import Outside
from activities.automation.logs import step_log
from activities.automation.processes import MOST_ANSWERED, MOST_PRINTED, Ending, Finished, Program, run
from activities.automation.steps import StepAttempt, step_failed

GRACE = 2.0
"""Seconds for which a step that has used up its time waits to be told so by Temporal: then it has timed out, and
has not just failed."""

LAST_WORDS = 2000
"""Characters of what was printed that a failure repeats."""


async def run_logged(
    program: Program, attempt: StepAttempt, outside: Outside
) -> tuple[Finished, Callable[[int], str]]:
    """Run it; how it ended, and the last characters that it printed, as many as asked for.

    Fails the step when it takes more than its time, prints or answers too much, or cannot be started.
    """
    async with step_log(attempt, outside.records, outside.mask) as log:
        try:
            finished = await run(program, log.write)
        except OSError as error:
            raise step_failed(f"{program.command[0]} cannot be run: {error.strerror}") from error
        log.end()
        printed = log.tail(LAST_WORDS).strip()
        stopped = _stopped(finished, program)
        if stopped:
            log.say(stopped)
    if finished.ending is Ending.TIME:
        await asyncio.sleep(GRACE)
    if stopped:
        raise step_failed(f"{stopped}\n{printed}".rstrip())
    return finished, log.tail


def _stopped(finished: Finished, program: Program) -> str:
    if finished.ending is Ending.TIME:
        return f"stopped: not done within {program.seconds:.0f} s"
    if finished.ending is Ending.OUTPUT:
        return (
            f"stopped: printed more than {MOST_PRINTED // 1_000_000} MB, or returned more than "
            f"{MOST_ANSWERED // 1_000_000} MB"
        )
    return ""


def ended(code: int) -> str:
    """An exit code in words; limits of the machine show as signals."""
    # Shells, and bubblewrap, report a signal as 128 and its number.
    number = -code if code < 0 else code - 128 if code > 128 else 0
    meanings: dict[int, str] = {
        signal.SIGKILL: "killed, perhaps by a limit of memory or processor time",
        signal.SIGXCPU: "it used up its processor time",
        signal.SIGXFSZ: "it wrote too large a file",
        signal.SIGSEGV: "it crashed, perhaps for want of memory",
    }
    return f"exit code {code}: {meanings[number]}" if number in meanings else f"exit code {code}"
