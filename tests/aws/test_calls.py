"""aws:executeAwsApi, and what holds for every call of AWS: names, types, tokens, roles, refusals, throttling."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.automation import aws_sessions
from activities.automation.aws_sessions import SESSIONS
from tests.aws.acting import Acting
from tests.aws.cloud import Cloud


@pytest.mark.parametrize(
    ("service", "api"),
    [("SQS", "CreateQueue"), ("sqs", "create_queue"), ("Sqs", "createQueue"), ("sqs ", "CreateQueue")],
)
async def test_names_are_taken_in_any_case(acting: Acting, cloud: Cloud, service: str, api: str) -> None:
    response = await acting.do("executeAwsApi", {"Service": service, "Api": api, "QueueName": "jobs"})
    assert response.keys() == {"QueueUrl"}
    assert cloud.client("sqs").list_queues()["QueueUrls"][0].endswith("/jobs")


async def test_times_are_iso_and_metadata_is_left_out(acting: Acting, cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(Bucket="shop-logs")
    response = await acting.do("executeAwsApi", {"Service": "s3", "Api": "ListBuckets"})
    created = datetime.fromisoformat(response["Buckets"][0]["CreationDate"])
    assert abs((datetime.now(UTC) - created).total_seconds()) < 60
    assert "ResponseMetadata" not in response


async def test_a_streamed_body_is_read(acting: Acting, cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="shop-logs")
    s3.put_object(Bucket="shop-logs", Key="a.txt", Body="größer".encode())
    get = {"Service": "s3", "Api": "GetObject", "Bucket": "shop-logs"}
    assert (await acting.do("executeAwsApi", get | {"Key": "a.txt"}))["Body"] == "größer"
    s3.put_object(Bucket="shop-logs", Key="big", Body=b"x" * 200_000)
    failed = await acting.fail("executeAwsApi", get | {"Key": "big"})
    assert failed.message == "the answer's body is longer than the 100000 bytes that can be kept"


async def test_bytes_that_are_no_text_are_base64(acting: Acting, cloud: Cloud) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    inputs = {"Service": "kms", "Api": "Encrypt", "KeyId": key, "Plaintext": "secret"}
    encrypted = (await acting.do("executeAwsApi", inputs))["CiphertextBlob"]
    assert isinstance(encrypted, str)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"VolumeIds": "vol-1"}, {"VolumeId.1": "vol-1"}),
        ({"MaxResults": "5"}, {"MaxResults": "5"}),
        ({"MaxResults": ["5"]}, {"MaxResults": "5"}),
        ({"DryRun": "False"}, {"DryRun": "false"}),
        ({"NextToken": ["next"]}, {"NextToken": "next"}),
        ({"Filters": {"Name": "size", "Values": [8]}}, {"Filter.1.Name": "size", "Filter.1.Value.1": "8"}),
        ({"Filters": [{"Name": "encrypted", "Values": True}]}, {"Filter.1.Value.1": "true"}),
    ],
)
async def test_values_that_nearly_fit_the_api_are_made_to_fit(
    acting: Acting, cloud: Cloud, given: dict[str, Any], sent: dict[str, str]
) -> None:
    empty = "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>"
    cloud.front.say("DescribeVolumes", empty)
    await acting.do("executeAwsApi", {"Service": "ec2", "Api": "DescribeVolumes", **given})
    [call] = cloud.front.calls_of("DescribeVolumes")
    assert sent.items() <= call.items()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"Service": "ec2", "Api": "CreateLoadBalancer"}, "ec2 has no operation 'CreateLoadBalancer'"),
        ({"Service": "ec3", "Api": "DescribeVolumes"}, "AWS has no service 'ec3' that boto3 knows"),
        ({"Service": "ec2", "Api": ""}, "Api should be a text, got ''"),
        ({"Service": "ec2", "Api": "DescribeVolumes", "Sizes": []}, 'Unknown parameter in input: "Sizes"'),
        ({"Service": "ec2", "Api": "DescribeVolumes", "MaxResults": "many"}, "MaxResults"),
        ({"Service": "ec2", "Api": "DescribeVolumes", "VolumeIds": ["a", {"b": "c"}]}, "VolumeIds"),
        ({"Service": "sqs", "Api": "GetQueueUrl"}, 'Missing required parameter in input: "QueueName"'),
    ],
)
async def test_what_does_not_fit_the_api_fails_before_it_is_called(
    acting: Acting, cloud: Cloud, inputs: dict[str, Any], message: str
) -> None:
    failed = await acting.fail("executeAwsApi", inputs)
    assert message in failed.message
    assert (failed.stage, failed.kind) == ("InputValidation", "Action")
    assert cloud.front.calls == []


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("UnauthorizedOperation", 403, "Permission"),
        ("InvalidVolume.NotFound", 400, "Action"),
        ("InternalError", 500, "Internal"),
    ],
)
async def test_a_refusal_says_what_sort_it_is(
    acting: Acting, cloud: Cloud, code: str, status: int, kind: str
) -> None:
    cloud.front.refuse("DescribeVolumes", code, status=status, message="You may not")
    failed = await acting.fail("executeAwsApi", {"Service": "ec2", "Api": "DescribeVolumes"})
    assert code in failed.message
    assert "You may not" in failed.message
    assert (failed.stage, failed.kind) == ("Invocation", kind)


async def test_a_throttled_call_is_made_again_without_using_up_an_attempt(
    acting: Acting, cloud: Cloud
) -> None:
    cloud.front.refuse("DescribeVolumes", "RequestLimitExceeded", status=503, times=3)
    await acting.do("executeAwsApi", {"Service": "ec2", "Api": "DescribeVolumes"})
    assert len(cloud.front.calls) == 4


async def test_throttling_without_end_fails_before_the_steps_time_is_up(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("DescribeVolumes", "RequestLimitExceeded", status=503)
    begun = time.monotonic()
    failed = await acting.fail("executeAwsApi", {"Service": "ec2", "Api": "DescribeVolumes"}, limit=2)
    assert (failed.stage, failed.kind) == ("Invocation", "Throttling")
    assert time.monotonic() - begun < 4


async def test_a_server_that_is_not_there_is_an_internal_failure(
    acting: Acting, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    SESSIONS.forget()
    failed = await acting.fail("executeAwsApi", {"Service": "sqs", "Api": "ListQueues"})
    monkeypatch.undo()
    SESSIONS.forget()
    assert "EndpointConnectionError" in failed.message
    assert failed.kind == "Internal"


@pytest.mark.parametrize(
    ("service", "api", "member", "inputs"),
    [
        ("ec2", "RunInstances", "ClientToken", {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1}),
        ("cloudformation", "CreateStack", "ClientRequestToken", {"StackName": "s", "TemplateBody": "{}"}),
        ("acm", "RequestCertificate", "IdempotencyToken", {"DomainName": "shop.example"}),
        ("ssm", "StartAutomationExecution", "ClientToken", {"DocumentName": "AWS-StopRdsInstance"}),
    ],
)
async def test_tokens_are_the_steps_own_and_the_same_each_time(
    acting: Acting, cloud: Cloud, service: str, api: str, member: str, inputs: dict[str, Any]
) -> None:
    cloud.front.refuse(api, "ValidationError")
    call = {"Service": service, "Api": api, **inputs}
    for key in ("one", "one", "two"):
        await acting.fail("executeAwsApi", call, key=f"{key}:call")
    first, again, other = [sent[member] for sent in cloud.front.calls_of(api)]
    assert first == again != other
    assert len(first) == (32 if service == "acm" else 36)
    own = "0f0e0d0c-0b0a-4908-8706-050403020100"
    await acting.fail("executeAwsApi", call | {member: own})
    assert cloud.front.calls_of(api)[-1][member] == own


async def test_user_data_is_not_encoded_twice(acting: Acting, cloud: Cloud) -> None:
    cloud.front.refuse("RunInstances", "ValidationError")
    inputs = {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "UserData": "ZWNobyBoaQ=="}
    await acting.fail("executeAwsApi", {"Service": "ec2", "Api": "RunInstances", **inputs})
    assert cloud.front.calls_of("RunInstances")[0]["UserData"] == "ZWNobyBoaQ=="


async def test_a_role_is_taken_on_once_for_an_execution(acting: Acting, cloud: Cloud) -> None:
    role, call = cloud.role(), {"Service": "sqs", "Api": "ListQueues"}
    for key in ("execution-a:one", "execution-a:two", "execution-b:one"):
        await acting.do("executeAwsApi", call, key=key, role=role)
    taken = cloud.front.calls_of("AssumeRole")
    assert [(each["RoleArn"], each["RoleSessionName"]) for each in taken] == [
        (role, "execution-a"),
        (role, "execution-b"),
    ]
    key_used = [call.headers["authorization"] for call in cloud.front.calls if call.api == "ListQueues"]
    assert all("Credential=ASIA" in header for header in key_used)


async def test_a_roles_keys_are_renewed_before_they_expire(
    acting: Acting, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = cloud.role()
    monkeypatch.setattr(aws_sessions, "RENEW_BEFORE", aws_sessions.RENEW_BEFORE * 1000)
    for _ in range(2):
        await acting.do("executeAwsApi", {"Service": "sqs", "Api": "ListQueues"}, key="renewed:s", role=role)
    assert len(cloud.front.calls_of("AssumeRole")) == 2


async def test_a_role_that_may_not_be_taken_on_fails_the_step_before_anything_is_called(
    acting: Acting, cloud: Cloud
) -> None:
    cloud.front.refuse("AssumeRole", "AccessDenied", status=403, message="not authorized to sts:AssumeRole")
    failed = await acting.fail(
        "executeAwsApi", {"Service": "sqs", "Api": "ListQueues"}, role="arn:aws:iam::1:role/no"
    )
    assert "not authorized to sts:AssumeRole" in failed.message
    assert (failed.stage, failed.kind) == ("PreVerification", "Permission")
    assert [call.api for call in cloud.front.calls] == ["AssumeRole"]


async def test_a_cancelled_call_returns_although_aws_does_not_answer(acting: Acting, cloud: Cloud) -> None:
    def slow(call: object) -> str:
        time.sleep(3)
        return "<DescribeVolumesResponse/>"

    cloud.front.say("DescribeVolumes", slow)
    inputs = {"Service": "ec2", "Api": "DescribeVolumes"}
    assert await acting.cancel("executeAwsApi", inputs, lambda: bool(cloud.front.calls)) < 1
