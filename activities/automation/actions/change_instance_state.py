"""aws:changeInstanceState: start, stop or terminate EC2 instances, and see it done."""

import asyncio
from typing import Any

from activities.automation import aws
from activities.automation.effects import Outside, effect
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage, FailureType

POLL = 2.0
"""Seconds between looks at the instances."""

_DEAD = {"terminated", "shutting-down"}


@effect("aws:changeInstanceState", repeatable=True)
async def change_instance_state(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Bring the instances to DesiredState, or with CheckStateOnly just wait for it.

    AWS: `running` means running with both status checks passed; an instance that dies on the way fails the step.
    Safe to repeat: it asks for a state, not for a change.
    """
    ids, desired = _inputs(attempt)
    client = await aws.call(
        lambda: aws.client("ec2", attempt.system.region, attempt.assume_role, attempt.key[:32])
    )
    if not _true(attempt.inputs.get("CheckStateOnly")):
        await aws.call(lambda: _ask(client, ids, desired, force=_true(attempt.inputs.get("Force"))))
    await _until(client, ids, desired)
    return {"InstanceStates": [desired] * len(ids)}


def _inputs(attempt: StepAttempt) -> tuple[list[str], str]:
    given = attempt.inputs.get("InstanceIds")
    ids = [given] if isinstance(given, str) else given
    desired = str(attempt.inputs.get("DesiredState", "")).lower()
    if not isinstance(ids, list) or not ids or not all(isinstance(id_, str) for id_ in ids):
        raise step_failed(
            f"InstanceIds should be a list of instance ids, got {given!r}",
            stage=FailureStage.INPUT_VALIDATION,
        )
    if desired not in ("running", "stopped", "terminated"):
        raise step_failed(
            f"DesiredState should be running, stopped or terminated, got {desired!r}",
            stage=FailureStage.INPUT_VALIDATION,
        )
    return ids, desired


def _ask(client: Any, ids: list[str], desired: str, *, force: bool) -> None:
    if desired == "running":
        client.start_instances(InstanceIds=ids)
    elif desired == "stopped":
        client.stop_instances(InstanceIds=ids, Force=force)
    else:
        client.terminate_instances(InstanceIds=ids)


async def _until(client: Any, ids: list[str], desired: str) -> None:
    while True:
        states = await aws.call(lambda: _states(client, ids))
        dead = [id_ for id_, state in states.items() if state in _DEAD]
        if dead and desired != "terminated":
            raise step_failed(
                f"{dead[0]} is {states[dead[0]]} and will never be {desired}",
                stage=FailureStage.POST_VERIFICATION,
                kind=FailureType.VERIFICATION,
            )
        reached = set(states.values()) == {desired}
        if reached and (desired != "running" or await aws.call(lambda: _healthy(client, ids))):
            return
        await asyncio.sleep(POLL)


def _states(client: Any, ids: list[str]) -> dict[str, str]:
    answer = client.describe_instances(InstanceIds=ids)
    return {
        instance["InstanceId"]: instance["State"]["Name"]
        for reservation in answer["Reservations"]
        for instance in reservation["Instances"]
    }


def _healthy(client: Any, ids: list[str]) -> bool:
    answer = client.describe_instance_status(InstanceIds=ids)["InstanceStatuses"]
    return len(answer) == len(ids) and all(
        status["InstanceStatus"]["Status"] == "ok" and status["SystemStatus"]["Status"] == "ok"
        for status in answer
    )


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
