"""Doing the action of one step: by an activity, by waiting, or by another execution."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.actions import EFFECTS, ActionFailed, perform
from workflows.automation_children import Children
from workflows.automation_people import WAITING, People
from workflows.summaries import label

with workflow.unsafe.imports_passed_through():
    from activities.automation.steps import StepAttempt
    from definitions.automation import Execution, FailureStage, ResolvedStep
    from definitions.automation.actions import ACTIONS
    from definitions.automation.interpolation import UNRESOLVED, references
    from definitions.automation.sleep import sleep_seconds
    from workflows.inputs import AutomationInput


class Steps:
    """Does what the steps of one execution say."""

    def __init__(self, given: AutomationInput, people: People) -> None:
        self._given = given
        self._people = people
        self._children = Children(given)

    async def act(self, execution: Execution, resolved: ResolvedStep) -> Any:
        """Do one attempt; the action's response. Raises ActionFailed."""
        action = resolved.step.action
        if action in WAITING:
            return await self._people.wait_for(execution, resolved)
        if action == "aws:sleep":
            return await self._sleep(resolved)
        if action == "aws:executeAutomation":
            return await self._children.execute(execution, resolved)
        effect = EFFECTS.get(action)
        if effect is None:
            raise ActionFailed(_cannot(action), stage=FailureStage.INPUT_VALIDATION)
        return await perform(effect, self._attempt(execution, resolved), resolved)

    def _attempt(self, execution: Execution, resolved: ResolvedStep) -> StepAttempt:
        state = execution.state.step(resolved.step.name)
        key = f"{execution.state.execution_id}:{resolved.step.name}"
        if state.parent is not None:
            key += f":{state.parent.iteration}"
        written = {
            name: value
            for name, value in resolved.step.inputs.items()
            if name not in ACTIONS[resolved.step.action].as_written
            and any(reference.startswith("secret:") for reference in references(value))
        }
        return StepAttempt(
            key=key,
            step=resolved.step.name,
            inputs=resolved.inputs,
            timeout_seconds=resolved.timeout_seconds,
            system=execution.state.system,
            assume_role=execution.assume_role,
            execution_id=execution.state.execution_id,
            step_execution_id=state.step_execution_id,
            written=written,
            values=_values(written, execution, resolved),
            files=self._given.files,
        )

    async def _sleep(self, resolved: ResolvedStep) -> dict[str, Any]:
        try:
            seconds = sleep_seconds(resolved.inputs, resolved.started_at)
        except ValueError as error:
            raise ActionFailed(str(error), stage=FailureStage.INPUT_VALIDATION) from error
        limit = resolved.timeout_seconds
        if limit is not None and seconds > limit and workflow.patched("a sleep keeps to its time limit"):
            await workflow.sleep(timedelta(seconds=limit), summary=label(resolved.step.name))
            raise ActionFailed(f"not done within {limit} s", timed_out=True)
        # A timer of no time at all can still take Temporal a second.
        if seconds > 0 or not workflow.patched("no time to sleep needs no timer"):
            await workflow.sleep(timedelta(seconds=seconds), summary=label(resolved.step.name))
        return {}


def _values(written: dict[str, Any], execution: Execution, resolved: ResolvedStep) -> dict[str, Any]:
    """What the references mean that stand beside secrets."""
    scope = execution.scope(resolved.started_at)
    found = {reference: scope.lookup(reference) for reference in references(written)}
    return {reference: value for reference, value in found.items() if value is not UNRESOLVED}


def _cannot(action: str) -> str:
    if action in ACTIONS and ACTIONS[action].private:
        return f"{action} is a private action that only AWS itself can run; there is no public API for it"
    return f"{action} cannot be run here; what can: {', '.join(sorted(EFFECTS))}"
