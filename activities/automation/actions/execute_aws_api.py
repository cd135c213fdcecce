"""aws:executeAwsApi: any one call of any AWS API."""

from collections.abc import Mapping
from typing import Any

from activities.automation import aws
from activities.automation.effects import Outside, effect
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage

_OWN_INPUTS = {"Service", "Api"}
_READS = ("describe", "get", "list", "head", "search", "lookup", "query", "scan", "batchget")


def only_reads(inputs: Mapping[str, Any]) -> bool:
    """Whether the call only looks, so that repeating it does no harm."""
    return str(inputs.get("Api", "")).replace("_", "").lower().startswith(_READS)


@effect("aws:executeAwsApi", repeatable=only_reads)
async def execute_aws_api(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Make the call; the answer with AWS's member names (AWS: first page only)."""
    service = str(attempt.inputs.get("Service", "")).lower()
    api = str(attempt.inputs.get("Api", ""))
    if not service or not api:
        raise step_failed("aws:executeAwsApi needs Service and Api", stage=FailureStage.INPUT_VALIDATION)
    parameters = {name: value for name, value in attempt.inputs.items() if name not in _OWN_INPUTS}
    answer: dict[str, Any] = aws.plain(await aws.call(lambda: _call(attempt, service, api, parameters)))
    return answer


def _call(attempt: StepAttempt, service: str, api: str, parameters: dict[str, Any]) -> Any:
    client = aws.client(service, attempt.system.region, attempt.assume_role, attempt.key[:32])
    return getattr(client, aws.operation(client, api))(**parameters)
