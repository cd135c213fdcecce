"""aws:invokeLambdaFunction, aws:executeStateMachine, aws:invokeWebhook."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from activities.automation.actions.invoke_webhook import INTEGRATIONS
from tests.aws.acting import Acting
from tests.aws.cloud import Cloud
from tests.aws.front import Call, Front

PASS = json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}})
FAIL = json.dumps(
    {"StartAt": "Only", "States": {"Only": {"Type": "Fail", "Error": "NoStock", "Cause": "sold"}}}
)


async def test_a_function_is_invoked_with_text_or_a_map(acting: Acting, cloud: Cloud) -> None:
    cloud.function("restock")
    text = await acting.do("invokeLambdaFunction", {"FunctionName": "restock", "Payload": '{"id": "a"}'})
    assert text["StatusCode"] == 200
    assert isinstance(text["Payload"], str)
    both = {"FunctionName": "restock", "Payload": '{"id": "a"}', "InputPayload": {"id": "b", "n": 2}}
    await acting.do("invokeLambdaFunction", both)
    sent = [json.loads(call["Payload"]) for call in cloud.front.calls_of("Invoke")]
    assert sent == [{"id": "a"}, {"id": "b", "n": 2}]


@pytest.mark.parametrize(
    ("returned", "payload"),
    [
        (b'"vol-1"', "vol-1"),
        (b'{"id":"vol-1"}', '{"id":"vol-1"}'),
        (b'["vol-1"]', '["vol-1"]'),
        (b"null", "null"),
    ],
)
async def test_a_text_that_a_function_returns_is_put_out_without_the_quotes_of_json(
    acting: Acting, cloud: Cloud, returned: bytes, payload: str
) -> None:
    def answers(call: Call) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, returned

    cloud.front.reply("Invoke", answers)
    answer = await acting.do("invokeLambdaFunction", {"FunctionName": "restock"})
    assert answer["Payload"] == payload


async def test_a_functions_error_fails_the_step(acting: Acting, cloud: Cloud) -> None:
    def fails(call: Call) -> tuple[int, dict[str, str], bytes]:
        return 200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage": "sold out"}'

    cloud.front.reply("Invoke", fails)
    failed = await acting.fail("invokeLambdaFunction", {"FunctionName": "restock"})
    assert failed.message == 'restock failed (Unhandled): {"errorMessage": "sold out"}'
    assert failed.response is not None
    assert failed.response["FunctionError"] == "Unhandled"


async def test_a_function_is_never_invoked_twice_by_itself(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("Invoke", "ServiceException", status=500)
    failed = await acting.fail("invokeLambdaFunction", {"FunctionName": "restock"})
    assert failed.kind == "Internal"
    assert len(cloud.front.calls_of("Invoke")) == 1


async def test_an_unknown_function_fails_the_step(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("Invoke", "ResourceNotFoundException", status=404)
    failed = await acting.fail("invokeLambdaFunction", {"FunctionName": "nothing"})
    assert "ResourceNotFoundException" in failed.message


def machine(cloud: Cloud, definition: str = PASS) -> str:
    cloud.moto("config", stepfunctions={"execute_state_machine": True})
    made = cloud.client("stepfunctions").create_state_machine(
        name="shop", definition=definition, roleArn=cloud.role("machines", "states.amazonaws.com")
    )
    return str(made["stateMachineArn"])


async def test_a_state_machine_runs_to_its_end(acting: Acting, cloud: Cloud) -> None:
    arn = machine(cloud)
    response = await acting.do(
        "executeStateMachine", {"stateMachineArn": arn, "input": '{"id": 1}', "name": "first"}
    )
    assert (response["status"], response["name"]) == ("SUCCEEDED", "first")
    assert json.loads(response["output"]) == {"id": 1}
    assert "T" in response["stopDate"]


async def test_a_state_machine_that_fails_fails_the_step(acting: Acting, cloud: Cloud) -> None:
    inputs = {"stateMachineArn": machine(cloud, FAIL), "name": "first", "input": {"id": 1}}
    failed = await acting.fail("executeStateMachine", inputs)
    assert "ended FAILED" in failed.message
    assert (failed.stage, failed.kind) == ("PostVerification", "Verification")
    assert failed.response is not None
    assert failed.response["status"] == "FAILED"


async def test_the_same_step_takes_up_its_execution(acting: Acting, cloud: Cloud) -> None:
    inputs = {"stateMachineArn": machine(cloud)}
    first = await acting.do("executeStateMachine", inputs, key="execution:machine")
    cloud.front.refuse("StartExecution", "ExecutionAlreadyExists")
    again = await acting.do("executeStateMachine", inputs, key="execution:machine", repeat=True)
    assert again["executionArn"] == first["executionArn"]


async def test_an_execution_that_failed_is_followed_by_another(acting: Acting, cloud: Cloud) -> None:
    inputs = {"stateMachineArn": machine(cloud, FAIL)}
    await acting.fail("executeStateMachine", inputs, key="execution:machine")
    cloud.front.refuse("StartExecution", "ExecutionAlreadyExists", times=1)
    await acting.fail("executeStateMachine", inputs, key="execution:machine")
    names = [call["name"] for call in cloud.front.calls_of("StartExecution")]
    assert names[0] == names[1]
    assert names[2] == f"{names[0]}-2"


async def test_a_name_that_is_taken_is_ours_only_after_a_lost_worker(acting: Acting, cloud: Cloud) -> None:
    inputs = {"stateMachineArn": machine(cloud), "name": "first"}
    first = await acting.do("executeStateMachine", inputs)
    cloud.front.refuse("StartExecution", "ExecutionAlreadyExists")
    assert "ExecutionAlreadyExists" in (await acting.fail("executeStateMachine", inputs)).message
    again = await acting.do("executeStateMachine", inputs, repeat=True)
    assert again["executionArn"] == first["executionArn"]


async def test_an_input_that_the_action_has_not_is_named(acting: Acting) -> None:
    inputs = {"stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:a", "Input": "{}"}
    failed = await acting.fail("executeStateMachine", inputs)
    assert failed.message == "aws:executeStateMachine has no input Input"


@dataclass
class Hook:
    """A webhook that notes what it gets."""

    url: str
    front: Front
    got: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, status: int, body: bytes) -> None:
        def reply(call: Call) -> tuple[int, dict[str, str], bytes]:
            self.got.append({"body": call.parameters, "key": call.headers.get("x-key")})
            return status, {}, body

        self.front.reply("hook", reply)


@pytest_asyncio.fixture
async def hook(cloud: Cloud) -> AsyncIterator[Hook]:
    yield Hook(f"{cloud.url}/hook", cloud.front)


def integrate(cloud: Cloud, value: Any) -> None:
    cloud.client("ssm").put_parameter(
        Name=f"{INTEGRATIONS}chat",
        Type="SecureString",
        Value=value if isinstance(value, str) else json.dumps(value),
    )


async def test_a_webhook_gets_the_body_and_the_integrations_headers(
    acting: Acting, cloud: Cloud, hook: Hook
) -> None:
    integrate(
        cloud, {"description": "d", "url": hook.url, "headers": {"X-Key": "k"}, "payload": {"text": "p"}}
    )
    hook.answer(201, b"noted")
    for body in ({"Body": '{"text": "b"}'}, {"Body": {"text": "c"}}, {}):
        response = await acting.do("invokeWebhook", {"IntegrationName": "chat", **body})
        assert response == {"Response": "noted", "ResponseCode": 201}
    assert hook.got == [{"body": {"text": text}, "key": "k"} for text in ("b", "c", "p")]


async def test_a_webhook_that_refuses_fails_the_step(acting: Acting, cloud: Cloud, hook: Hook) -> None:
    integrate(cloud, {"url": hook.url})
    hook.answer(500, b"broken")
    failed = await acting.fail("invokeWebhook", {"IntegrationName": "chat"})
    assert failed.message == "webhook chat answered 500: broken"
    assert failed.response == {"Response": "broken", "ResponseCode": 500}


@pytest.mark.parametrize("value", ["not json", "[1]", '{"headers": {}}'])
async def test_an_integration_that_says_no_url_is_not_shown(acting: Acting, cloud: Cloud, value: str) -> None:
    integrate(cloud, value)
    failed = await acting.fail("invokeWebhook", {"IntegrationName": "chat"})
    assert "should be a JSON object with url" in failed.message
    assert value not in failed.message
    assert failed.stage == "PreVerification"


async def test_an_integration_that_is_not_there_and_a_webhook_that_is_not(
    acting: Acting, cloud: Cloud
) -> None:
    failed = await acting.fail("invokeWebhook", {"IntegrationName": "chat"})
    assert "there is no webhook integration chat" in failed.message
    integrate(cloud, {"url": "http://127.0.0.1:1/"})
    failed = await acting.fail("invokeWebhook", {"IntegrationName": "chat"})
    assert "webhook chat cannot be called" in failed.message


async def test_what_an_integration_keeps_to_itself_a_webhook_cannot_tell(
    acting: Acting, cloud: Cloud, hook: Hook
) -> None:
    integrate(cloud, {"url": f"{hook.url}?key=geheim-1", "headers": {"X-Key": "geheim-2"}})
    hook.answer(200, f"{hook.url}?key=geheim-1 with geheim-2".encode())
    response = await acting.do("invokeWebhook", {"IntegrationName": "chat"})
    assert response["Response"] == "*** with ***"


@pytest.mark.parametrize("key", ["geheim\n", "geheim ü"])
async def test_a_header_of_an_integration_that_cannot_be_sent_is_not_shown(
    acting: Acting, cloud: Cloud, hook: Hook, key: str
) -> None:
    integrate(cloud, {"url": hook.url, "headers": {"X-Key": key}})
    failed = await acting.fail("invokeWebhook", {"IntegrationName": "chat"})
    assert "webhook chat cannot be called" in failed.message
    assert "geheim" not in failed.message


async def test_of_a_webhooks_endless_answer_only_the_beginning_is_read(
    acting: Acting, cloud: Cloud, hook: Hook
) -> None:
    integrate(cloud, {"url": hook.url})
    hook.answer(200, b"x" * 100_000)
    response = await acting.do("invokeWebhook", {"IntegrationName": "chat"})
    assert len(response["Response"]) == 50_000
