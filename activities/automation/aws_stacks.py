"""CloudFormation stacks: what they are at, and waiting until they are at rest."""

from typing import Any

from activities.automation.aws import Aws, RefusedError
from activities.automation.steps import step_failed
from activities.automation.waiting import until
from definitions.automation import FailureStage, FailureType


async def find_stack(
    aws: Aws, name: str, *, stage: FailureStage = FailureStage.INVOCATION
) -> dict[str, Any] | None:
    """The stack of that name or id as DescribeStacks shows it; None if there is none."""
    try:
        answer = await aws.call("cloudformation", "DescribeStacks", {"StackName": name}, stage=stage)
    except RefusedError as refused:
        if "does not exist" in refused.message:
            return None
        raise
    return answer["Stacks"][0] if answer["Stacks"] else None


async def stack_at_rest(aws: Aws, stack_id: str) -> dict[str, Any] | None:
    """The stack once nothing is in progress on it any more; None if it is gone."""

    async def look() -> tuple[dict[str, Any] | None] | None:
        stack = await find_stack(aws, stack_id)
        return None if stack is not None and stack["StackStatus"].endswith("_IN_PROGRESS") else (stack,)

    (stack,) = await until(look)
    return stack


async def delete_stack_wholly(aws: Aws, stack_id: str, parameters: dict[str, Any]) -> None:
    """Delete the stack and wait for its end; fails the step if CloudFormation cannot delete it."""
    await aws.call("cloudformation", "DeleteStack", parameters)
    stack = await stack_at_rest(aws, stack_id)
    if stack is not None and stack["StackStatus"] != "DELETE_COMPLETE":
        raise step_failed(
            f"the stack is {stack['StackStatus']}: {await why(aws, stack)}",
            stage=FailureStage.POST_VERIFICATION,
            kind=FailureType.VERIFICATION,
        )


async def stack_events(aws: Aws, stack_id: str) -> list[dict[str, Any]]:
    """The newest events of the stack, newest first; none if AWS will not tell."""
    try:
        answer = await aws.call("cloudformation", "DescribeStackEvents", {"StackName": stack_id})
    except RefusedError:
        return []
    events: list[dict[str, Any]] = answer["StackEvents"]
    return events


async def why(aws: Aws, stack: dict[str, Any]) -> str:
    """What made the stack fail: the first resource that did, else the stack's own reason."""
    for event in reversed(await stack_events(aws, stack["StackId"])):
        if str(event.get("ResourceStatus", "")).endswith("_FAILED") and event.get("ResourceStatusReason"):
            return f"{event.get('LogicalResourceId')}: {event['ResourceStatusReason']}"
    return str(stack.get("StackStatusReason") or "AWS gives no reason")
