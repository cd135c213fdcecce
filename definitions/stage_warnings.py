"""Stages of an escalation plan that can never begin, or change nothing when they do."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from definitions.catalog import Catalog
from definitions.durations import format_duration
from definitions.escalation_plans import EscalationPlan, EscalationStage, Otherwise
from definitions.opening_hours import is_open, next_closing, next_opening
from definitions.problems import Path

Finding = tuple[Path, str]
"""The way to a value of a definition, and what a person should know of it."""


def stage_warnings(plan: EscalationPlan, catalog: Catalog, now: datetime) -> Iterator[Finding]:
    """What will never happen in a plan's stages."""
    impacts = _impacts(plan, catalog)
    for i, stage in enumerate(plan.stages):
        last = i == len(plan.stages) - 1
        yield from _about_hours(stage, i, catalog, now, last=last)
        if stage.when is not None and stage.when.impact and impacts and not impacts & {*stage.when.impact}:
            words = (
                f"stage {i + 1} is for impact {_listed({*stage.when.impact})}, and every response plan that leads"
                f" here opens incidents of impact {_listed(impacts)}: only another impact given by hand begins it"
            )
            yield ("stages", i, "when", "impact"), words
        if stage.all_must_acknowledge and not any(target.is_essential for target in stage.targets):
            words = f"stage {i + 1} asks all its essential targets to acknowledge, and has none"
            yield ("stages", i, "all_must_acknowledge"), words
    yield from _nobody_new(plan, catalog)


def _about_hours(
    stage: EscalationStage, i: int, catalog: Catalog, now: datetime, *, last: bool
) -> Iterator[Finding]:
    """A stage for hours that never come."""
    when = stage.when
    for name in stage.working_hours:
        hours = catalog.working_hours[name]
        during = when is not None and when.during == name
        try:
            within = is_open(hours, now)
            change = next_closing(hours, now) if within else next_opening(hours, now)
        except ValueError:  # a zone in force that this machine lacks: nothing can be said
            continue
        if change is not None or within is during:
            continue
        why = f"{name} is {'open all the time' if within else 'never open'}"
        if when is not None and when.otherwise is Otherwise.WAIT:
            after = "" if last else ", and no later stage begins"
            words = f"stage {i + 1} waits for ever{after}: {why}"
        else:
            words = f"stage {i + 1} is always skipped: {why}"
        yield ("stages", i, "when", "during" if during else "outside"), words


def _nobody_new(plan: EscalationPlan, catalog: Catalog) -> Iterator[Finding]:
    """Stages that engage only contacts whom an earlier stage is certain to be paging still."""
    paged_until: dict[str, timedelta] = {}
    begins = timedelta(0)  # at the latest: a stage that is skipped makes the next ones begin earlier
    for i, stage in enumerate(plan.stages):
        if stage.when is not None and stage.when.otherwise is Otherwise.WAIT:
            return
        targets = [target.contact for target in stage.targets]
        if targets and all(paged_until.get(alias, timedelta(0)) > begins for alias in targets):
            told = ", ".join(f"{alias} until {format_duration(paged_until[alias])}" for alias in targets)
            words = (
                f"stage {i + 1} begins at {format_duration(begins)} and engages nobody new, as earlier stages"
            )
            yield ("stages", i, "targets"), f"{words} still page its targets ({told})"
        for alias in targets:
            if stage.when is None and alias in catalog.contacts and alias not in paged_until:
                lasts = (own.duration for own in catalog.contacts[alias].plan.stages)
                # It is paged for so long if the stage begins as early as it can.
                paged_until[alias] = sum(lasts, _earliest(plan, i, catalog))
        begins += stage.duration


def _earliest(plan: EscalationPlan, place: int, catalog: Catalog) -> timedelta:
    """When a stage begins if every earlier one that may be skipped is."""
    certain = (stage.duration for stage in plan.stages[:place] if _surely_lasts(stage, catalog))
    return sum(certain, timedelta(0))


def _surely_lasts(stage: EscalationStage, catalog: Catalog) -> bool:
    """Whether a stage takes its whole time, because it is a wait or pages a contact whatever the hour."""
    contacts = [catalog.contacts[one.contact] for one in stage.targets if one.contact in catalog.contacts]
    return stage.when is None and (not stage.targets or any(contact.plan.stages for contact in contacts))


def _impacts(plan: EscalationPlan, catalog: Catalog) -> set[int]:
    """The impacts of the response plans that lead to an escalation plan, by way of others too."""
    return {
        response.incident_template.impact
        for response in catalog.response_plans.values()
        if any(_leads_to(alias, plan.name, catalog, set()) for alias in response.engagements)
    }


def _leads_to(alias: str, name: str, catalog: Catalog, seen: set[str]) -> bool:
    if alias == name:
        return True
    above = catalog.escalation_plans.get(alias)
    if above is None or alias in seen:
        return False
    seen.add(alias)
    targets = (target.contact for stage in above.stages for target in stage.targets)
    return any(_leads_to(target, name, catalog, seen) for target in targets)


def _listed(impacts: set[int]) -> str:
    return " and ".join(str(impact) for impact in sorted(impacts))
