"""Steps that undo others: reached by onRollback, and by nothing else."""

from collections.abc import Iterator, Sequence

from definitions.automation.flow import successors
from definitions.automation.model import Step
from definitions.automation.problems import Path, Problem


def check_rollback(steps: Sequence[Step], paths: Sequence[Path]) -> Iterator[Problem]:
    """Problems of the main steps that onRollback names; names that lead nowhere are left to others."""
    undone = {step.compensation: step for step in reversed(steps) if step.compensation}
    led = _led_to(steps)
    for step, path in zip(steps, paths, strict=True):
        if step.name not in undone:
            continue
        if step.compensation:
            message = f"'{step.name}' undoes '{undone[step.name].name}' and is never undone itself; remove it"
            yield Problem((*path, "onRollback"), message)
        if step.action == "aws:branch":
            yield Problem((*path, "action"), f"'{step.name}' undoes a step, and a branch undoes nothing")
        if step.name in led:
            yield Problem(path, _reached(step.name, led[step.name]))


def _reached(name: str, before: str | None) -> str:
    words = f"'{name}' undoes a step (onRollback) and would also run by itself"
    if before is None:
        return f"{words}: it stands first; move it to the end"
    return f"{words}, after '{before}'; end that one with isEnd or give it another nextStep"


def _led_to(steps: Sequence[Step]) -> dict[str, str | None]:
    """Every step that the normal flow (failures and cancellation included) reaches, and a step it comes from."""
    by_name = {step.name: step for step in reversed(steps)}
    led: dict[str, str | None] = {steps[0].name: None} if steps else {}
    waiting = list(led)
    while waiting:
        name = waiting.pop()
        for after in successors(steps, by_name[name]):
            if after in by_name and after not in led:
                led[after] = name
                waiting.append(after)
    return led
