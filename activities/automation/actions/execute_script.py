"""aws:executeScript: Python, PowerShell, and beyond AWS also Bash, each script in a sandbox of its own."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from activities.automation.attachments import fetch, unpack
from activities.automation.effects import Outside, effect
from activities.automation.processes import Program
from activities.automation.running import LAST_WORDS, run_logged
from activities.automation.script_environment import script_environment
from activities.automation.script_languages import Script, launch, result
from activities.automation.steps import LARGEST_RESPONSE, StepAttempt

LONGEST_RUN = 600
"""Seconds that a script may take (AWS)."""

LOG_CHARACTERS = 4000
"""Of what it printed, that the answer carries, the last ones; the record has more."""


@effect("aws:executeScript")
async def execute_script(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Run the script; {"Payload": its result, if there is one, "ExecutionLog": the last of what it printed}.

    Not repeatable: a script whose worker dies fails its step, and only maxAttempts runs it again.
    """
    script = Script.of(attempt.inputs, _context(attempt))
    sealed = outside.sandbox.sealed
    seconds = attempt.timeout_seconds or LONGEST_RUN
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_folder()) if script.attachment or not sealed else None
        if script.attachment and folder is not None:
            await unpack(script.attachment, await fetch(script.attachment, attempt, outside), folder)
        place = outside.sandbox.cell(folder)
        start = launch(script, place)
        program = Program(
            command=[*place.wrapper(seconds + 1, start.memory), *start.command],
            environment={**await script_environment(attempt, place.home), **start.environment},
            folder=None if sealed else place.home,
            given=start.given,
            seconds=seconds,
            sealed=sealed,
        )
        finished, tail = await run_logged(program, attempt, outside)
    return _response(result(script, finished, tail(LAST_WORDS)), tail(LOG_CHARACTERS))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tocsin-script-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _context(attempt: StepAttempt) -> dict[str, str]:
    return {
        "automation:EXECUTION_ID": attempt.execution_id or attempt.key.partition(":")[0],
        "global:REGION": attempt.system.region,
        "global:ACCOUNT_ID": attempt.system.account_id,
        "global:AWS_PARTITION": attempt.system.partition,
    }


def _response(value: Any, log: str) -> dict[str, Any]:
    response = {} if value is None else {"Payload": value}
    # A large result leaves less room for the log.
    while log and len(json.dumps({**response, "ExecutionLog": log})) > LARGEST_RESPONSE:
        log = log[len(log) // 2 + 1 :]
    return {**response, "ExecutionLog": log}
