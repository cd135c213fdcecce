"""aws:waitForAwsResourceProperty and aws:assertAwsResourceProperty."""

from typing import Any

import pytest

from tests.aws.acting import Acting
from tests.aws.cloud import Cloud

ALARMS = {"Service": "ssm", "Api": "DescribeParameters"}


def asking(selector: str, *desired: Any) -> dict[str, Any]:
    return ALARMS | {"PropertySelector": selector, "DesiredValues": list(desired)}


@pytest.mark.parametrize(
    ("value", "desired"),
    [
        ("OK", ["OK"]),
        ("OK", ["ALARM", "OK"]),
        (True, ["True"]),
        (True, ["true"]),
        (False, ["False"]),
        ("true", [True]),
        (200, ["200"]),
        ("200", [200]),
        ([], ["[]"]),
    ],
)
async def test_values_are_compared_as_texts(
    acting: Acting, cloud: Cloud, value: Any, desired: list[Any]
) -> None:
    # The Description is a text in the model, and moto's front may say what it likes: so is it read.
    cloud.front.say("GetQueueAttributes", {"Attributes": {"Value": value}})
    inputs = {"Service": "sqs", "Api": "GetQueueAttributes", "QueueUrl": "q"}
    wanted = {"PropertySelector": "$.Attributes.Value", "DesiredValues": desired}
    assert await acting.do("assertAwsResourceProperty", inputs | wanted) == {}


async def test_an_assertion_may_be_about_how_the_call_went(acting: Acting, cloud: Cloud) -> None:
    inputs = ALARMS | {"PropertySelector": "$.ResponseMetadata.HTTPStatusCode", "DesiredValues": ["200"]}
    assert await acting.do("assertAwsResourceProperty", inputs) == {}


@pytest.mark.parametrize(
    ("selector", "states", "passes"),
    [
        ("$.DBInstances..DBInstanceStatus", ["available", "available"], True),
        ("$.DBInstances..DBInstanceStatus", ["available", "rebooting"], False),
        ("DBInstances[1].DBInstanceStatus", ["rebooting", "available"], True),
        ("$.DBInstances[0].DBInstanceStatus", [], False),
        ("$.DBInstances..DBInstanceStatus", [], False),
        ("$.Nothing.Here", ["available"], False),
    ],
)
async def test_of_several_values_all_must_be_desired_and_none_is_no_value(
    acting: Acting, cloud: Cloud, selector: str, states: list[str], passes: bool
) -> None:
    instances = "".join(
        f"<DBInstance><DBInstanceStatus>{state}</DBInstanceStatus></DBInstance>" for state in states
    )
    cloud.front.say(
        "DescribeDBInstances",
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult>"
        f"<DBInstances>{instances}</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
    )
    inputs = {"Service": "rds", "Api": "DescribeDBInstances", "PropertySelector": selector}
    inputs["DesiredValues"] = ["available"]  # type: ignore[assignment]
    if passes:
        await acting.do("assertAwsResourceProperty", inputs)
    else:
        failed = await acting.fail("assertAwsResourceProperty", inputs)
        assert "not 'available'" in failed.message
        assert (failed.stage, failed.kind) == ("PostVerification", "Verification")


async def test_an_assertion_asks_once_and_says_what_it_found(acting: Acting, cloud: Cloud) -> None:
    instance = cloud.launch()
    inputs = {
        "Service": "EC2",
        "Api": "DescribeInstances",
        "InstanceIds": [instance],
        "PropertySelector": "$.Reservations[0].Instances[0].State.Name",
        "DesiredValues": ["stopped", "terminated"],
    }
    failed = await acting.fail("assertAwsResourceProperty", inputs)
    assert failed.message == (
        "$.Reservations[0].Instances[0].State.Name is 'running', not 'stopped' or 'terminated'"
    )
    assert len(cloud.front.calls) == 1
    await acting.do("assertAwsResourceProperty", inputs | {"DesiredValues": "running"})


async def test_waiting_goes_on_through_missing_things_throttling_and_broken_servers(
    acting: Acting, cloud: Cloud
) -> None:
    cloud.client("sqs").create_queue(QueueName="jobs")
    cloud.front.refuse("GetQueueUrl", "InternalError", status=500, times=2)
    cloud.front.refuse("GetQueueUrl", "AWS.SimpleQueueService.NonExistentQueue", times=1)
    inputs = {
        "Service": "sqs",
        "Api": "GetQueueUrl",
        "QueueName": "jobs",
        "PropertySelector": "$.QueueUrl",
        "DesiredValues": [f"{cloud.url}/123456789012/jobs"],
    }
    assert await acting.do("waitForAwsResourceProperty", inputs) == {}
    assert len(cloud.front.calls) == 4


async def test_waiting_ends_when_it_can_never_succeed(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("DescribeParameters", "AccessDeniedException")
    failed = await acting.fail("waitForAwsResourceProperty", asking("$.Parameters[0].Type", "String"))
    assert (failed.stage, failed.kind) == ("Invocation", "Permission")


async def test_a_wait_can_be_cancelled(acting: Acting, cloud: Cloud) -> None:
    inputs = asking("$.Parameters[0].Type", "String")
    assert await acting.cancel("waitForAwsResourceProperty", inputs, lambda: bool(cloud.front.calls)) < 1


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (asking("$[", "x"), "selector '$[' is not JSONPath"),
        (asking("$.Parameters"), "DesiredValues should be a list of at least one value"),
        (ALARMS | {"DesiredValues": ["x"]}, "PropertySelector should be a text"),
    ],
)
async def test_wrong_inputs(acting: Acting, cloud: Cloud, inputs: dict[str, Any], message: str) -> None:
    for action in ("waitForAwsResourceProperty", "assertAwsResourceProperty"):
        failed = await acting.fail(action, inputs)
        assert message in failed.message
        assert failed.stage == "InputValidation"
    assert cloud.front.calls == []
