"""aws:runInstances: launch EC2 instances, and see them run."""

from typing import Any

from activities.automation.aws import Aws, RefusedError
from activities.automation.aws_instances import look_at_instances, never, pass_status_checks
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, renamed
from activities.automation.steps import StepAttempt
from activities.automation.waiting import leaving_behind, until

_NAMES = {"MinInstanceCount": "MinCount", "MaxInstanceCount": "MaxCount"}
_PROFILE = {"IamInstanceProfileName": "Name", "IamInstanceProfileArn": "Arn"}


@effect("aws:runInstances", repeatable=True)
async def run_instances(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Launch, and wait until all are running with both status checks passed; InstanceIds and InstanceStates.

    Safe to repeat: the client token is the step's, so AWS launches once. An instance that goes elsewhere fails the
    step, and the instances stay as they are.
    """
    aws = Aws.of(attempt)
    answer = await aws.call("ec2", "RunInstances", _parameters(filled(attempt.inputs)))
    ids = [instance["InstanceId"] for instance in answer["Instances"]]

    async def look() -> list[str] | None:
        try:
            seen = await look_at_instances(aws, ids, forgotten=None)
        except RefusedError as refused:
            if refused.not_found:  # not known everywhere yet
                return None
            raise
        for id_, state in seen.states.items():
            if state not in ("pending", "running"):
                raise never(id_, state, "running", seen.reason(id_))
        if set(seen.states.values()) != {"running"} or not await pass_status_checks(aws, ids):
            return None
        return list(seen.states.values())

    with leaving_behind(f"{', '.join(ids)} were launched and go on running"):
        return {"InstanceIds": ids, "InstanceStates": await until(look)}


def _parameters(inputs: dict[str, Any]) -> dict[str, Any]:
    profile = {_PROFILE[name]: value for name, value in inputs.items() if name in _PROFILE}
    given = renamed({name: value for name, value in inputs.items() if name not in _PROFILE}, _NAMES)
    if profile:
        given["IamInstanceProfile"] = profile
    if isinstance(given.get("Monitoring"), str | bool):
        given["Monitoring"] = {"Enabled": given["Monitoring"]}
    return {"MinCount": 1, "MaxCount": 1} | given
