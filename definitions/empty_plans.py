"""Whether there are times when an escalation plan engages nobody at all."""

from collections.abc import Callable, Mapping
from itertools import product

from definitions.escalation_plans import EscalationPlan, EscalationStage, Otherwise, StageCondition
from definitions.impacts import CRITICAL

IMPACTS = range(CRITICAL, 6)
MOST_HOURS = 6
"""Working hours in one plan whose every combination is looked at."""


def why_empty(plan: EscalationPlan, why_nobody: Callable[[str], str | None]) -> list[str] | None:
    """Why each stage may engage nobody, if at some time that is so of all of them; else None.

    `why_nobody` says of an alias why engaging it may engage nobody.
    """
    reasons = [_why_stage_empty(stage, why_nobody) for stage in plan.stages]
    sound = [stage.when for stage, reason in zip(plan.stages, reasons, strict=True) if reason is None]
    if _always_one(sound):
        return None
    return [
        f"stage {number}: {reason or 'only when its condition holds'}"
        for number, reason in enumerate(reasons, 1)
    ]


def _why_stage_empty(stage: EscalationStage, why_nobody: Callable[[str], str | None]) -> str | None:
    if not stage.targets:
        return "a wait"
    reasons = [why_nobody(target.contact) for target in stage.targets]
    known = [reason for reason in reasons if reason is not None]
    return "; ".join(known) if len(known) == len(reasons) else None


def _always_one(conditions: list[StageCondition | None]) -> bool:
    """Whether at any impact, at any hour, one of the conditions holds."""
    if None in conditions:
        return True
    names = sorted({name for when in conditions if when for name in (when.during, when.outside) if name})
    if len(names) > MOST_HOURS:
        return True
    return all(
        any(when and _holds(when, impact, dict(zip(names, hours, strict=True))) for when in conditions)
        for impact in IMPACTS
        for hours in product((True, False), repeat=len(names))
    )


def _holds(when: StageCondition, impact: int, is_open: Mapping[str, bool]) -> bool:
    if when.impact and impact not in when.impact:
        return False
    if when.otherwise is Otherwise.WAIT:
        return True
    if when.during is not None:
        return is_open[when.during]
    return when.outside is None or not is_open[when.outside]
