"""The actions: what each needs, how long it may take, what it puts out by itself.

AWS's are all here, and of our own those that a workflow does; an action of our own that acts on the world brings
its grammar with it.
"""

from dataclasses import dataclass

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Action:
    """What the interpreter knows of one action.

    `needs` are inputs that must be there; of each tuple in `needs_one_of` at least one. Timeouts are seconds:
    the default when a step gives none (None: as long as it takes) and the most a step may ask for.
    `puts_out` are the outputs every run has without declaring them; `as_written` are inputs that are never
    interpolated. `cancel_target` says whether onCancel may lead here, `private` that only AWS can run it, `effect`
    that a worker does it: only then a runner or a secret means anything to it.
    """

    needs: tuple[str, ...] = ()
    needs_one_of: tuple[tuple[str, ...], ...] = ()
    timeout: int | None = HOUR
    longest: int | None = None
    puts_out: tuple[str, ...] = ()
    as_written: frozenset[str] = frozenset()
    cancel_target: bool = True
    takes_on_cancel: bool = True
    private: bool = False
    effect: bool = True


_AWS_CALL = ("Service", "Api")
_AWS_PROPERTY = (*_AWS_CALL, "PropertySelector", "DesiredValues")

ACTIONS: dict[str, Action] = {
    "aws:approve": Action(
        effect=False,
        needs=("Approvers",),
        timeout=7 * DAY,
        longest=30 * DAY,
        puts_out=("ApprovalStatus", "ApproverDecisions"),
        cancel_target=False,
    ),
    "aws:assertAwsResourceProperty": Action(needs=_AWS_PROPERTY, timeout=25),
    "aws:branch": Action(effect=False, needs=("Choices",), timeout=None),
    "aws:changeInstanceState": Action(needs=("InstanceIds", "DesiredState")),
    "aws:copyImage": Action(
        needs=("SourceImageId", "SourceRegion", "ImageName"),
        puts_out=("ImageId", "ImageState"),
        cancel_target=False,
    ),
    "aws:createImage": Action(
        needs=("InstanceId", "ImageName"), puts_out=("ImageId", "ImageState"), cancel_target=False
    ),
    "aws:createStack": Action(
        needs=("StackName",),
        needs_one_of=(("TemplateBody", "TemplateURL"),),
        puts_out=("StackId", "StackStatus", "StackStatusReason"),
        cancel_target=False,
    ),
    "aws:createTags": Action(needs=("ResourceIds", "Tags"), cancel_target=False),
    "aws:deleteImage": Action(needs=("ImageId",)),
    "aws:deleteStack": Action(needs=("StackName",)),
    "aws:executeAutomation": Action(
        effect=False, needs=("DocumentName",), timeout=None, puts_out=("Output", "ExecutionId", "Status")
    ),
    "aws:executeAwsApi": Action(needs=_AWS_CALL, timeout=25, longest=25),
    "aws:executeScript": Action(
        needs=("Runtime",),
        needs_one_of=(("Script", "Attachment"),),
        timeout=10 * MINUTE,
        longest=10 * MINUTE,
        puts_out=("OutputPayload",),
        as_written=frozenset({"Script"}),
    ),
    "aws:executeStateMachine": Action(
        needs=("stateMachineArn",),
        puts_out=(
            *("executionArn", "input", "name", "output"),
            *("startDate", "stateMachineArn", "status", "stopDate"),
        ),
    ),
    "aws:invokeLambdaFunction": Action(
        needs=("FunctionName",),
        timeout=5 * MINUTE,
        longest=5 * MINUTE,
        puts_out=("StatusCode", "FunctionError", "LogResult", "Payload"),
    ),
    "aws:invokeWebhook": Action(needs=("IntegrationName",), puts_out=("Response", "ResponseCode")),
    "aws:loop": Action(
        effect=False,
        needs=("Steps",),
        needs_one_of=(("Iterators", "LoopCondition"),),
        timeout=None,
        puts_out=("CurrentIteratorValue", "CurrentIteration"),
        as_written=frozenset({"Steps", "LoopCondition"}),
        takes_on_cancel=False,
    ),
    "aws:pause": Action(effect=False, timeout=7 * DAY, cancel_target=False),
    "aws:runCommand": Action(
        needs=("DocumentName",), puts_out=("CommandId", "Status", "ResponseCode", "Output")
    ),
    "aws:runInstances": Action(
        needs=("ImageId",), puts_out=("InstanceIds", "InstanceStates"), cancel_target=False
    ),
    "aws:sleep": Action(
        effect=False, needs_one_of=(("Duration", "Timestamp"),), timeout=None, cancel_target=False
    ),
    "aws:updateVariable": Action(
        effect=False, needs=("Name", "Value"), timeout=MINUTE, takes_on_cancel=False
    ),
    "aws:waitForAwsResourceProperty": Action(needs=_AWS_PROPERTY),
    "tocsin:manual": Action(
        effect=False, needs=("Message",), timeout=7 * DAY, puts_out=("Decision", "Note"), cancel_target=False
    ),
    "aws:installDistributorPackageOnAzure": Action(private=True),
    "aws:putServerUpgradeMetrics": Action(private=True),
    "aws:shareSQLMedia": Action(private=True),
}


def timeout_seconds(action: str, asked: int | None) -> int | None:
    """Seconds one attempt of an action may take, given what its step asks for; None is no limit."""
    known = ACTIONS[action]
    if asked is None:
        return known.timeout
    return asked if known.longest is None else min(asked, known.longest)
