"""tocsin:runShell: commands on the very machine that the worker, or the step's runner, runs on.

Unlike scripts they are in no sandbox, for touching the machine is what they are for: they may do whatever the
worker's user may. Who may write runbooks may do that as well.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activities.automation.effects import Outside, effect
from activities.automation.inputs import wrong_input
from activities.automation.processes import Program
from activities.automation.running import LAST_WORDS, ended, run_logged
from activities.automation.script_environment import aws_variables
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation.actions import MINUTE, Action
from definitions.automation.interpolation import references
from definitions.automation.values import as_text, unstorable

OUTPUT_CHARACTERS = 24_000
"""Of what was printed, that become Output, the last ones (AWS: as of aws:runCommand)."""

_OURS = ("TOCSIN_", "TEMPORAL_", "DATABASE_URL", "AWS_")

_GRAMMAR = Action(
    needs_one_of=(("Commands", "Script"),),
    timeout=10 * MINUTE,
    puts_out=("Output", "ExitCode"),
    as_written=frozenset({"Commands", "Script"}),
)


@effect("tocsin:runShell", grammar=_GRAMMAR)
async def run_shell(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Run Commands, one after another until one fails, or Script; {"Output": what they printed, "ExitCode": ...}.

    References are put into Environment and WorkingDirectory only, never into commands: a value cannot become one.
    What they leave running in the background stays when they end, and dies when they are cut off.
    """
    inputs = attempt.inputs
    expected = _exit_codes(inputs)
    program = Program(
        command=[*_dies_with_worker(), *_command(inputs)],
        environment={**_environment(), **await aws_variables(attempt), **_variables(inputs)},
        folder=_folder(inputs),
        seconds=attempt.timeout_seconds,
        leave=True,
    )
    finished, tail = await run_logged(program, attempt, outside)
    response = {"Output": tail(OUTPUT_CHARACTERS), "ExitCode": finished.code}
    if finished.code not in expected:
        raise step_failed(
            f"{ended(finished.code)}, expected {', '.join(map(str, expected))}\n{tail(LAST_WORDS)}".rstrip(),
            response=response,
        )
    return response


def _command(inputs: Mapping[str, Any]) -> list[str]:
    shell, commands, script = (
        str(inputs.get("Shell") or "/bin/sh"),
        inputs.get("Commands"),
        inputs.get("Script"),
    )
    if (commands is None) == (script is None):
        raise wrong_input("tocsin:runShell needs either Commands or Script")
    if script is not None:
        return [shell, "-c", str(script)]
    lines = [commands] if isinstance(commands, str) else commands
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise wrong_input(f"Commands should be a list of texts, got {str(commands)[:200]!r}")
    # Go's templates, as docker takes them, begin with a dot.
    named = [name for name in references(lines) if name[0].isalnum()]
    if named:
        raise wrong_input(
            f"nothing is put into Commands: give {{{{ {named[0]} }}}} to a variable under Environment, and write "
            'it as "$NAME"'
        )
    return [shell, "-e", "-c", "\n".join(lines)]


def _folder(inputs: Mapping[str, Any]) -> str:
    folder = str(inputs.get("WorkingDirectory") or "/")
    if not Path(folder).is_dir():
        raise wrong_input(f"WorkingDirectory {folder!r} is no folder on this machine")
    return folder


def _variables(inputs: Mapping[str, Any]) -> dict[str, str]:
    given = inputs.get("Environment") or {}
    if not isinstance(given, dict) or any("=" in str(name) or not name for name in given):
        raise wrong_input(f"Environment should be a map of names to values, got names {sorted(given)!r}")
    variables = {str(name): as_text(value) for name, value in given.items()}
    for name, value in variables.items():
        if unstorable([name, value]):
            raise wrong_input(
                f"the variable {name!r} under Environment holds a character that no variable can"
            )
    return variables


def _environment() -> dict[str, str]:
    """The machine's, without Tocsin's own settings and secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


def _exit_codes(inputs: Mapping[str, Any]) -> list[int]:
    given = inputs.get("ExpectedExitCodes", [0])
    try:
        return [int(code) for code in (given if isinstance(given, list) else [given])] or [0]
    except (TypeError, ValueError, OverflowError):
        raise wrong_input(f"ExpectedExitCodes should be a list of numbers, got {given!r}") from None


def _dies_with_worker() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
