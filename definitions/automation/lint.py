"""What is legal in a document and yet likely not meant."""

from collections.abc import Iterator

from definitions.automation.actions import ACTIONS
from definitions.automation.document import AutomationDocument
from definitions.automation.flow import successors
from definitions.automation.interpolation import references
from definitions.automation.model import ROLLBACK, Step, loop_body
from definitions.automation.patterns import UnreadablePatternError, compiled
from definitions.automation.problems import Path, Problem, near_miss
from definitions.automation.reference_lint import default_warnings, known_references, reference_warnings
from definitions.automation.selectors import SelectorError, check_selector

MOST_FILES = 5


def document_warnings(document: AutomationDocument) -> list[Problem]:
    """Warnings about a document that loads: nothing here keeps it from running."""
    return [
        *_patterns(document),
        *default_warnings(document),
        *_steps(document),
        *_unreached(document),
        *_outputs(document),
        *_files(document),
    ]


def placed_steps(document: AutomationDocument) -> Iterator[tuple[Step, Path]]:
    """Every step with its path, those of loops' bodies after their loop."""
    for place, step in enumerate(document.main_steps):
        path: Path = ("mainSteps", place)
        yield step, path
        for inner, part in enumerate(loop_body(step)):
            yield part, (*path, "inputs", "Steps", inner)


def _patterns(document: AutomationDocument) -> Iterator[Problem]:
    for name, parameter in document.parameters.items():
        try:
            compiled(parameter.allowed_pattern or "")
        except UnreadablePatternError as error:
            path = ("parameters", name, "allowedPattern")
            yield Problem(path, f"cannot be read here ({error}), so values are not checked against it")


def _steps(document: AutomationDocument) -> Iterator[Problem]:
    if not document.main_steps:
        yield Problem(("mainSteps",), "there are no steps: an execution succeeds at once")
    undone = any(step.compensation for step in document.main_steps)
    for step, path in placed_steps(document):
        action = ACTIONS[step.action]
        if action.private:
            yield Problem((*path, "action"), f"{step.action} exists only inside AWS: the step will fail here")
        if step.precondition is not None:
            yield Problem((*path, "precondition"), "precondition belongs to Command documents and is ignored")
        if step.runner and not action.effect and step.action != "aws:loop":
            yield Problem((*path, "runner"), f"no worker does {step.action}, so a runner means nothing to it")
        if step.on_failure == ROLLBACK and not undone:
            yield Problem((*path, "onFailure"), "no step has an onRollback, so there is nothing to roll back")
        yield from _attachment(document, step, path)
        yield from _property_selector(step, path)
        yield from reference_warnings(document, step, path)


def _attachment(document: AutomationDocument, step: Step, path: Path) -> Iterator[Problem]:
    named = step.inputs.get("Attachment") if step.action == "aws:executeScript" else None
    if isinstance(named, str) and not references(named) and named not in document.files:
        hint = near_miss(named, document.files)
        message = f"the document has no file '{named}' under files: the step will fail{hint}"
        yield Problem((*path, "inputs", "Attachment"), message)


def _property_selector(step: Step, path: Path) -> Iterator[Problem]:
    selector = step.inputs.get("PropertySelector")
    if "PropertySelector" not in ACTIONS[step.action].needs or references(selector):
        return
    try:
        check_selector(str(selector))
    except SelectorError as error:
        yield Problem((*path, "inputs", "PropertySelector"), f"{error}; the step will fail")


def _unreached(document: AutomationDocument) -> Iterator[Problem]:
    steps = document.main_steps
    by_name = {step.name: step for step in steps}
    reached = {step.compensation for step in steps}
    waiting = [step.name for step in steps[:1]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += successors(steps, by_name[name])
    for place, step in enumerate(steps):
        if step.name not in reached:
            yield Problem(("mainSteps", place), f"no way leads to '{step.name}': it will never run")


def _outputs(document: AutomationDocument) -> Iterator[Problem]:
    known = known_references(document)
    for place, name in enumerate(document.outputs):
        if name not in known:
            hint = near_miss(name, known)
            yield Problem(("outputs", place), f"no step puts out '{name}': it will have no value{hint}")


def _files(document: AutomationDocument) -> Iterator[Problem]:
    if len(document.files) > MOST_FILES:
        yield Problem(("files",), f"AWS takes at most {MOST_FILES} files, here are {len(document.files)}")
