"""aws:createImage: make an image (AMI) of an EC2 instance."""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity

from activities.automation.aws import Aws, RefusedError
from activities.automation.aws_images import image_available
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, renamed, text_of
from activities.automation.steps import StepAttempt
from activities.automation.waiting import is_repeat

_NAMES = {"ImageName": "Name", "ImageDescription": "Description"}
_CLOCKS_DIFFER = timedelta(minutes=2)


@effect("aws:createImage", repeatable=True)
async def create_image(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Make the image and wait until it is available; ImageId and ImageState.

    Safe to repeat: names of images are unique, so a lost worker's image is found by its name and time.
    """
    aws = Aws.of(attempt)
    try:
        made = await aws.call("ec2", "CreateImage", renamed(filled(attempt.inputs), _NAMES))
        image = str(made["ImageId"])
    except RefusedError as refused:
        found = await _made_before(aws, attempt) if refused.code == "InvalidAMIName.Duplicate" else None
        if found is None:
            raise
        image = found
    return await image_available(aws, image)


async def _made_before(aws: Aws, attempt: StepAttempt) -> str | None:
    """The image that a lost worker made for this attempt."""
    if not is_repeat():
        return None
    name = {"Name": "name", "Values": [text_of(attempt.inputs, "ImageName")]}
    answer = await aws.call("ec2", "DescribeImages", {"Owners": ["self"], "Filters": [name]})
    since = activity.info().scheduled_time - _CLOCKS_DIFFER
    for image in answer["Images"]:
        made = datetime.fromisoformat(image["CreationDate"])
        if (made if made.tzinfo else made.replace(tzinfo=UTC)) >= since:
            return str(image["ImageId"])
    return None
