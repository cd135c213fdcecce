"""EC2 images (AMIs) on their way to being available."""

from typing import Any

from activities.automation.aws import Aws, RefusedError
from activities.automation.steps import step_failed
from activities.automation.waiting import leaving_behind, until
from definitions.automation import FailureStage, FailureType

_ON_THE_WAY = {"pending", "transient"}


async def image_available(aws: Aws, image: str) -> dict[str, Any]:
    """Wait until the image is available; {"ImageId", "ImageState"}. Any other end fails the step."""

    async def look() -> dict[str, Any] | None:
        try:
            answer = await aws.call("ec2", "DescribeImages", {"ImageIds": [image]})
        except RefusedError as refused:
            if refused.not_found:  # not known everywhere yet
                return None
            raise
        return answer["Images"][0] if answer["Images"] else None

    async def settled() -> dict[str, Any] | None:
        seen = await look()
        return None if seen is None or seen["State"] in _ON_THE_WAY else seen

    with leaving_behind(f"image {image} goes on being made"):
        seen = await until(settled)
    if seen["State"] != "available":
        reason = seen.get("StateReason", {}).get("Message", "AWS gives no reason")
        raise step_failed(
            f"image {image} is {seen['State']}: {reason}",
            stage=FailureStage.POST_VERIFICATION,
            kind=FailureType.VERIFICATION,
            response={"ImageId": image, "ImageState": seen["State"]},
        )
    return {"ImageId": image, "ImageState": seen["State"]}
