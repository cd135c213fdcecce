"""AWS as one step sees it: any API by its name, under the runbook's role, with AWS's refusals as failed steps."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    UnknownServiceError,
)
from temporalio.exceptions import ApplicationError

from activities.automation.aws_answers import plain
from activities.automation.aws_sessions import SESSIONS, Credentials
from activities.automation.aws_shapes import fitted, operation, token, with_tokens
from activities.automation.steps import STEP_FAILED, StepAttempt, StepFailure
from activities.automation.threads import in_thread
from definitions.automation import FailureStage, FailureType, SystemVariables

FALLBACK_REGION = "us-east-1"
UNKNOWN_ACCOUNT = "000000000000"

PATIENCE = 60.0
"""Seconds for which a call that AWS throttles is made again, before the step fails and its maxAttempts count."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_SHARE_OF_TIMEOUT = 0.8
"""Of a step's time may be spent on throttling: it should fail with the reason, and not just time out."""

_THROTTLING = {
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"),
    *("RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"),
    *("BandwidthLimitExceeded", "PriorRequestNotComplete", "EC2ThrottledException"),
    "ProvisionedThroughputExceededException",
}
_PERMISSION = {
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"),
    *("AuthFailure", "AuthorizationError", "AuthorizationErrorException", "NotAuthorized"),
    *("InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken", "ExpiredTokenException"),
    "SignatureDoesNotMatch",
}
_NOT_FOUND = ("notfound", "nosuch", "doesnotexist", "nonexistent", "notexist")


class RefusedError(ApplicationError):
    """AWS refused a call, or could not be reached; fails the step if nobody minds it.

    `code` is AWS's word for the reason ("" without an answer), `status` that of HTTP (0 without an answer).
    """

    def __init__(
        self, message: str, *, stage: FailureStage, kind: FailureType, code: str = "", status: int = 0
    ) -> None:
        failure = StepFailure(stage=stage, kind=kind)
        super().__init__(message, failure, type=STEP_FAILED, non_retryable=True)
        self.kind = kind
        self.code = code
        self.status = status

    @property
    def passing(self) -> bool:
        """Whether asking again later may well succeed."""
        return self.kind in (FailureType.THROTTLING, FailureType.INTERNAL)

    @property
    def not_found(self) -> bool:
        """Whether what was asked about does not exist (yet, or any more)."""
        code = self.code.replace(".", "").replace("_", "").lower()
        return self.status == 404 or any(word in code for word in _NOT_FOUND)


@dataclass(frozen=True)
class Aws:
    """AWS for one purpose. `key` makes idempotency tokens, `patience` is how many seconds of throttling it bears."""

    region: str
    role: str = ""
    session_name: str = "tocsin"
    key: str = ""
    patience: float = PATIENCE

    @classmethod
    def of(cls, attempt: StepAttempt) -> "Aws":
        """AWS as this attempt of a step may use it."""
        limit = attempt.timeout_seconds
        return cls(
            region=attempt.system.region,
            role=attempt.assume_role,
            session_name=attempt.key.partition(":")[0][:64] or "tocsin",
            key=attempt.key,
            patience=PATIENCE if limit is None else min(PATIENCE, limit * _SHARE_OF_TIMEOUT),
        )

    def token(self, api: str) -> str:
        """The idempotency token of this purpose's call of an API."""
        return str(token(self.key, api))

    async def call(
        self,
        service: str,
        api: str,
        parameters: dict[str, Any] | None = None,
        *,
        stage: FailureStage = FailureStage.INVOCATION,
        long: bool = False,
        metadata: bool = False,
    ) -> dict[str, Any]:
        """Call an API, names in any case; its answer as JSON, with `metadata` also what botocore says of it.

        `long` is for answers that take minutes. Throttled calls are repeated for a while. Raises RefusedError in the
        given stage, or InputValidation if the parameters do not fit the API.
        """
        credentials = await self.credentials()

        def work() -> Any:
            client = SESSIONS.client(service.strip().lower(), self.region, credentials, long=long)
            method, model = operation(client, api)
            given = fitted(model.input_shape, with_tokens(model, parameters or {}, self.key))
            return plain(getattr(client, method)(**given), metadata=metadata)

        answer: dict[str, Any] = await self._patiently(work, stage)
        return answer

    async def credentials(self) -> Credentials | None:
        """The role's temporary keys; None if no role is to be taken on. Raises RefusedError (PreVerification)."""
        if not self.role:
            return None
        keys: Credentials = await self._patiently(
            lambda: SESSIONS.credentials(self.region, self.role, self.session_name),
            FailureStage.PRE_VERIFICATION,
        )
        return keys

    async def _patiently(self, work: Callable[[], Any], stage: FailureStage) -> Any:
        """`work` in a thread, again while AWS throttles it; what it refuses becomes a failed step."""
        until, pause = time.monotonic() + self.patience, _FIRST_PAUSE
        while True:
            try:
                return await in_thread(work)
            except (BotoCoreError, ClientError) as error:
                refused = _refused(error, stage)
                if refused.kind is not FailureType.THROTTLING or time.monotonic() + pause > until:
                    raise refused from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _refused(error: BotoCoreError | ClientError, stage: FailureStage) -> RefusedError:
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return RefusedError(str(error), stage=stage, kind=_kind(code, status), code=code, status=status)
    if isinstance(error, UnknownServiceError):
        service = error.kwargs.get("service_name")
        return RefusedError(
            f"AWS has no service {service!r} that boto3 knows",
            stage=FailureStage.INPUT_VALIDATION,
            kind=FailureType.ACTION,
        )
    if isinstance(error, ParamValidationError):
        return RefusedError(str(error), stage=FailureStage.INPUT_VALIDATION, kind=FailureType.ACTION)
    kind = FailureType.ACTION
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        kind = FailureType.PERMISSION
    elif isinstance(error, ConnectionError | HTTPClientError):
        kind = FailureType.INTERNAL
    return RefusedError(f"{type(error).__name__}: {error}", stage=stage, kind=kind)


def _kind(code: str, status: int) -> FailureType:
    if code in _THROTTLING or status == 429:
        return FailureType.THROTTLING
    if code in _PERMISSION or status in (401, 403):
        return FailureType.PERMISSION
    return FailureType.INTERNAL if status >= 500 else FailureType.ACTION


def own_region() -> str:
    """The region that AWS's standard configuration names, else one that is surely there."""
    with contextlib.suppress(BotoCoreError):
        return SESSIONS.region or FALLBACK_REGION
    return FALLBACK_REGION


def identify() -> SystemVariables:
    """Region, account and partition by AWS's standard configuration; harmless guesses where there is none."""
    region, account, partition = own_region(), UNKNOWN_ACCOUNT, "aws"
    with contextlib.suppress(BotoCoreError, ClientError):
        partition = SESSIONS.partition(region)
    with contextlib.suppress(BotoCoreError, ClientError):
        account = SESSIONS.account(region)
    return SystemVariables(account_id=account, region=region, partition=partition)
