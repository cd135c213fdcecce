"""aws:runCommand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws.acting import Acting
from tests.aws.cloud import Cloud
from tests.aws.front import Call

SHELL = {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1"], "Parameters": {"commands": "uptime"}}
ID = "11111111-2222-3333-4444-555555555555"


def listed(status: str, **more: Any) -> dict[str, Any]:
    """ListCommands' answer for one command."""
    now = datetime.now(UTC).timestamp()
    return {"Commands": [{"CommandId": ID, "Status": status, "RequestedDateTime": now, **more}]}


async def test_a_command_is_sent_and_its_output_read(acting: Acting, cloud: Cloud) -> None:
    instance = cloud.launch()
    cloud.front.say_command_outcome("up 3 days")
    response = await acting.do("runCommand", SHELL | {"InstanceIds": [instance], "Comment": "look"})
    assert response == {
        "CommandId": response["CommandId"],
        "Status": "Success",
        "ResponseCode": 0,
        "Output": "up 3 days",
    }
    [command] = cloud.client("ssm").list_commands()["Commands"]
    assert command["InstanceIds"] == [instance]
    assert command["Comment"].startswith("look ")
    assert command["Parameters"] == {"commands": ["uptime"]}


async def test_parameters_become_lists_of_texts(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say_command_outcome()
    given = {"commands": ["a", "b"], "executionTimeout": 3600, "reboot": True, "info": {"path": "x"}}
    await acting.do(
        "runCommand",
        {"DocumentName": "Custom", "Targets": [{"Key": "tag:a", "Values": ["b"]}], "Parameters": given},
    )
    [sent] = cloud.front.calls_of("SendCommand")
    assert sent["Parameters"] == {
        "commands": ["a", "b"],
        "executionTimeout": ["3600"],
        "reboot": ["true"],
        "info": ['{"path":"x"}'],
    }


@pytest.mark.parametrize("status", ["Failed", "TimedOut", "Cancelled"])
async def test_any_end_but_success_fails_the_step_which_keeps_the_output(
    acting: Acting, cloud: Cloud, status: str
) -> None:
    cloud.front.say("ListCommands", listed(status))
    cloud.front.say("ListCommands", listed("InProgress"), times=1)
    cloud.front.say("ListCommands", {"Commands": []}, times=1)
    cloud.front.say_command_outcome("no such file", code=127)
    failed = await acting.fail("runCommand", SHELL)
    assert failed.message.endswith(f"ended {status}: no such file")
    assert (failed.stage, failed.kind) == ("PostVerification", "Action")
    assert failed.response is not None
    assert failed.response["ResponseCode"] == 127
    assert (failed.response["Status"], failed.response["Output"]) == (status, "no such file")


async def test_instances_that_are_not_managed_fail_before_anything_runs(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("SendCommand", "InvalidInstanceId", message="Instances not in a valid state")
    failed = await acting.fail("runCommand", SHELL)
    assert "is the SSM agent of each instance online?" in failed.message
    assert (failed.stage, failed.kind) == ("PreVerification", "Verification")


async def test_a_cancelled_step_cancels_its_command(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say("ListCommands", listed("InProgress"))
    cloud.front.say("CancelCommand", {})
    assert await acting.cancel("runCommand", SHELL, lambda: bool(cloud.front.calls_of("ListCommands"))) < 2
    [command] = cloud.client("ssm").list_commands()["Commands"]
    assert cloud.front.calls_of("CancelCommand") == [{"CommandId": command["CommandId"]}]


async def test_a_command_that_cannot_be_cancelled_leaves_the_step_cancelled_all_the_same(
    acting: Acting, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.front.say("ListCommands", listed("InProgress"))
    cloud.front.refuse("CancelCommand", "InvalidCommandId")
    await acting.cancel("runCommand", SHELL, lambda: bool(cloud.front.calls_of("ListCommands")))
    assert "goes on: " in caplog.text


async def test_a_lost_workers_command_is_found_by_its_comment(acting: Acting, cloud: Cloud) -> None:
    cloud.front.say_command_outcome()
    first = await acting.do("runCommand", SHELL | {"Comment": "c" * 100}, key="execution:run")
    [sent] = cloud.front.calls_of("SendCommand")
    assert len(sent["Comment"]) == 100

    def list_commands(call: Call) -> dict[str, Any]:
        return listed("Success", CommandId=first["CommandId"], Comment=sent["Comment"])

    cloud.front.say("ListCommands", list_commands)
    again = await acting.do("runCommand", SHELL | {"Comment": "c" * 100}, key="execution:run", repeat=True)
    assert again["CommandId"] == first["CommandId"]
    assert len(cloud.front.calls_of("SendCommand")) == 1
    other = await acting.do("runCommand", SHELL, key="execution:other", repeat=True)
    assert other["CommandId"] != first["CommandId"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"InstanceIds": ["i-1"]}, "DocumentName should be a text"),
        (SHELL | {"Parameters": "uptime"}, "Parameters should be a map"),
        (SHELL | {"Instances": ["i-1"]}, 'Unknown parameter in input: "Instances"'),
    ],
)
async def test_wrong_inputs(acting: Acting, cloud: Cloud, inputs: dict[str, Any], message: str) -> None:
    failed = await acting.fail("runCommand", inputs)
    assert message in failed.message
    assert failed.stage == "InputValidation"
    assert cloud.front.calls == []
