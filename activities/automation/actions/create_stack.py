"""aws:createStack: create a CloudFormation stack, and see it complete."""

from typing import Any

from activities.automation.aws import Aws, RefusedError
from activities.automation.aws_stacks import (
    delete_stack_wholly,
    find_stack,
    stack_at_rest,
    stack_events,
    why,
)
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, text_of, wrong_input
from activities.automation.steps import StepAttempt, step_failed
from activities.automation.waiting import leaving_behind
from definitions.automation import FailureStage, FailureType

_OUTPUTS = ("StackId", "StackStatus", "StackStatusReason")
_EITHER = (("TemplateBody", "TemplateURL"), ("OnFailure", "DisableRollback"))


@effect("aws:createStack", repeatable=True)
async def create_stack(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Create the stack and wait for CREATE_COMPLETE; StackId, StackStatus, StackStatusReason.

    A stack of that name which was rolled back is deleted first. Safe to repeat: the request token is the step's, so
    a lost worker's stack is taken for what it is.
    """
    inputs, aws = filled(attempt.inputs), Aws.of(attempt)
    name = text_of(inputs, "StackName")
    for one, other in _EITHER:
        if inputs.get(one) and inputs.get(other):
            raise wrong_input(f"give {one} or {other}, not both")
    with leaving_behind(f"CloudFormation goes on with the stack {name}"):
        cleared = await _clear(aws, name)
        stack_id = await _begin(aws, name, inputs, cleared)
        stack = await stack_at_rest(aws, stack_id)
    if stack is None:
        raise _failed("the stack has been deleted while it was created", None)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise _failed(f"the stack is {stack['StackStatus']}: {await why(aws, stack)}", stack)
    return _outputs(stack)


async def _clear(aws: Aws, name: str) -> str:
    """Delete what a failed creation has left: it can only be deleted, and stands in the way. Its id, or ""."""
    stack = await find_stack(aws, name, stage=FailureStage.PRE_VERIFICATION)
    if stack is not None and stack["StackStatus"] == "ROLLBACK_COMPLETE":
        await delete_stack_wholly(aws, stack["StackId"], {"StackName": stack["StackId"]})
        return str(stack["StackId"])
    return ""


async def _begin(aws: Aws, name: str, inputs: dict[str, Any], cleared: str) -> str:
    """The id of the stack, which is created now or was created for this step before.

    Where a stack of this step's own was cleared away, the request is a new one: CloudFormation may still answer a
    token that it knows with the stack that is gone.
    """
    token = inputs.get("ClientRequestToken") or aws.token(f"CreateStack{cleared}")
    try:
        answer = await aws.call("cloudformation", "CreateStack", inputs | {"ClientRequestToken": token})
        return str(answer["StackId"])
    except RefusedError as refused:
        stack = await find_stack(aws, name) if refused.code == "AlreadyExistsException" else None
        if stack is None or not await _is_ours(aws, stack["StackId"], token):
            raise
        return str(stack["StackId"])


async def _is_ours(aws: Aws, stack_id: str, token: str) -> bool:
    """AWS: every event of a stack carries the token of the request that began it."""
    return any(event.get("ClientRequestToken") == token for event in await stack_events(aws, stack_id))


def _outputs(stack: dict[str, Any]) -> dict[str, Any]:
    return {name: stack[name] for name in _OUTPUTS if stack.get(name) is not None}


def _failed(message: str, stack: dict[str, Any] | None) -> Exception:
    return step_failed(
        message,
        stage=FailureStage.POST_VERIFICATION,
        kind=FailureType.VERIFICATION,
        response=_outputs(stack) if stack else None,
    )
