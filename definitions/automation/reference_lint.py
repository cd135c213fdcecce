"""References that will stay as text, or become text that nobody wants."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from definitions.automation.actions import ACTIONS
from definitions.automation.interpolation import read_inputs, references, whole_reference
from definitions.automation.model import AutomationDocument, Step, loop_body
from definitions.automation.parameters import PARAMETER_STORE
from definitions.automation.problems import Path, Problem, near_miss
from definitions.automation.secrets import PREFIX as SECRET
from definitions.automation.state import SystemVariables
from definitions.automation.values import ValueType

LEGACY = ("TARGET_ID", "RESOURCE_ID")
"""AWS: what maintenance windows put in."""

_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)?|(global|automation|variable):.*")
_COLLECTIONS = (ValueType.STRING_LIST, ValueType.STRING_MAP, ValueType.MAP_LIST)
_SYSTEM = tuple(SystemVariables(account_id="", region="").references("", datetime.now(UTC)))


def reference_warnings(document: AutomationDocument, step: Step, path: Path) -> Iterator[Problem]:
    """Warnings about the references in a step's inputs, and about the variable it changes."""
    known = known_references(document)
    collections = _collections(document)
    for key, value in read_inputs(step).items():
        place: Path = (*path, "inputs", key)
        for reference in references(value):
            yield from _unknown(reference, known, place)
        for reference in _embedded(value):
            if reference in collections:
                message = (
                    f"{{{{ {reference} }}}} is a {collections[reference]} within a text: it becomes JSON "
                    "here, and AWS may refuse it"
                )
                yield Problem(place, message)
    yield from _not_put_in(step, known, path)
    if step.action == "aws:updateVariable":
        name = str(step.inputs.get("Name"))
        variables = [f"variable:{variable}" for variable in document.variables]
        if name not in variables:
            message = f"the document has no '{name}': the step will fail{near_miss(name, variables)}"
            yield Problem((*path, "inputs", "Name"), message)


def _not_put_in(step: Step, known: set[str], path: Path) -> Iterator[Problem]:
    """References in programs, where nothing is put in. Scripts for AWS hold much that only looks like one."""
    programs = ACTIONS[step.action].as_written - {"Steps", "LoopCondition"}
    ours = not step.action.startswith("aws:")
    way = "Environment" if ours else "InputPayload"
    for key in programs & step.inputs.keys():
        for reference in references(step.inputs[key]):
            if reference.startswith(SECRET) or (ours and reference in known):
                message = f"nothing is put into {key}, so {{{{ {reference} }}}} stays; give it in {way}"
                yield Problem((*path, "inputs", key), message)


def default_warnings(document: AutomationDocument) -> Iterator[Problem]:
    """Warnings about references in assumeRole and in the defaults of parameters and variables."""
    known = {*document.parameters, *LEGACY, *_SYSTEM}
    for name, parameter in document.parameters.items():
        path: Path = ("parameters", name, "default")
        whole = whole_reference(parameter.default) if isinstance(parameter.default, str) else None
        for reference in references(parameter.default):
            if reference == name:
                yield Problem(path, f"{{{{ {name} }}}} names the parameter itself: it stays as text")
            elif reference.startswith(PARAMETER_STORE) and reference != whole:
                yield Problem(path, f"{{{{ {reference} }}}} is looked up only if it is the whole default")
            else:
                yield from _unknown(reference, known, path)
    for name, variable in document.variables.items():
        for reference in references(variable.default):
            yield from _unknown(reference, known, ("variables", name, "default"))
    for reference in references(document.assume_role):
        yield from _unknown(reference, known | known_references(document), ("assumeRole",))


def known_references(document: AutomationDocument) -> set[str]:
    """Everything that steps of the document can refer to."""
    known = {*document.parameters, *LEGACY, *_SYSTEM, *(f"variable:{name}" for name in document.variables)}
    for step in document.main_steps:
        for one in (step, *loop_body(step)):
            known |= {f"{one.name}.{name}" for name in ACTIONS[one.action].puts_out}
            known |= {f"{one.name}.{output.name}" for output in one.outputs}
            if ACTIONS[one.action].private:
                known |= _read_from(one, document)
    return known


def _read_from(step: Step, document: AutomationDocument) -> set[str]:
    """The outputs of a step that the document reads: what an action of AWS's own puts out only AWS knows."""
    read = [*document.outputs, *references([other.inputs for other in document.main_steps])]
    return {reference for reference in read if reference.startswith(f"{step.name}.")}


def _unknown(reference: str, known: set[str], path: Path) -> Iterator[Problem]:
    if _NAME.fullmatch(reference) and reference not in known:
        hint = near_miss(reference, known)
        yield Problem(path, f"nothing is called {{{{ {reference} }}}}: it stays as text{hint}")


def _collections(document: AutomationDocument) -> dict[str, ValueType]:
    """The references whose values are lists or maps, as far as the document declares it."""
    declared = {name: parameter.value_type for name, parameter in document.parameters.items()}
    declared |= {f"variable:{name}": variable.value_type for name, variable in document.variables.items()}
    for step in document.main_steps:
        for one in (step, *loop_body(step)):
            declared |= {f"{one.name}.{output.name}": output.type for output in one.outputs}
    return {reference: kind for reference, kind in declared.items() if kind in _COLLECTIONS}


def _embedded(value: Any) -> list[str]:
    """The references that stand within longer texts."""
    if isinstance(value, str):
        return [] if whole_reference(value) else references(value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [reference for item in items for reference in _embedded(item)]
