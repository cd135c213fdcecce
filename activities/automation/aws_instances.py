"""EC2 instances as DescribeInstances shows them."""

from dataclasses import dataclass
from typing import Any

from temporalio.exceptions import ApplicationError

from activities.automation.aws import Aws, RefusedError
from activities.automation.steps import step_failed
from definitions.automation import FailureStage, FailureType

_GONE = "InvalidInstanceID.NotFound"


@dataclass(frozen=True)
class InstancesSeen:
    """Some instances at one time: by id, what DescribeInstances says of them."""

    descriptions: dict[str, dict[str, Any]]
    states: dict[str, str]

    def reason(self, id_: str) -> str:
        """Why AWS says that the instance is in its state; "" if it does not say."""
        return str(self.descriptions.get(id_, {}).get("StateReason", {}).get("Message", ""))


async def look_at_instances(aws: Aws, ids: list[str], *, forgotten: str | None) -> InstancesSeen:
    """The instances as they are now. `forgotten` "terminated" takes ids that AWS does not know any more for that."""
    try:
        answer = await aws.call("ec2", "DescribeInstances", {"InstanceIds": ids})
    except RefusedError as refused:
        if refused.code == _GONE and forgotten == "terminated" and len(ids) == 1:
            return InstancesSeen({}, {ids[0]: "terminated"})
        raise
    found = {
        instance["InstanceId"]: instance
        for reservation in answer["Reservations"]
        for instance in reservation["Instances"]
    }
    return InstancesSeen(found, {id_: instance["State"]["Name"] for id_, instance in found.items()})


async def pass_status_checks(aws: Aws, ids: list[str]) -> bool:
    """Whether both of AWS's checks say ok of every instance."""
    answer = await aws.call("ec2", "DescribeInstanceStatus", {"InstanceIds": ids})
    statuses = answer["InstanceStatuses"]
    return len(statuses) == len(ids) and all(
        status["InstanceStatus"]["Status"] == "ok" and status["SystemStatus"]["Status"] == "ok"
        for status in statuses
    )


def never(id_: str, state: str, desired: str, reason: str) -> ApplicationError:
    """The error for an instance that went another way."""
    because = f" ({reason})" if reason else ""
    return step_failed(
        f"{id_} is {state}{because} and will not become {desired}",
        stage=FailureStage.POST_VERIFICATION,
        kind=FailureType.VERIFICATION,
    )
