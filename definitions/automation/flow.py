"""Where a step leads: after success, after failure, on cancellation; and whether the steps go in a circle.

`steps` is always the list the step stands in: the main steps, or the body of its loop. In a body, nowhere to go
means the end of the iteration.
"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from definitions.automation import choices
from definitions.automation.model import CONTINUE, Step, loop_body

BRANCH = "aws:branch"


def after_success(steps: Sequence[Step], step: Step) -> str | None:
    """The step that follows when this one succeeds (a branch: when no choice holds and it has no Default)."""
    if step.is_end:
        return None
    return step.next_step or _following(steps, step)


def after_failure(steps: Sequence[Step], step: Step) -> str | None:
    """The step that follows when this one has failed for good, or None when the execution ends there.

    A step named by onFailure wins over isEnd; Continue goes where success would.
    """
    if step.failure_target:
        return step.failure_target
    return passed_over(steps, step) if step.on_failure == CONTINUE else None


def passed_over(steps: Sequence[Step], step: Step) -> str | None:
    """The step that follows when nobody minds that this one failed: of a branch, its Default."""
    default = step.inputs.get("Default") if step.action == BRANCH else None
    return default if isinstance(default, str) else after_success(steps, step)


def _following(steps: Sequence[Step], step: Step) -> str | None:
    order = [other.name for other in steps]
    place = order.index(step.name) + 1
    return order[place] if place < len(order) else None


def valid_next_steps(steps: Sequence[Step], step: Step) -> list[str]:
    """Every step that may come next while the execution is not cancelled, the likeliest first, each once."""
    if step.action == BRANCH:
        ways = [*choices.targets(step.inputs), passed_over(steps, step)]
    else:
        ways = [after_success(steps, step)]
    ways += [after_failure(steps, step), *_loop_exits(step)]
    return list(dict.fromkeys(way for way in ways if way))


def successors(steps: Sequence[Step], step: Step) -> list[str]:
    """Every step that this one can lead to, cancellation included."""
    inside = {part.name for part in loop_body(step)}
    cancelled = [part.cancel_target for part in (step, *loop_body(step)) if part.cancel_target not in inside]
    ways = [*valid_next_steps(steps, step), *cancelled]
    return list(dict.fromkeys(way for way in ways if way))


def _loop_exits(step: Step) -> list[str]:
    """Steps outside a loop that steps of its body jump to."""
    body = loop_body(step)
    inside = {part.name for part in body}
    return [way for part in body for way in valid_next_steps(body, part) if way not in inside]


def find_circle(ways: Mapping[str, Sequence[str]]) -> list[str] | None:
    """A way from a step back to itself, as `[a, b, a]`, or None; `ways` maps each step to its successors.

    The circle begins at the step that stands first in `ways`.
    """
    try:
        TopologicalSorter(ways).prepare()
    except CycleError as error:
        # The sorter takes successors for predecessors, so it names the circle backwards.
        circle: list[str] = error.args[1][:0:-1]
        start = min(range(len(circle)), key=lambda place: list(ways).index(circle[place]))
        return [*circle[start:], *circle[: start + 1]]
    return None


def reachable(steps: Sequence[Step], start: str) -> set[str]:
    """Those of the steps that can still run once `start` does, itself included; cancellation left aside."""
    by_name = {step.name: step for step in steps}
    found = {start}
    pending = [start]
    while pending:
        for way in valid_next_steps(steps, by_name[pending.pop()]):
            if way in by_name and way not in found:
                found.add(way)
                pending.append(way)
    return found
