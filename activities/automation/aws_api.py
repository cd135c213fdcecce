"""aws:executeAwsApi: any one call of any AWS API."""

import asyncio
from typing import Any

from temporalio import activity

from activities.automation import aws
from activities.automation.steps import StepAttempt, step_failed, storable
from activities.heartbeat import beating
from definitions.automation import FailureStage, SystemVariables

_OWN_INPUTS = {"Service", "Api"}
_READS = ("describe", "get", "list", "head", "search", "lookup", "query", "scan", "batchget")


def only_reads(inputs: dict[str, Any]) -> bool:
    """Whether the call only looks, so that repeating it does no harm."""
    return str(inputs.get("Api", "")).replace("_", "").lower().startswith(_READS)


class AwsApi:
    """Activities that call AWS APIs."""

    @activity.defn
    async def identify_account(self) -> SystemVariables:
        """Where this worker's AWS calls go: region and account."""
        return await beating(asyncio.to_thread(aws.identify))

    @activity.defn
    async def execute_aws_api(self, attempt: StepAttempt) -> dict[str, Any]:
        """Make the call; the answer with AWS's member names (AWS: first page only)."""
        service = str(attempt.inputs.get("Service", "")).lower()
        api = str(attempt.inputs.get("Api", ""))
        if not service or not api:
            raise step_failed("aws:executeAwsApi needs Service and Api", stage=FailureStage.INPUT_VALIDATION)
        parameters = {name: value for name, value in attempt.inputs.items() if name not in _OWN_INPUTS}
        answer = await beating(aws.call(lambda: _call(attempt, service, api, parameters)))
        return storable(aws.plain(answer))


def _call(attempt: StepAttempt, service: str, api: str, parameters: dict[str, Any]) -> Any:
    client = aws.client(service, attempt.system.region, attempt.assume_role, attempt.key[:32])
    return getattr(client, aws.operation(client, api))(**parameters)
