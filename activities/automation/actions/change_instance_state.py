"""aws:changeInstanceState: start, stop or terminate EC2 instances, and see it done."""

from typing import Any

from activities.automation.aws import Aws
from activities.automation.aws_instances import InstancesSeen, look_at_instances, never, pass_status_checks
from activities.automation.effects import Outside, effect
from activities.automation.inputs import text_of, texts_of, true_of, wrong_input
from activities.automation.steps import StepAttempt
from activities.automation.waiting import leaving_behind, until

_REQUESTS = {"running": "StartInstances", "stopped": "StopInstances", "terminated": "TerminateInstances"}
_DEAD = {"terminated", "shutting-down"}
_ALIVE = {"pending", "running"}


@effect("aws:changeInstanceState", repeatable=True)
async def change_instance_state(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Bring the instances to DesiredState, or with CheckStateOnly just wait for it.

    AWS: `running` means running with both status checks passed. An instance that dies on the way fails the step,
    and with FailOnUnexpectedStopped so does one that stops while it should run. Safe to repeat: it asks for a state,
    not for a change.
    """
    inputs, aws = attempt.inputs, Aws.of(attempt)
    ids, desired = texts_of(inputs, "InstanceIds"), text_of(inputs, "DesiredState").lower()
    if desired not in _REQUESTS:
        raise wrong_input(f"DesiredState should be running, stopped or terminated, got {desired!r}")
    asked = not true_of(inputs, "CheckStateOnly")
    if asked:
        await _ask(aws, ids, desired, inputs)
    with leaving_behind(f"{', '.join(ids)} may still become {desired}"):
        await _reach(
            aws, ids, desired, gone_is_fine=asked, stop_is_fatal=true_of(inputs, "FailOnUnexpectedStopped")
        )
    return {"InstanceStates": [desired] * len(ids)}


async def _ask(aws: Aws, ids: list[str], desired: str, inputs: dict[str, Any]) -> None:
    parameters: dict[str, Any] = {"InstanceIds": ids}
    if desired == "running" and inputs.get("AdditionalInfo"):
        parameters["AdditionalInfo"] = inputs["AdditionalInfo"]
    if desired == "stopped":
        parameters["Force"] = true_of(inputs, "Force")
    await aws.call("ec2", _REQUESTS[desired], parameters)


async def _reach(aws: Aws, ids: list[str], desired: str, *, gone_is_fine: bool, stop_is_fatal: bool) -> None:
    """Wait until all instances are in the state. One that AWS has forgotten was terminated, if we asked for that."""
    alive: set[str] = set()

    def judge(seen: InstancesSeen) -> bool:
        for id_, state in seen.states.items():
            if state in _DEAD and desired != "terminated":
                raise never(id_, state, desired, seen.reason(id_))
            if stop_is_fatal and desired == "running" and state in ("stopping", "stopped") and id_ in alive:
                raise never(id_, state, desired, seen.reason(id_))
        alive.update(id_ for id_, state in seen.states.items() if state in _ALIVE)
        return set(seen.states.values()) == {desired}

    async def look() -> bool | None:
        seen = await look_at_instances(aws, ids, forgotten=desired if gone_is_fine else None)
        if not judge(seen):
            return None
        return True if desired != "running" or await pass_status_checks(aws, ids) else None

    await until(look)
