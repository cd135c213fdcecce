"""Commands of Systems Manager (Run Command): finding them, their state, and what they have put out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity

from activities.automation.aws import Aws

FINAL = {"Success", "Cancelled", "Failed", "TimedOut", "Incomplete", "LimitExceeded", "NoInstancesInTag"}

LONGEST_OUTPUT = 24_000
"""Characters of output that are kept, the last ones (AWS keeps as many)."""

_CLOCKS_DIFFER = timedelta(minutes=2)


async def find_command(aws: Aws, comment: str) -> str | None:
    """The command with this comment that was sent since the running activity was asked for; None if there is none."""
    since = activity.info().scheduled_time - _CLOCKS_DIFFER
    after = {"key": "InvokedAfter", "value": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    answer = await aws.call("ssm", "ListCommands", {"Filters": [after]})
    for command in answer["Commands"]:
        asked = datetime.fromisoformat(command["RequestedDateTime"])
        if command.get("Comment") == comment and asked >= since:
            return str(command["CommandId"])
    return None


async def status_of(aws: Aws, command: str) -> str | None:
    """The command's state over all its instances; None while AWS does not know it yet."""
    answer = await aws.call("ssm", "ListCommands", {"CommandId": command})
    return str(answer["Commands"][0]["Status"]) if answer["Commands"] else None


async def outcome(aws: Aws, command: str) -> dict[str, Any]:
    """CommandId, Status, ResponseCode and Output of a command that has ended.

    AWS: the last two mean something for one instance and one plugin. For more, the code is the first that is not 0,
    and the output is one after the other.
    """
    answer = await aws.call("ssm", "ListCommandInvocations", {"CommandId": command, "Details": True})
    plugins = [
        plugin
        for invocation in answer["CommandInvocations"]
        for plugin in invocation.get("CommandPlugins", [])
    ]
    codes = [int(plugin.get("ResponseCode", 0)) for plugin in plugins]
    outputs = [str(plugin["Output"]) for plugin in plugins if plugin.get("Output")]
    return {
        "CommandId": command,
        "Status": await status_of(aws, command),
        "ResponseCode": next((code for code in codes if code != 0), 0),
        "Output": "\n".join(outputs)[-LONGEST_OUTPUT:],
    }
