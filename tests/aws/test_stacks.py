"""CloudFormation: aws:createStack, aws:deleteStack."""

from typing import Any

import pytest

from tests.aws.acting import Acting
from tests.aws.cloud import TEMPLATE, Cloud

STACK = {"StackName": "shop", "TemplateBody": TEMPLATE}


def described(status: str, reason: str = "") -> str:
    why = f"<StackStatusReason>{reason}</StackStatusReason>" if reason else ""
    return (
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
        "<StackId>arn:aws:cloudformation:us-east-1:1:stack/shop/1</StackId><StackName>shop</StackName>"
        f"<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{status}</StackStatus>{why}"
        "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )


def events(*told: dict[str, str]) -> str:
    members = "".join(
        "<member>" + "".join(f"<{name}>{value}</{name}>" for name, value in each.items()) + "</member>"
        for each in told
    )
    return (
        "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>"
        f"{members}</StackEvents></DescribeStackEventsResult></DescribeStackEventsResponse>"
    )


async def test_a_stack_is_created_and_deleted(acting: Acting, cloud: Cloud) -> None:
    response = await acting.do("createStack", STACK | {"TimeoutInMinutes": "5"})
    assert response["StackStatus"] == "CREATE_COMPLETE"
    assert response["StackId"].startswith("arn:aws:cloudformation:")
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1
    await acting.do("deleteStack", {"StackName": "shop"})
    assert cloud.stack_status("shop") == "GONE"
    assert "QueueUrls" not in cloud.client("sqs").list_queues()


async def test_the_stack_is_waited_for(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("DescribeStacks", described("CREATE_COMPLETE"))
    cloud.front.say("DescribeStacks", described("CREATE_IN_PROGRESS"), times=2)
    cloud.front.refuse("DescribeStacks", "ValidationError", message="Stack shop does not exist", times=1)
    assert (await acting.do("createStack", STACK))["StackStatus"] == "CREATE_COMPLETE"
    assert len(cloud.front.calls_of("DescribeStacks")) == 4


async def test_a_stack_that_is_rolled_back_fails_the_step_with_the_first_cause(
    acting: Acting, cloud: Cloud
) -> None:
    cloud.front.say("DescribeStacks", described("ROLLBACK_COMPLETE", "The following resource(s) failed"))
    cloud.front.refuse("DescribeStacks", "ValidationError", message="shop does not exist", times=1)
    failing = {"ResourceStatus": "CREATE_FAILED"}
    cloud.front.say(
        "DescribeStackEvents",
        events(
            failing | {"LogicalResourceId": "Topic", "ResourceStatusReason": "Resource creation cancelled"},
            failing | {"LogicalResourceId": "Queue", "ResourceStatusReason": "No such key"},
        ),
    )
    failed = await acting.fail("createStack", STACK)
    assert failed.message == "the stack is ROLLBACK_COMPLETE: Queue: No such key"
    assert (failed.stage, failed.kind) == ("PostVerification", "Verification")
    assert failed.response is not None
    assert failed.response["StackStatus"] == "ROLLBACK_COMPLETE"
    assert failed.response["StackStatusReason"] == "The following resource(s) failed"


async def test_what_a_failed_creation_has_left_is_deleted_first(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("DescribeStacks", described("ROLLBACK_COMPLETE"), times=1)
    response = await acting.do("createStack", STACK)
    assert response["StackStatus"] == "CREATE_COMPLETE"
    assert [call.api for call in cloud.front.calls][:2] == ["DescribeStacks", "DeleteStack"]
    assert cloud.stack_status("shop") == "CREATE_COMPLETE"


async def test_a_stack_of_somebody_elses_stands_in_the_way(acting: Acting, cloud: Cloud) -> None:
    cloud.client("cloudformation").create_stack(**STACK)
    failed = await acting.fail("createStack", STACK)
    assert "AlreadyExistsException" in failed.message
    assert (failed.stage, failed.kind) == ("Invocation", "Action")


async def test_a_lost_workers_stack_is_taken_up(acting: Acting, cloud: Cloud) -> None:
    await acting.do("createStack", STACK, key="execution:stack")
    [sent] = cloud.front.calls_of("CreateStack")
    cloud.front.say("DescribeStackEvents", events({"ClientRequestToken": sent["ClientRequestToken"]}))
    response = await acting.do("createStack", STACK, key="execution:stack", repeat=True)
    assert response["StackStatus"] == "CREATE_COMPLETE"
    assert "AlreadyExists" in (await acting.fail("createStack", STACK, key="another:stack")).message


@pytest.mark.parametrize(
    "inputs",
    [STACK | {"TemplateURL": "https://x.example"}, STACK | {"OnFailure": "DELETE", "DisableRollback": True}],
)
async def test_inputs_that_exclude_each_other(acting: Acting, cloud: Cloud, inputs: dict[str, Any]) -> None:
    failed = await acting.fail("createStack", inputs)
    assert "not both" in failed.message
    assert failed.stage == "InputValidation"
    assert cloud.front.calls == []


async def test_a_cancelled_creation_says_what_goes_on(
    acting: Acting, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.front.say("DescribeStacks", described("CREATE_IN_PROGRESS"))
    cloud.front.refuse("DescribeStacks", "ValidationError", message="shop does not exist", times=1)
    asked = await acting.cancel("createStack", STACK, lambda: len(cloud.front.calls_of("DescribeStacks")) > 1)
    assert asked < 1
    assert "cancelled: CloudFormation goes on with the stack shop" in caplog.text


async def test_deleting_a_stack_that_is_not_there_succeeds(acting: Acting, cloud: Cloud) -> None:
    assert await acting.do("deleteStack", {"StackName": "nothing"}) == {}
    assert cloud.front.calls_of("DeleteStack") == []


async def test_the_deletion_is_waited_for_and_may_fail(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("DescribeStacks", described("DELETE_FAILED", "the bucket is not empty"))
    cloud.front.say("DescribeStacks", described("DELETE_IN_PROGRESS"), times=1)
    cloud.front.say("DescribeStacks", described("CREATE_COMPLETE"), times=1)
    cloud.front.say("DescribeStackEvents", events())
    cloud.front.say("DeleteStack", "<DeleteStackResponse/>")
    failed = await acting.fail("deleteStack", {"StackName": "shop", "RetainResources.member.1": "Bucket"})
    assert failed.message == "the stack is DELETE_FAILED: the bucket is not empty"
    assert (failed.stage, failed.kind) == ("PostVerification", "Verification")
    [sent] = cloud.front.calls_of("DeleteStack")
    assert sent["RetainResources.member.1"] == "Bucket"


async def test_a_stack_name_that_cannot_be_is_no_missing_stack(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("DescribeStacks", "ValidationError", message="1 validation error detected")
    failed = await acting.fail("deleteStack", {"StackName": "{{ create.StackName }}"})
    assert "1 validation error detected" in failed.message
    assert failed.stage == "PreVerification"
