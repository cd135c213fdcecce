"""aws:invokeWebhook: call a webhook whose URL and headers Parameter Store keeps."""

import json
from typing import Any

from activities.automation.aws import Aws, RefusedError
from activities.automation.effects import Outside, effect
from activities.automation.http_requests import HttpRequest, NoAnswerError
from activities.automation.inputs import text_of
from activities.automation.secrets import Mask
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage, FailureType

INTEGRATIONS = "/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/"
"""AWS: where Automation keeps its webhook integrations, the same in every account."""

_PATIENCE = 30.0
_LONGEST_RESPONSE = 50_000
_PLAIN = ("accept", "content-type", "user-agent")


@effect("aws:invokeWebhook")
async def invoke_webhook(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """POST Body, or the integration's own payload, to the integration's URL; Response (text) and ResponseCode.

    A code that is no 2xx fails the step. Not repeated when a worker is lost: the webhook may have been called.
    """
    name = text_of(attempt.inputs, "IntegrationName")
    url, headers, payload = await _integration(Aws.of(attempt), name)
    body = attempt.inputs.get("Body", payload)
    asked = {"Method": "POST", "Url": url, "Headers": headers, "Timeout": _PATIENCE}
    asked["Body"] = "" if body is None else body
    request = HttpRequest.of(asked, headers={"content-type": "application/json"})
    try:
        answer = await request.send(outside.http)
    except NoAnswerError as error:
        raise step_failed(f"webhook {name} cannot be called: {error}") from None
    # What the integration keeps from the document's reader, the webhook may repeat.
    text = Mask([url, *(value for key, value in headers.items() if key.lower() not in _PLAIN)]).text(
        answer.text
    )
    response = {"Response": text[:_LONGEST_RESPONSE], "ResponseCode": answer.status}
    if not request.is_expected(answer.status):
        kind = FailureType.THROTTLING if answer.status == 429 else FailureType.ACTION
        raise step_failed(
            f"webhook {name} answered {answer.status}: {text[:500]}", kind=kind, response=response
        )
    return response


async def _integration(aws: Aws, name: str) -> tuple[str, dict[str, str], Any]:
    """URL, headers and payload of the integration; names in any case."""
    try:
        answer = await aws.call(
            "ssm",
            "GetParameter",
            {"Name": INTEGRATIONS + name, "WithDecryption": True},
            stage=FailureStage.PRE_VERIFICATION,
        )
    except RefusedError as refused:
        if refused.code != "ParameterNotFound":
            raise
        raise step_failed(
            f"there is no webhook integration {name}: Parameter Store has no {INTEGRATIONS}{name}",
            stage=FailureStage.PRE_VERIFICATION,
        ) from refused
    try:
        told = json.loads(answer["Parameter"]["Value"])
        fields = {key.lower(): value for key, value in told.items()}
        headers = {str(key): str(value) for key, value in (fields.get("headers") or {}).items()}
        return str(fields["url"]), headers, fields.get("payload")
    except (ValueError, KeyError, AttributeError) as error:  # what it holds may be secret, so it is not shown
        raise step_failed(
            f"webhook integration {name} should be a JSON object with url and, if need be, headers and payload",
            stage=FailureStage.PRE_VERIFICATION,
        ) from error
