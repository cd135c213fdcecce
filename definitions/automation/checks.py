"""What makes steps that are well formed one by one wrong together."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from definitions.automation import choices
from definitions.automation.actions import ACTIONS
from definitions.automation.flow import BRANCH, find_circle, successors
from definitions.automation.interpolation import read_inputs, references
from definitions.automation.loop_checks import check_loop
from definitions.automation.model import Step
from definitions.automation.problems import Path, Problem, near_miss
from definitions.automation.secrets import check_secrets
from definitions.automation.selectors import SelectorError, check_selector

_VARIABLE = re.compile(r"variable:[^{}\s]+")


@dataclass(frozen=True)
class Placed:
    """A step and where it stands; `reach` are the step names it may go to, `repeated` says it is in a loop's body."""

    step: Step
    path: Path
    reach: tuple[str, ...]
    repeated: bool = False


def check_steps(placed: Sequence[Placed]) -> Iterator[Problem]:
    """Problems of all steps, loop bodies included."""
    yield from _check_names(placed)
    for one in placed:
        yield from _check_action(one)
        yield from _check_outputs(one)
        yield from _check_targets(one, {other.step.name: other.step for other in placed})
        yield from _check_references(one)


def _check_names(placed: Sequence[Placed]) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for one in placed:
        name = one.step.name
        if name in seen:
            yield Problem((*one.path, "name"), f"a second step '{name}'; names are unique in a document")
        seen.setdefault(name, one.path)


def _check_action(one: Placed) -> Iterator[Problem]:
    step, path = one.step, one.path
    action = ACTIONS.get(step.action)
    if action is None:
        yield Problem((*path, "action"), f"unknown action '{step.action}'{_action_hint(step.action)}")
        return
    inputs = (*path, "inputs")
    for need in action.needs:
        if step.inputs.get(need) is None:
            yield Problem(inputs, f"{step.action} needs the input {need}")
    for group in action.needs_one_of:
        if all(step.inputs.get(need) is None for need in group):
            yield Problem(inputs, f"{step.action} needs the input {' or '.join(group)}")
    if _is_python_script(step) and not step.inputs.get("Handler"):
        yield Problem(inputs, "aws:executeScript in Python needs the input Handler: the function to call")
    if step.action == BRANCH and "Choices" in step.inputs:
        yield from choices.check_choices(step.inputs["Choices"], (*inputs, "Choices"))
    if step.action == "aws:loop":
        yield from check_loop(step, path, repeated=one.repeated)
    name = step.inputs.get("Name") if step.action == "aws:updateVariable" else None
    if name is not None and not (isinstance(name, str) and _VARIABLE.fullmatch(name)):
        yield Problem((*inputs, "Name"), f"expected variable:NAME, got {name!r}")


def _action_hint(action: str) -> str:
    ours = [name for name in ACTIONS if name.startswith("tocsin:")]
    if action.startswith("tocsin:"):
        return near_miss(action, ours) or f"; there are {', '.join(ours)}"
    return near_miss(action, ACTIONS) or "; actions look like aws:executeScript"


def _is_python_script(step: Step) -> bool:
    return step.action == "aws:executeScript" and str(step.inputs.get("Runtime")).lower().startswith("python")


def _check_outputs(one: Placed) -> Iterator[Problem]:
    for place, output in enumerate(one.step.outputs):
        try:
            check_selector(output.selector)
        except SelectorError as error:
            yield Problem((*one.path, "outputs", place, "Selector"), str(error))


def _check_targets(one: Placed, steps: Mapping[str, Step]) -> Iterator[Problem]:
    for path, target in _targets(one.step):
        if path == ("onRollback",) and one.repeated:
            message = "a step of a loop's body cannot have onRollback; give it to the loop"
            yield Problem((*one.path, *path), message)
        elif target not in one.reach:
            yield Problem((*one.path, *path), f"there is no step '{target}'{near_miss(target, one.reach)}")
    cancelled = one.step.cancel_target
    if cancelled is None:
        return
    own = ACTIONS.get(one.step.action)
    if own and not own.takes_on_cancel:
        yield Problem((*one.path, "onCancel"), f"{one.step.action} cannot have onCancel")
    action = steps[cancelled].action if cancelled in steps else None
    if action in ACTIONS and not ACTIONS[action].cancel_target:
        yield Problem((*one.path, "onCancel"), f"onCancel cannot lead to '{cancelled}': it is an {action}")


def _targets(step: Step) -> Iterator[tuple[Path, str]]:
    if step.next_step:
        yield ("nextStep",), step.next_step
    if step.failure_target:
        yield ("onFailure",), step.failure_target
    if step.cancel_target:
        yield ("onCancel",), step.cancel_target
    if step.compensation:
        yield ("onRollback",), step.compensation
    if step.action != BRANCH:
        return
    choice_list = step.inputs.get("Choices")
    for place, choice in enumerate(choice_list if isinstance(choice_list, list) else []):
        if isinstance(choice, Mapping) and isinstance(choice.get("NextStep"), str):
            yield ("inputs", "Choices", place, "NextStep"), choice["NextStep"]
    if step.inputs.get("Default") is not None:
        yield ("inputs", "Default"), str(step.inputs["Default"])


def _check_references(one: Placed) -> Iterator[Problem]:
    yield from check_secrets(one.step, one.path)
    for key, value in read_inputs(one.step).items():
        for reference in references(value):
            if reference.startswith("ssm:"):
                message = f"{{{{ {reference} }}}} works only as a parameter's default; make a parameter of it"
                yield Problem((*one.path, "inputs", key), message)


def check_circles(steps: Sequence[Step], paths: Sequence[Path]) -> Iterator[Problem]:
    """The circle these steps go in, if they do; it stands at the first of its steps.

    A step that undoes another runs alone and leads nowhere.
    """
    undoing = {step.compensation for step in steps}
    circle = find_circle(
        {step.name: [] if step.name in undoing else successors(steps, step) for step in steps}
    )
    if circle:
        first = [step.name for step in steps].index(circle[0])
        yield Problem(paths[first], f"the steps go in a circle: {' -> '.join(circle)}")
