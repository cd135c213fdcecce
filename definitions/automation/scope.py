"""What references mean at one moment of an execution."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from definitions.automation.actions import ACTIONS
from definitions.automation.interpolation import Scope
from definitions.automation.state import ExecutionState

CURRENT_LOOP = "LOOP"
"""What the body of a loop may call the loop, besides its name."""


def execution_scope(state: ExecutionState, now: datetime) -> Scope:
    """Parameters, variables, the outputs of every step's latest run, and the system variables as of now."""
    outputs: dict[str, Mapping[str, Any]] = {}
    if state.loop is not None:
        outputs[CURRENT_LOOP] = state.step(state.loop.step).outputs
    outputs |= {step.name: step.outputs for step in state.steps}
    return Scope(
        parameters=state.parameters,
        outputs=outputs,
        system=state.system.references(state.execution_id, now),
        variables=state.variables,
        within_text=dict(_only_texts(state)),
    )


def _only_texts(state: ExecutionState) -> Iterator[tuple[str, str]]:
    """Lists of one text that actions put out by themselves.

    AWS: documents write `"{{ Child.Output }}"` into JSON and read one id there, where a list would break the JSON.
    """
    for step in state.steps:
        for name in ACTIONS[step.action].puts_out:
            match step.outputs.get(name):
                case [str(only)]:
                    yield f"{step.name}.{name}", only
