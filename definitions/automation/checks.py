"""What makes steps that are well formed one by one wrong together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from definitions.automation import choices
from definitions.automation.actions import ACTIONS
from definitions.automation.flow import BRANCH, find_circle, successors
from definitions.automation.interpolation import references
from definitions.automation.model import Step
from definitions.automation.problems import Problem, near_miss
from definitions.automation.selectors import SelectorError, check_selector

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Placed:
    """A step and where it stands; `reach` are the step names it may go to."""

    step: Step
    path: Path
    reach: tuple[str, ...]


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
        hint = near_miss(step.action, ACTIONS) or "; actions look like aws:executeScript"
        yield Problem((*path, "action"), f"unknown action '{step.action}'{hint}")
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
    if step.inputs.get("LoopCondition") is not None and step.action == "aws:loop":
        yield from choices.check_condition(step.inputs["LoopCondition"], (*inputs, "LoopCondition"))


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
        if target not in one.reach:
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
    if step.action != BRANCH:
        return
    choice_list = step.inputs.get("Choices")
    for place, choice in enumerate(choice_list if isinstance(choice_list, list) else []):
        if isinstance(choice, Mapping) and isinstance(choice.get("NextStep"), str):
            yield ("inputs", "Choices", place, "NextStep"), choice["NextStep"]
    if step.inputs.get("Default") is not None:
        yield ("inputs", "Default"), str(step.inputs["Default"])


def _check_references(one: Placed) -> Iterator[Problem]:
    action = ACTIONS.get(one.step.action)
    read: dict[str, Any] = {
        key: value for key, value in one.step.inputs.items() if not action or key not in action.as_written
    }
    for key, value in read.items():
        for reference in references(value):
            if reference.startswith("ssm:"):
                message = f"{{{{ {reference} }}}} works only as a parameter's default; make a parameter of it"
                yield Problem((*one.path, "inputs", key), message)


def check_circles(steps: Sequence[Step], paths: Sequence[Path]) -> Iterator[Problem]:
    """The circle these steps go in, if they do; it stands at the first of its steps."""
    circle = find_circle({step.name: successors(steps, step) for step in steps})
    if circle:
        first = [step.name for step in steps].index(circle[0])
        yield Problem(paths[first], f"the steps go in a circle: {' -> '.join(circle)}")
