"""aws:deleteImage: deregister an image (AMI) and delete its snapshots."""

from typing import Any

from activities.automation.aws import Aws, RefusedError
from activities.automation.effects import Outside, effect
from activities.automation.inputs import text_of
from activities.automation.steps import StepAttempt, step_failed
from activities.automation.waiting import is_repeat
from definitions.automation import FailureStage


@effect("aws:deleteImage", repeatable=True)
async def delete_image(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Deregister the image, then delete the snapshots it was made of.

    Safe to repeat: if a lost worker has deregistered the image already, its snapshots are found by what AWS wrote
    into their descriptions.
    """
    aws, image = Aws.of(attempt), text_of(attempt.inputs, "ImageId")
    snapshots = await _snapshots(aws, image)
    if snapshots is not None:
        await aws.call("ec2", "DeregisterImage", {"ImageId": image})
    elif is_repeat():
        snapshots = await _left_over(aws, image)
    else:
        raise step_failed(f"there is no image {image}", stage=FailureStage.PRE_VERIFICATION)
    for snapshot in snapshots:
        await _delete(aws, snapshot)
    return {}


async def _snapshots(aws: Aws, image: str) -> list[str] | None:
    """The image's snapshots; None if there is no such image."""
    try:
        answer = await aws.call(
            "ec2", "DescribeImages", {"ImageIds": [image]}, stage=FailureStage.PRE_VERIFICATION
        )
    except RefusedError as refused:
        if refused.not_found or refused.code == "InvalidAMIID.Unavailable":
            return None
        raise
    if not answer["Images"]:
        return None
    devices = [device.get("Ebs", {}) for device in answer["Images"][0].get("BlockDeviceMappings", [])]
    return [str(ebs["SnapshotId"]) for ebs in devices if ebs.get("SnapshotId")]


async def _left_over(aws: Aws, image: str) -> list[str]:
    """AWS: CreateImage describes its snapshots as `Created by CreateImage(...) for ami-...`."""
    described = {"Name": "description", "Values": [f"*for {image}*"]}
    answer = await aws.call("ec2", "DescribeSnapshots", {"OwnerIds": ["self"], "Filters": [described]})
    return [str(snapshot["SnapshotId"]) for snapshot in answer["Snapshots"]]


async def _delete(aws: Aws, snapshot: str) -> None:
    try:
        await aws.call("ec2", "DeleteSnapshot", {"SnapshotId": snapshot})
    except RefusedError as refused:
        if not refused.not_found:
            raise
