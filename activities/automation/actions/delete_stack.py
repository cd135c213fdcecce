"""aws:deleteStack: delete a CloudFormation stack, and see it gone."""

from typing import Any

from activities.automation.aws import Aws
from activities.automation.aws_stacks import delete_stack_wholly, find_stack
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, text_of
from activities.automation.steps import StepAttempt
from activities.automation.waiting import leaving_behind
from definitions.automation import FailureStage

_RETAINED = "RetainResources.member."
"""AWS: documents may list what is to stay as RetainResources.member.1, .2, ..."""


@effect("aws:deleteStack", repeatable=True)
async def delete_stack(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Delete the stack and wait until it is gone; one that does not exist is gone already."""
    aws, name = Aws.of(attempt), text_of(attempt.inputs, "StackName")
    stack = await find_stack(aws, name, stage=FailureStage.PRE_VERIFICATION)
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return {}
    with leaving_behind(f"CloudFormation goes on with deleting the stack {name}"):
        await delete_stack_wholly(aws, stack["StackId"], _parameters(filled(attempt.inputs)))
    return {}


def _parameters(inputs: dict[str, Any]) -> dict[str, Any]:
    retained = [value for name, value in inputs.items() if name.startswith(_RETAINED)]
    given = {name: value for name, value in inputs.items() if not name.startswith(_RETAINED)}
    return given | {"RetainResources": retained} if retained else given
