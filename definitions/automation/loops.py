"""aws:loop: what a loop goes over, and whether another iteration follows."""

from collections.abc import Mapping
from typing import Any

from definitions.automation import choices
from definitions.automation.interpolation import Scope, TooLargeError, interpolate, whole_reference
from definitions.automation.model import Step
from definitions.automation.state import LoopState
from definitions.automation.values import ValueType, WrongTypeError, as_text, coerce

# AWS: how often a loop goes round at most, and how long the list it goes over may be.
MOST_ITERATIONS = 100
MOST_ITERATORS = 100

ITERATOR_TYPES = (ValueType.BOOLEAN, ValueType.INTEGER, ValueType.STRING, ValueType.STRING_MAP)


class LoopError(ValueError):
    """Inputs that a loop cannot begin with; says which, and what would be right."""


def planned_loop(step: Step, inputs: Mapping[str, Any]) -> LoopState | None:
    """The loop these interpolated inputs ask for, at its first iteration; None if it goes over nothing.

    Raises LoopError when there is not exactly one of Iterators and LoopCondition, when Iterators has no value or
    is no list of the type promised, or when there are too many iterators or iterations.
    """
    given = [key for key in ("Iterators", "LoopCondition") if inputs.get(key) is not None]
    if len(given) != 1:
        raise LoopError("aws:loop needs either Iterators or LoopCondition")
    most = _max_iterations(inputs.get("MaxIterations"))
    if given == ["LoopCondition"]:
        return LoopState(step=step.name, iteration=1, max_iterations=most)
    iterators = _iterators(step.inputs["Iterators"], inputs)
    if not iterators:
        return None
    most = min(most, len(iterators))
    return LoopState(step=step.name, iteration=1, iterators=iterators, max_iterations=most)


def iterator_value(loop: LoopState) -> Any:
    """What the current iteration is for; None when the loop goes on by condition."""
    return None if loop.iterators is None else loop.iterators[loop.iteration - 1]


def loop_outputs(loop: LoopState) -> dict[str, Any]:
    """What the steps of the body read of their loop."""
    outputs: dict[str, Any] = {"CurrentIteration": loop.iteration}
    if loop.iterators is not None:
        outputs["CurrentIteratorValue"] = iterator_value(loop)
    return outputs


def goes_on(step: Step, loop: LoopState, scope: Scope) -> bool:
    """Whether another iteration follows the current one: a LoopCondition is asked after the body has run.

    One that compares more than can be held does not hold.
    """
    if loop.iteration >= loop.max_iterations:
        return False
    if loop.iterators is not None:
        return True
    try:
        return choices.holds(interpolate(step.inputs["LoopCondition"], scope))
    except TooLargeError:
        return False


def _max_iterations(given: Any) -> int:
    if given is None:
        return MOST_ITERATIONS
    try:
        most: int = coerce(ValueType.INTEGER, given)
    except WrongTypeError as error:
        raise LoopError(f"MaxIterations: {error}") from None
    if not 1 <= most <= MOST_ITERATIONS:
        raise LoopError(f"MaxIterations should be 1 to {MOST_ITERATIONS}, got {most}")
    return most


def _iterators(written: Any, inputs: Mapping[str, Any]) -> list[Any]:
    """The list to go over, each item as IteratorDataType says."""
    given = inputs["Iterators"]
    for item in written if isinstance(written, list) else [written]:
        unresolved = isinstance(item, str) and whole_reference(item) and item in _items(given)
        if unresolved:
            raise LoopError(f"Iterators: {item} has no value, so there is nothing to go over")
    if not isinstance(given, list):
        raise LoopError(f"Iterators should be a list, got {as_text(given)[:80]!r}")
    if len(given) > MOST_ITERATORS:
        raise LoopError(f"Iterators: at most {MOST_ITERATORS} items, got {len(given)}")
    kind = _iterator_type(inputs.get("IteratorDataType"))
    return [_typed(kind, item, place) for place, item in enumerate(given)]


def _items(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _iterator_type(given: Any) -> ValueType:
    if given is None:
        return ValueType.STRING
    if given not in [kind.value for kind in ITERATOR_TYPES]:
        known = ", ".join(kind.value for kind in ITERATOR_TYPES)
        raise LoopError(f"IteratorDataType should be one of {known}, got {as_text(given)!r}")
    return ValueType(given)


def _typed(kind: ValueType, item: Any, place: int) -> Any:
    try:
        return coerce(kind, item)
    except WrongTypeError as error:
        raise LoopError(f"Iterators[{place}]: {error}") from None
