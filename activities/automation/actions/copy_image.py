"""aws:copyImage: copy an image (AMI) from another region into this one."""

from typing import Any

from activities.automation.aws import Aws
from activities.automation.aws_images import image_available
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, renamed
from activities.automation.steps import StepAttempt

_NAMES = {"ImageName": "Name", "ImageDescription": "Description"}


@effect("aws:copyImage", repeatable=True)
async def copy_image(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Copy, and wait until the copy is available; ImageId and ImageState.

    Safe to repeat: the client token is the step's, so AWS copies once.
    """
    aws = Aws.of(attempt)
    made = await aws.call("ec2", "CopyImage", renamed(filled(attempt.inputs), _NAMES))
    return await image_available(aws, str(made["ImageId"]))
