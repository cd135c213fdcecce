"""aws:runCommand: run an SSM Command document on instances, and see it through."""

import asyncio
from collections.abc import Mapping
from typing import Any

from temporalio import activity

from activities.automation.aws import Aws, RefusedError
from activities.automation.aws_commands import FINAL, find_command, outcome, status_of
from activities.automation.effects import Outside, effect
from activities.automation.inputs import filled, text_of, wrong_input
from activities.automation.steps import StepAttempt, step_failed
from activities.automation.waiting import is_repeat, until
from definitions.automation import FailureStage, FailureType
from definitions.automation.values import as_text

LONGEST_COMMENT = 100
_UNREACHABLE = {"InvalidInstanceId", "UnsupportedPlatformType"}
_LAST_WORDS = 5.0
"""Seconds that asking AWS to cancel may take."""


@effect("aws:runCommand", repeatable=True)
async def run_command(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Send the command and wait for its end; CommandId, Status, ResponseCode, Output.

    Any end but Success fails the step, which keeps these outputs. Cancelled, it cancels the command. SendCommand
    takes no token, so each command has one in its comment, by which a repeat finds what a lost worker has sent.
    """
    text_of(attempt.inputs, "DocumentName")
    aws = Aws.of(attempt)
    parameters = _parameters(filled(attempt.inputs), mark=aws.token("SendCommand"))
    command = await find_command(aws, parameters["Comment"]) if is_repeat() else None
    if command is None:
        command = await _send(aws, parameters)
    try:
        await until(lambda: _end_of(aws, command))
    except asyncio.CancelledError:
        if not activity.is_worker_shutdown():  # then another worker goes on with it
            await _cancel(aws, command)
        raise
    response = await outcome(aws, command)
    if response["Status"] != "Success":
        said = f": {response['Output'][-2000:]}" if response.get("Output") else ""
        raise step_failed(
            f"command {command} ended {response['Status']}{said}",
            stage=FailureStage.POST_VERIFICATION,
            kind=FailureType.ACTION,
            response=response,
        )
    return response


async def _send(aws: Aws, parameters: dict[str, Any]) -> str:
    try:
        answer = await aws.call("ssm", "SendCommand", parameters)
    except RefusedError as refused:
        if refused.code not in _UNREACHABLE:
            raise
        raise step_failed(
            f"{refused.message}: is the SSM agent of each instance online?",
            stage=FailureStage.PRE_VERIFICATION,
            kind=FailureType.VERIFICATION,
        ) from refused
    return str(answer["Command"]["CommandId"])


async def _end_of(aws: Aws, command: str) -> str | None:
    try:
        status = await status_of(aws, command)
    except RefusedError as refused:
        if refused.passing or refused.not_found:  # not known everywhere yet
            return None
        raise
    return status if status in FINAL else None


async def _cancel(aws: Aws, command: str) -> None:
    try:
        async with asyncio.timeout(_LAST_WORDS):
            await aws.call("ssm", "CancelCommand", {"CommandId": command})
    except (RefusedError, TimeoutError) as error:
        activity.logger.warning("command %s goes on: %s", command, error)


def _parameters(inputs: dict[str, Any], mark: str) -> dict[str, Any]:
    """AWS: parameters of a command are lists of texts, whatever the document gives."""
    given = inputs.get("Parameters") or {}
    if not isinstance(given, Mapping):
        raise wrong_input(f"Parameters should be a map, got {given!r}")
    lists = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    comment = str(inputs.get("Comment") or "")
    sent = inputs | {"Comment": f"{comment[: LONGEST_COMMENT - len(mark) - 1]} {mark}".strip()}
    if given:
        sent["Parameters"] = {name: [as_text(item) for item in items] for name, items in lists.items()}
    return sent
