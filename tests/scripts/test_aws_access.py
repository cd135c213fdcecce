"""What scripts and secrets may ask of AWS, and in whose name; AWS is a service here that speaks its protocol."""

from collections.abc import Iterator

import pytest

from activities.automation.aws_sessions import SESSIONS
from tests.scripts.service import Service
from tests.scripts.steps import Steps

ROLE = "arn:aws:iam::123456789012:role/heal"

ASSUMED = b"""\
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>
<SessionToken>role-token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""

DENIED = b"""\
<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>not allowed to assume heal</Message></Error></ErrorResponse>"""


@pytest.fixture(autouse=True)
def aws(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every call goes to the service, with keys of the worker's."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWORKER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "worker-secret")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/")
    SESSIONS.forget()
    yield
    SESSIONS.forget()


async def test_a_script_acts_as_the_documents_role_and_never_as_the_worker(
    steps: Steps, service: Service
) -> None:
    service.answer((200, ASSUMED, {"content-type": "text/xml"}))
    source = "def run(e, c):\n    import os\n    return {k: v for k, v in os.environ.items() if k.startswith('AWS_')}"
    seen = (await steps.python(source, assume_role=ROLE))["Payload"]
    assert (seen["AWS_ACCESS_KEY_ID"], seen["AWS_SESSION_TOKEN"]) == ("ASIAROLE", "role-token")
    assert seen["AWS_ENDPOINT_URL"] == service.url
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in seen
    assert "worker" not in "".join(seen.values()).lower()
    assert "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fheal" in service.asked[0].body


async def test_a_role_that_may_not_be_taken_on_fails_the_step_before_anything_runs(
    steps: Steps, service: Service
) -> None:
    service.answer((403, DENIED, {"content-type": "text/xml"}))
    message, details = await steps.failure(steps.bash("echo ran", assume_role=ROLE))
    assert "not allowed to assume heal" in message
    assert (details.stage, details.kind) == ("PreVerification", "Permission")


async def test_a_secret_of_aws_is_read_whole_or_by_a_key_of_its_json(steps: Steps, service: Service) -> None:
    service.answer((200, {"SecretString": '{"user": "shop", "password": "geheimnis", "port": 5432}'}))
    payload = {
        "password": "{{ secret:aws/prod/db#password }}",
        "port": "{{ secret:aws/prod/db#port }}",
        "all": "{{ secret:aws/prod/db }}",
    }
    source = (
        "import json\ndef run(e, c):\n    print('password', e['password'])\n"
        "    return [len(e['password']), json.loads(e['all'])['user']]"
    )
    inputs = {"Runtime": "python3.11", "Handler": "run", "Script": source, "InputPayload": payload}
    response = await steps.do("aws:executeScript", inputs, written={"InputPayload": payload})
    assert response == {"Payload": [9, "shop"], "ExecutionLog": "password ***"}
    assert '"prod/db"' in service.asked[0].body


async def test_a_secret_of_aws_without_the_key_fails_the_step(steps: Steps, service: Service) -> None:
    service.answer((200, {"SecretString": "no json"}))
    message, details = await steps.failure(
        steps.do("tocsin:http", {"Url": ""}, written={"Url": "https://{{ secret:aws/db#host }}"})
    )
    assert message.startswith("the secret 'db' of AWS Secrets Manager has no key 'host'")
    assert details.stage == "InputValidation"
