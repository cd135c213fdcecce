"""The command `tocsin runbook simulate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.text import Text

from client.cli.failures import in_a_line
from client.cli.runbooks import read_parameters
from client.cli.screen import styled, table
from client.cli.session import Asked
from client.runbook_simulation import simulate_file
from definitions.automation.simulation import Simulation, TraceEntry
from definitions.automation.state import StepStatus


def simulate(
    file: str,
    /,
    *,
    parameter: Annotated[tuple[str, ...], Parameter(name=["--parameter", "-p"])] = (),
    answers: Path | None = None,
    session: Asked,
) -> None:
    """Run a runbook without any effect, and show which steps it takes. No time passes and nobody is asked.

    Parameters
    ----------
    file
        A file that holds one runbook.
    parameter
        NAME=VALUE, as for `run`. Parameters that are needed and not given are invented.
    answers
        A YAML file: under each step's name its response, `fail: why`, `timeout: true`, or for a branch
        `choose: STEP`; a list gives answers in turn. Other steps succeed with invented answers.
    """
    simulation = simulate_file(file, read_parameters(parameter), answers=answers)
    session.answer(simulation, _page(simulation))


def _page(simulation: Simulation) -> Group:
    rows = [_row(entry) for entry in simulation.trace]
    parts: list[RenderableType] = [table(("",) * 5, rows)] if rows else []
    parts += [Text(f"{name} = {', '.join(values)}") for name, values in simulation.outputs.items()]
    told = f": {in_a_line(simulation.failure_message)}" if simulation.failure_message else ""
    return Group(*parts, Text(f"{simulation.status}{told}"))


def _row(entry: TraceEntry) -> tuple[str, Text, str, Text, str]:
    good = entry.status not in (StepStatus.FAILED, StepStatus.TIMED_OUT)
    number = f" ({entry.iteration})" if entry.iteration else ""
    again = f", attempt {entry.attempt}" if entry.attempt > 1 else ""
    remark = in_a_line(entry.failure_message) if not good else f"→ {entry.next_step or 'end'}"
    return (
        f"{entry.at:.0f} s",
        styled(f"{entry.step}{number}{again}", "bold"),
        entry.action,
        styled(entry.status.value, "green" if good else "bold red"),
        remark,
    )
