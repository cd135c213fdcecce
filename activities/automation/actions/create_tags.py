"""aws:createTags: tag EC2 resources, or one resource of Systems Manager."""

from typing import Any

from activities.automation.aws import Aws
from activities.automation.effects import Outside, effect
from activities.automation.inputs import texts_of, wrong_input
from activities.automation.steps import StepAttempt

_SSM = {"ManagedInstance", "MaintenanceWindow", "Parameter"}


@effect("aws:createTags", repeatable=True)
async def create_tags(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Tag the resources. Safe to repeat: a tag has one value.

    AWS: ResourceType is EC2 unless it is given; any other takes one resource.
    """
    ids, tags = texts_of(attempt.inputs, "ResourceIds"), attempt.inputs.get("Tags")
    kind = attempt.inputs.get("ResourceType") or "EC2"
    aws = Aws.of(attempt)
    if kind == "EC2":
        await aws.call("ec2", "CreateTags", {"Resources": ids, "Tags": tags})
    elif kind not in _SSM:
        raise wrong_input(f"ResourceType should be EC2, {', '.join(sorted(_SSM))}; got {kind!r}")
    elif len(ids) != 1:
        raise wrong_input(f"ResourceType {kind} takes one resource, got {len(ids)}")
    else:
        await aws.call("ssm", "AddTagsToResource", {"ResourceType": kind, "ResourceId": ids[0], "Tags": tags})
    return {}
