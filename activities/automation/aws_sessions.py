"""AWS clients: found by AWS's own standard configuration, under the runbook's role, and kept for the next call."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.handlers import base64_encode_user_data

CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=32,
)
"""Short timeouts: nobody can end a thread that waits for an answer."""

LONG_CONFIG = CONFIG.merge(Config(read_timeout=310, retries={"total_max_attempts": 1}))
"""For calls that answer when the work is done: Lambda's run for up to 300 s, and must not be made twice."""

RENEW_BEFORE = timedelta(minutes=5)
"""A role's credentials are asked for anew this long before they expire."""

MOST_CLIENTS = 128

_BASE64_BY_BOTO = (
    "before-parameter-build.ec2.RunInstances",
    "before-parameter-build.autoscaling.CreateLaunchConfiguration",
)
"""boto3 encodes UserData itself; documents hold it encoded already, as AWS's API wants it."""


@dataclass(frozen=True)
class Credentials:
    """Temporary keys of a role."""

    access_key: str
    secret_key: str
    token: str
    expires: datetime


class Sessions:
    """boto3's session of this process, what it has made, and the roles it has taken on. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        """Begin anew, by the configuration as it is now."""
        with self._lock:
            self._session: boto3.session.Session | None = None
            self._clients: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
            self._roles: dict[tuple[str, str, str], Credentials] = {}
            self._account: str | None = None

    @property
    def region(self) -> str | None:
        """The region that AWS's configuration names."""
        return self._boto().region_name

    def partition(self, region: str) -> str:
        """aws, aws-cn, aws-us-gov ...; ValueError (botocore's) for a region that AWS does not know."""
        return str(self._boto().get_partition_for_region(region))

    def account(self, region: str) -> str:
        """The account whose credentials these are; asked once."""
        if self._account is None:
            config = CONFIG.merge(
                Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
            )
            self._account = str(self._make("sts", region, config, None).get_caller_identity()["Account"])
        return self._account

    def client(
        self, service: str, region: str, credentials: Credentials | None = None, *, long: bool = False
    ) -> Any:
        """A client of the service, with a role's credentials or this process's own.

        Raises botocore's UnknownServiceError for a service that there is none of.
        """
        key = (service, region, credentials, long)
        with self._lock:
            if key not in self._clients:
                config = LONG_CONFIG if long else CONFIG
                self._clients[key] = self._make(service, region, config, credentials)
                while len(self._clients) > MOST_CLIENTS:
                    self._clients.popitem(last=False)
            self._clients.move_to_end(key)
            return self._clients[key]

    def credentials(self, region: str, role: str, session_name: str) -> Credentials:
        """Temporary keys of the role, kept until shortly before they expire; raises botocore's ClientError."""
        key, now = (role, region, session_name), datetime.now(UTC)
        known = self._roles.get(key)
        if known is not None and known.expires - RENEW_BEFORE > now:
            return known
        answer = self.client("sts", region).assume_role(RoleArn=role, RoleSessionName=session_name)
        given = answer["Credentials"]
        fresh = Credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], given["Expiration"]
        )
        with self._lock:
            self._roles = {name: held for name, held in self._roles.items() if held.expires > now}
            self._roles[key] = fresh
        return fresh

    def _make(self, service: str, region: str, config: Config, credentials: Credentials | None) -> Any:
        keys = {}
        if credentials is not None:
            keys = {
                "aws_access_key_id": credentials.access_key,
                "aws_secret_access_key": credentials.secret_key,
                "aws_session_token": credentials.token,
            }
        with self._lock:
            return self._boto().client(service, region_name=region, config=config, **keys)  # type: ignore[call-overload]

    def _boto(self) -> boto3.session.Session:
        with self._lock:
            if self._session is None:
                self._session = boto3.session.Session()
                for event in _BASE64_BY_BOTO:
                    self._session.events.unregister(event, base64_encode_user_data)
            return self._session


SESSIONS = Sessions()
