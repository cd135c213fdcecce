"""`{{ secret:NAME }}`: where a document may name secrets."""

from collections.abc import Iterator, Mapping
from typing import Any

from definitions.automation.actions import ACTIONS
from definitions.automation.interpolation import read_inputs, references
from definitions.automation.model import Step
from definitions.automation.problems import Path, Problem

PREFIX = "secret:"


def check_secrets(step: Step, path: Path) -> Iterator[Problem]:
    """A problem for each secret that nothing would put in: only actions that workers do get secrets."""
    action = ACTIONS.get(step.action)
    if action is None or action.effect:
        return
    for key, value in read_inputs(step).items():
        for secret in _secrets(value):
            message = f"{secret} stays as text in {step.action}; only actions that a worker does get secrets"
            yield Problem((*path, "inputs", key), message)


def check_no_secrets(data: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem for each secret in a document's parameters, variables, outputs and assumeRole, as written."""
    for section in ("parameters", "variables"):
        written = data.get(section)
        for name, declared in written.items() if isinstance(written, Mapping) else ():
            default = declared.get("default") if isinstance(declared, Mapping) else None
            for secret in _secrets(default):
                message = f"{secret} works only in a step's inputs, so that nobody reads it elsewhere"
                yield Problem((section, name, "default"), message)
    for key in ("assumeRole", "outputs"):
        for secret in _secrets(data.get(key)):
            yield Problem(
                (key,), f"{secret} works only in a step's inputs, so that nobody reads it elsewhere"
            )


def _secrets(value: Any) -> list[str]:
    named = [reference for reference in references(value) if reference.startswith(PREFIX)]
    return [f"{{{{ {reference} }}}}" for reference in named]
