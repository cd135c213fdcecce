"""What an aws:loop may say, as written."""

from collections.abc import Iterator
from typing import Any

from definitions.automation import choices
from definitions.automation.interpolation import whole_reference
from definitions.automation.loops import ITERATOR_TYPES, MOST_ITERATIONS, MOST_ITERATORS
from definitions.automation.model import Step
from definitions.automation.problems import Path, Problem, near_miss


def check_loop(step: Step, path: Path, *, repeated: bool) -> Iterator[Problem]:
    """Problems of a loop's own inputs; `repeated` says that it stands in the body of another."""
    inputs: Path = (*path, "inputs")
    if repeated:
        message = "a loop cannot stand within a loop; put the inner one into a runbook of its own"
        yield Problem((*path, "action"), f"{message}, called with aws:executeAutomation")
    if step.inputs.get("Steps") == []:
        yield Problem((*inputs, "Steps"), "expected at least one step to repeat")
    if step.inputs.get("Iterators") is not None and step.inputs.get("LoopCondition") is not None:
        yield Problem(inputs, "aws:loop takes Iterators or LoopCondition, not both; remove one of the two")
    if step.inputs.get("LoopCondition") is not None:
        yield from choices.check_condition(step.inputs["LoopCondition"], (*inputs, "LoopCondition"))
    if step.inputs.get("Iterators") is not None:
        yield from _check_iterators(step.inputs["Iterators"], (*inputs, "Iterators"))
    if step.inputs.get("MaxIterations") is not None:
        yield from _check_most(step.inputs["MaxIterations"], (*inputs, "MaxIterations"))
    kind = step.inputs.get("IteratorDataType")
    known = [one.value for one in ITERATOR_TYPES]
    if kind is not None and kind not in known:
        hint = near_miss(str(kind), known) or f"; the types are {', '.join(known)}"
        yield Problem((*inputs, "IteratorDataType"), f"unknown type {kind!r}{hint}")


def _check_iterators(iterators: Any, path: Path) -> Iterator[Problem]:
    if isinstance(iterators, str) and whole_reference(iterators):
        return
    if not isinstance(iterators, list):
        yield Problem(path, f"expected a list, or a reference to one, got {iterators!r}")
    elif len(iterators) > MOST_ITERATORS:
        yield Problem(path, f"a loop goes over at most {MOST_ITERATORS} things, got {len(iterators)}")


def _check_most(most: Any, path: Path) -> Iterator[Problem]:
    if isinstance(most, str) and whole_reference(most):
        return
    number = int(most) if isinstance(most, str) and most.isdecimal() and len(most) < 10 else most
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST_ITERATIONS:
        yield Problem(path, f"expected a whole number from 1 to {MOST_ITERATIONS}, got {most!r}")
