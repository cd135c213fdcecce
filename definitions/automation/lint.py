"""What is legal in a document and yet likely not meant."""

import re
from collections.abc import Iterator

import regex

from definitions.automation.actions import ACTIONS
from definitions.automation.interpolation import references
from definitions.automation.model import AutomationDocument, Step, loop_body
from definitions.automation.problems import Problem, near_miss

_LEGACY = ("TARGET_ID", "RESOURCE_ID")
_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)?")


def document_warnings(document: AutomationDocument) -> list[Problem]:
    """Warnings about a document that loads: nothing here keeps it from running."""
    return [*_parameters(document), *_steps(document), *_outputs(document)]


def _parameters(document: AutomationDocument) -> Iterator[Problem]:
    for name, parameter in document.parameters.items():
        try:
            regex.compile(parameter.allowed_pattern or "")
        except regex.error as error:
            path = ("parameters", name, "allowedPattern")
            yield Problem(path, f"cannot be read here ({error}), so values are not checked against it")


def _steps(document: AutomationDocument) -> Iterator[Problem]:
    if not document.main_steps:
        yield Problem(("mainSteps",), "there are no steps: an execution succeeds at once")
    for place, step in enumerate(document.main_steps):
        if ACTIONS[step.action].private:
            message = f"{step.action} exists only inside AWS: the step will fail here"
            yield Problem(("mainSteps", place, "action"), message)
        if step.precondition is not None:
            message = "precondition belongs to Command documents and is ignored"
            yield Problem(("mainSteps", place, "precondition"), message)
        yield from _references(document, step, ("mainSteps", place, "inputs"))


def _references(document: AutomationDocument, step: Step, path: tuple[str | int, ...]) -> Iterator[Problem]:
    known = _known_references(document)
    for key, value in step.inputs.items():
        if key in ACTIONS[step.action].as_written:
            continue
        for reference in references(value):
            if _NAME.fullmatch(reference) and reference not in known:
                hint = near_miss(reference, known)
                yield Problem(
                    (*path, key), f"nothing is called {{{{ {reference} }}}}: it stays as text{hint}"
                )


def _known_references(document: AutomationDocument) -> set[str]:
    known = {*document.parameters, *_LEGACY}
    for step in document.main_steps:
        for one in (step, *loop_body(step)):
            known |= {f"{one.name}.{name}" for name in ACTIONS[one.action].puts_out}
            known |= {f"{one.name}.{output.name}" for output in one.outputs}
    return known


def _outputs(document: AutomationDocument) -> Iterator[Problem]:
    known = _known_references(document)
    for place, name in enumerate(document.outputs):
        if name not in known:
            hint = near_miss(name, known)
            yield Problem(("outputs", place), f"no step puts out '{name}': it will have no value{hint}")
