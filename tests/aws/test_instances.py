"""EC2 instances: aws:changeInstanceState, aws:runInstances, aws:createTags."""

import base64
from typing import Any

import pytest

from tests.aws.acting import Acting
from tests.aws.cloud import IMAGE, Cloud


def described(state: str, reason: str = "") -> str:
    """DescribeInstances' answer for one instance."""
    why = f"<stateReason><code>c</code><message>{reason}</message></stateReason>" if reason else ""
    return (
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
        f"<instanceId>i-1</instanceId><instanceState><name>{state}</name></instanceState>{why}"
        "</item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
    )


@pytest.mark.parametrize("desired", ["stopped", "terminated"])
async def test_instances_are_brought_to_a_state(acting: Acting, cloud: Cloud, desired: str) -> None:
    first, second = cloud.launch(), cloud.launch()
    inputs = {"InstanceIds": [first, second], "DesiredState": desired}
    assert await acting.do("changeInstanceState", inputs) == {"InstanceStates": [desired, desired]}
    assert cloud.state_of(first) == cloud.state_of(second) == desired
    await acting.do("changeInstanceState", inputs)


async def test_running_means_that_the_status_checks_have_passed(acting: Acting, cloud: Cloud) -> None:
    instance = cloud.launch()
    cloud.client("ec2").stop_instances(InstanceIds=[instance])
    await acting.do("changeInstanceState", {"InstanceIds": instance, "DesiredState": "running"})
    assert cloud.state_of(instance) == "running"
    assert cloud.front.calls_of("DescribeInstanceStatus")


async def test_force_is_passed_on(acting: Acting, cloud: Cloud) -> None:
    inputs = {"InstanceIds": [cloud.launch()], "DesiredState": "stopped", "Force": "true"}
    await acting.do("changeInstanceState", inputs)
    assert cloud.front.calls_of("StopInstances")[0]["Force"] == "true"


async def test_check_state_only_asks_for_nothing(acting: Acting, cloud: Cloud) -> None:
    inputs = {"InstanceIds": ["i-1"], "DesiredState": "stopped", "CheckStateOnly": True}
    cloud.front.say("DescribeInstances", described("stopped"))
    cloud.front.say("DescribeInstances", described("stopping"), times=2)
    await acting.do("changeInstanceState", inputs)
    assert {call.api for call in cloud.front.calls} == {"DescribeInstances"}
    assert len(cloud.front.calls) == 3


async def test_an_instance_that_dies_on_the_way_fails_the_step(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("DescribeInstances", described("terminated", "Server.SpotInstanceTermination"))
    failed = await acting.fail(
        "changeInstanceState", {"InstanceIds": ["i-1"], "DesiredState": "running", "CheckStateOnly": True}
    )
    assert failed.message == "i-1 is terminated (Server.SpotInstanceTermination) and will not become running"
    assert (failed.stage, failed.kind) == ("PostVerification", "Verification")


async def test_an_instance_that_stops_instead_of_running_fails_the_step_if_asked_to(
    acting: Acting, cloud: Cloud
) -> None:
    cloud.front.say("DescribeInstances", described("stopped", "Client.VolumeLimitExceeded"))
    cloud.front.say("DescribeInstances", described("pending"), times=1)
    inputs = {"InstanceIds": ["i-1"], "DesiredState": "running", "CheckStateOnly": True}
    failed = await acting.fail("changeInstanceState", inputs | {"FailOnUnexpectedStopped": True})
    assert "i-1 is stopped (Client.VolumeLimitExceeded)" in failed.message


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"InstanceIds": ["i-1"], "DesiredState": "asleep"}, "DesiredState should be running"),
        ({"InstanceIds": [], "DesiredState": "running"}, "InstanceIds should be a list of texts"),
        ({"DesiredState": "running"}, "InstanceIds should be a list of texts, got None"),
    ],
)
async def test_wrong_inputs_fail_before_anything_is_asked(
    acting: Acting, cloud: Cloud, inputs: dict[str, Any], message: str
) -> None:
    failed = await acting.fail("changeInstanceState", inputs)
    assert message in failed.message
    assert failed.stage == "InputValidation"
    assert cloud.front.calls == []


async def test_an_unknown_instance_fails_the_step(acting: Acting) -> None:
    inputs = {"InstanceIds": ["i-0123456789abcdef0"], "DesiredState": "stopped"}
    failed = await acting.fail("changeInstanceState", inputs)
    assert "InvalidInstanceID.NotFound" in failed.message
    assert (failed.stage, failed.kind) == ("Invocation", "Action")


async def test_a_cancelled_wait_ends_at_once(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("DescribeInstances", described("pending"))
    inputs = {"InstanceIds": ["i-1"], "DesiredState": "running", "CheckStateOnly": True}
    assert await acting.cancel("changeInstanceState", inputs, lambda: bool(cloud.front.calls)) < 1


async def test_instances_are_launched_with_what_the_document_says(acting: Acting, cloud: Cloud) -> None:
    script = base64.b64encode(b"#!/bin/sh\necho hello").decode()
    response = await acting.do(
        "runInstances",
        {
            "ImageId": IMAGE,
            "InstanceType": "t3.micro",
            "MinInstanceCount": "2",
            "MaxInstanceCount": 2,
            "UserData": script,
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "made", "Value": "by a step"}]}
            ],
        },
    )
    ec2 = cloud.client("ec2")
    [reservation] = ec2.describe_instances(InstanceIds=response["InstanceIds"])["Reservations"]
    assert response["InstanceStates"] == ["running", "running"]
    assert [instance["InstanceType"] for instance in reservation["Instances"]] == ["t3.micro"] * 2
    assert reservation["Instances"][0]["Tags"] == [{"Key": "made", "Value": "by a step"}]
    assert cloud.front.calls_of("RunInstances")[0]["UserData"] == script


async def test_a_profile_is_named_as_the_api_has_it(acting: Acting, cloud: Cloud) -> None:
    cloud.client("iam").create_instance_profile(InstanceProfileName="web")
    await acting.do("runInstances", {"ImageId": IMAGE, "IamInstanceProfileName": "web"})
    assert cloud.front.calls_of("RunInstances")[0]["IamInstanceProfile.Name"] == "web"


async def test_launching_again_for_the_same_step_has_the_same_token(acting: Acting, cloud: Cloud) -> None:
    for key in ("one", "one", "two"):
        await acting.do("runInstances", {"ImageId": IMAGE}, key=f"{key}:launch")
    first, again, other = [call["ClientToken"] for call in cloud.front.calls_of("RunInstances")]
    assert first == again != other


async def test_an_instance_that_ends_while_it_is_launched_fails_the_step(
    acting: Acting, cloud: Cloud
) -> None:
    cloud.front.say("DescribeInstances", described("shutting-down", "Server.InternalError"))
    cloud.front.refuse("DescribeInstances", "InvalidInstanceID.NotFound", times=1)
    failed = await acting.fail("runInstances", {"ImageId": IMAGE})
    assert "i-1 is shutting-down (Server.InternalError) and will not become running" in failed.message
    assert (failed.stage, failed.kind) == ("PostVerification", "Verification")


async def test_resources_of_ec2_are_tagged(acting: Acting, cloud: Cloud) -> None:
    one, other = cloud.launch(), cloud.launch()
    tags = [{"Key": "patched", "Value": "yes"}]
    for _ in range(2):
        await acting.do("createTags", {"ResourceIds": [one, other], "Tags": tags, "ResourceType": "EC2"})
    filters = [{"Name": "tag:patched", "Values": ["yes"]}]
    found = cloud.client("ec2").describe_instances(Filters=filters)["Reservations"]
    assert {reservation["Instances"][0]["InstanceId"] for reservation in found} == {one, other}


async def test_a_parameter_is_tagged(acting: Acting, cloud: Cloud) -> None:
    ssm = cloud.client("ssm")
    ssm.put_parameter(Name="/shop/size", Value="9", Type="String")
    tags = [{"Key": "owner", "Value": "shop"}]
    inputs = {"ResourceType": "Parameter", "ResourceIds": ["/shop/size"], "Tags": tags}
    await acting.do("createTags", inputs)
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/shop/size")["TagList"] == tags


@pytest.mark.parametrize(
    ("kind", "ids", "message"),
    [
        ("Parameter", ["/a", "/b"], "ResourceType Parameter takes one resource, got 2"),
        ("Moon", ["a"], "ResourceType should be EC2, MaintenanceWindow, ManagedInstance, Parameter"),
    ],
)
async def test_tags_that_cannot_be(acting: Acting, kind: str, ids: list[str], message: str) -> None:
    failed = await acting.fail("createTags", {"ResourceType": kind, "ResourceIds": ids, "Tags": []})
    assert message in failed.message
    assert failed.stage == "InputValidation"
