"""`{{ ... }}`: putting parameters, outputs and system variables into a step's inputs."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from definitions.automation.actions import ACTIONS
from definitions.automation.model import Step
from definitions.automation.values import DEEPEST, as_text, deeper_than

TOKEN = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


LARGEST = 500_000
"""Bytes, as JSON, of what references put into one value; a few of them can repeat a big output without end."""


class TooLargeError(ValueError):
    """References that put more into a value than anything can hold."""


class _Unresolved(Enum):
    UNRESOLVED = "unresolved"


UNRESOLVED: Final = _Unresolved.UNRESOLVED
"""What `Scope.lookup` answers for a reference that has no value; it stays in the text as it was written."""


@dataclass(frozen=True)
class Scope:
    """The values that references can reach at one moment.

    `outputs` maps step name to output name to value; `system` maps `global:REGION`, `automation:EXECUTION_ID`
    and the like to text. `within_text` holds the references that mean something else inside a longer text than
    their value as text.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    system: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    within_text: Mapping[str, str] = field(default_factory=dict)

    def lookup(self, reference: str) -> Any:
        """The value a reference names, or UNRESOLVED; an empty value counts as none."""
        value = self._find(reference)
        return UNRESOLVED if value is None else value

    def _find(self, reference: str) -> Any:
        if reference in self.parameters:
            return self.parameters[reference]
        if reference in self.system:
            return self.system[reference]
        space, colon, name = reference.partition(":")
        if colon:
            return self.variables.get(name) if space == "variable" else None
        step, _, output = reference.partition(".")
        return self.outputs.get(step, {}).get(output)


def interpolate(value: Any, scope: Scope) -> Any:
    """The value with every reference that has a value replaced, in texts, lists and maps of any depth.

    A text that is one reference takes the value with its type; a list item that is one reference to a list is
    replaced by that list's items; a reference inside a longer text becomes text. References without a value
    stay as written, keys are not touched, and what was put in is never read again. Raises TooLargeError.
    """
    return _Filling(scope).fill(value)


class _Filling:
    """Puts values in, until they are too much."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._room = LARGEST

    def fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._fill_text(value)
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return self._fill_list(value)
        return value

    def _fill_text(self, text: str) -> Any:
        whole = whole_reference(text)
        if whole is not None:
            found = self._lookup(whole)
            return text if found is UNRESOLVED else found

        def put_in(token: re.Match[str]) -> str:
            found = self._lookup(token[1])
            if found is UNRESOLVED:
                return token[0]
            return self._scope.within_text.get(token[1], as_text(found))

        return TOKEN.sub(put_in, text)

    def _fill_list(self, items: list[Any]) -> list[Any]:
        result: list[Any] = []
        for item in items:
            value = self.fill(item)
            if isinstance(item, str) and isinstance(value, list):
                result.extend(value)
            else:
                result.append(value)
        return result

    def _lookup(self, reference: str) -> Any:
        found = self._scope.lookup(reference)
        if found is not UNRESOLVED:
            if deeper_than(found, DEEPEST - 1):
                raise TooLargeError(f"{{{{ {reference} }}}} is nested about {DEEPEST} levels deep")
            self._room -= len(json.dumps(found))
        if self._room < 0:
            raise TooLargeError(
                f"references put more than {LARGEST} bytes into it, the last is {{{{ {reference} }}}}; pass less on"
            )
        return found


def whole_reference(text: str) -> str | None:
    """The reference, if the text is exactly one, spaces around it aside."""
    token = TOKEN.fullmatch(text.strip())
    return token[1] if token else None


def read_inputs(step: Step) -> dict[str, Any]:
    """The inputs of a step in which references are followed, sooner or later; not those of steps within it."""
    action = ACTIONS.get(step.action)
    as_written = action.as_written - {"LoopCondition"} if action else ()
    return {key: value for key, value in step.inputs.items() if key not in as_written}


def references(value: Any) -> list[str]:
    """Every reference written in a value, in order, known or not."""
    if isinstance(value, str):
        return TOKEN.findall(value)
    if isinstance(value, Mapping):
        return [found for item in value.values() for found in references(item)]
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    return []
