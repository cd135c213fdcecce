"""AWS calls: boto3 in threads, under the runbook's role, found by AWS's own standard configuration."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from activities.automation.steps import step_failed
from definitions.automation import FailureStage, FailureType, SystemVariables

T = TypeVar("T")

FALLBACK_REGION = "us-east-1"
UNKNOWN_ACCOUNT = "000000000000"

_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 2})
_THROTTLING = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
_PERMISSION = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure"}


def client(service: str, region: str, assume_role: str, session_name: str) -> Any:
    """A boto3 client of the service, with the role's temporary credentials if there is a role."""
    if not assume_role:
        return _own_client(service, region)
    sts = boto3.client("sts", region_name=region, config=_CONFIG)
    given = sts.assume_role(RoleArn=assume_role, RoleSessionName=session_name)["Credentials"]
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=region,
        config=_CONFIG,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


@lru_cache(maxsize=64)
def _own_client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, config=_CONFIG)  # type: ignore[call-overload]


async def call(work: Callable[[], T]) -> T:
    """Run blocking AWS work in a thread; what AWS refuses becomes a failed step that says why."""
    try:
        return await asyncio.to_thread(work)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        kind = FailureType.ACTION
        if code in _THROTTLING:
            kind = FailureType.THROTTLING
        elif code in _PERMISSION:
            kind = FailureType.PERMISSION
        raise step_failed(str(error), kind=kind) from error
    except BotoCoreError as error:
        raise step_failed(f"{type(error).__name__}: {error}") from error


def operation(service_client: Any, api: str) -> str:
    """The client's method for an API name in any spelling: DescribeInstances, describe_instances, describeInstances."""
    wanted = re.sub(r"[^a-z0-9]", "", api.lower())
    for method, name in service_client.meta.method_to_api_mapping.items():
        if wanted == name.lower():
            return str(method)
    service = service_client.meta.service_model.service_name
    raise step_failed(f"{service} has no operation {api!r}", stage=FailureStage.INPUT_VALIDATION)


def plain(value: Any) -> Any:
    """An API answer as JSON: times as ISO 8601, bytes as text, streams refused."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise step_failed(f"the answer holds a {type(value).__name__}, which a step's output cannot hold")


def identify() -> SystemVariables:
    """Region and account by AWS's standard configuration; harmless guesses where there is none."""
    region, account = FALLBACK_REGION, UNKNOWN_ACCOUNT
    with contextlib.suppress(BotoCoreError, ClientError):
        region = boto3.session.Session().region_name or FALLBACK_REGION
        account = _account(region)
    return SystemVariables(account_id=account, region=region)


@cache
def _account(region: str) -> str:
    config = _CONFIG.merge(Config(connect_timeout=1, read_timeout=2, retries={"max_attempts": 0}))
    return str(boto3.client("sts", region_name=region, config=config).get_caller_identity()["Account"])
