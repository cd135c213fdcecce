"""aws:executeAwsApi: any one call of any AWS API."""

from collections.abc import Mapping
from typing import Any

from activities.automation.aws import Aws
from activities.automation.effects import Outside, effect
from activities.automation.inputs import text_of
from activities.automation.steps import StepAttempt

_OWN_INPUTS = {"Service", "Api"}
_READS = ("describe", "get", "list", "head", "search", "lookup", "query", "scan", "batchget")


def only_reads(inputs: Mapping[str, Any]) -> bool:
    """Whether the call only looks, so that repeating it does no harm."""
    return str(inputs.get("Api", "")).replace("_", "").lower().startswith(_READS)


@effect("aws:executeAwsApi", repeatable=only_reads)
async def execute_aws_api(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Make the call; the answer with AWS's member names (AWS: first page only)."""
    parameters = {name: value for name, value in attempt.inputs.items() if name not in _OWN_INPUTS}
    service, api = text_of(attempt.inputs, "Service"), text_of(attempt.inputs, "Api")
    return await Aws.of(attempt).call(service, api, parameters)
