"""Every setting, read from the environment once."""

import os
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.errors import NotConfiguredError, SettingsError
from settings.secrets import read_secret
from settings.smtp import SmtpServer
from settings.stack_file import StackFile
from settings.twilio import AUTH_TOKEN, TWILIO_URL, TwilioAccount, check_sender

TEMPORAL_VARIABLES = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
"""Any of these set means: Temporal is somebody else's, reached by Temporal's own client configuration."""


def _default_data() -> Path:
    return platformdirs.user_data_path("tocsin")


class Settings(BaseSettings):
    """What the processes need to know; the environment wins over the data folder's stack file."""

    model_config = SettingsConfigDict(
        env_prefix="TOCSIN_", env_ignore_empty=True, frozen=True, populate_by_name=True
    )

    data: Path = Field(default_factory=_default_data)
    """The data folder (TOCSIN_DATA)."""
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    """PostgreSQL (DATABASE_URL), else the running stack's."""
    temporal_address: str | None = None
    """HOST:PORT of a Temporal without TLS, namespace `default` (the stack's). TEMPORAL_ADDRESS wins."""
    task_queue: str = "tocsin"
    """The task queue every workflow and activity runs on."""
    host: str = "127.0.0.1"
    """The address `tocsin server` listens on."""
    port: int = Field(default=8130, ge=0, le=65535)
    """The port `tocsin server` listens on."""
    public_url: str = "http://127.0.0.1:8130"
    """The server as people reach it: links in pages and mails start with it."""
    smtp_url: str | None = Field(default=None, repr=False)
    """The mail server, see `smtp`."""
    mail_from: str = "tocsin@localhost"
    """The sender of mails."""
    twilio_account_sid: str | None = None
    """The account that sends SMS and makes calls, see `twilio`."""
    twilio_from: str | None = None
    """The number, or the messaging service (MG...), that SMS come from."""
    twilio_voice_from: str | None = None
    """The number that calls come from; without it `twilio_from`."""
    twilio_url: str = TWILIO_URL
    """Twilio's API, or what speaks it."""
    slack_url: str = "https://slack.com/api"
    """Slack's web API, or what speaks it."""
    secrets_dir: Path = Path("/run/secrets")
    """The folder of secret files, one per name."""
    api_token: str | None = Field(default=None, repr=False)
    """The token that commands and scripts show to the server."""

    @classmethod
    def from_environment(cls, data: Path | None = None) -> "Settings":
        """The settings without any running stack; `data` wins over TOCSIN_DATA. Raises SettingsError."""
        given: dict[str, Any] = {} if data is None else {"data": data}
        try:
            settings = cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            variable = name if name.isupper() else f"TOCSIN_{name.upper()}"
            raise SettingsError(f"{variable}: {first['msg']}") from error
        return settings.model_copy(update={"data": settings.data.expanduser().absolute()})

    @classmethod
    def load(cls, data: Path | None = None) -> "Settings":
        """The settings, completed from the stack that runs on the data folder; raises SettingsError."""
        settings = cls.from_environment(data)
        stack = StackFile.read(settings.data)
        if stack is None:
            return settings
        found = {
            "database_url": stack.database_url,
            "temporal_address": stack.temporal,
            "public_url": stack.server,
            "api_token": stack.api_token,
        }
        return settings.model_copy(
            update={name: value for name, value in found.items() if name not in settings.model_fields_set}
        )

    @property
    def temporal_is_external(self) -> bool:
        """Whether Temporal's own client configuration names a server."""
        return any(os.environ.get(variable) for variable in TEMPORAL_VARIABLES)

    @property
    def smtp(self) -> SmtpServer | None:
        """The mail server of `smtp_url`, or None when there is none; raises SettingsError."""
        return None if self.smtp_url is None else SmtpServer.from_url(self.smtp_url)

    @property
    def twilio(self) -> TwilioAccount:
        """The account at Twilio; raises NotConfiguredError, SettingsError and SecretNotFoundError."""
        if self.twilio_account_sid is None or self.twilio_from is None:
            raise NotConfiguredError(
                "SMS and calls are not set up: set TOCSIN_TWILIO_ACCOUNT_SID, TOCSIN_TWILIO_FROM and the secret "
                f"{AUTH_TOKEN}"
            )
        voice = self.twilio_voice_from
        if voice is not None:
            check_sender("TOCSIN_TWILIO_VOICE_FROM", voice, services=False)
        return TwilioAccount(
            account_sid=self.twilio_account_sid,
            auth_token=SecretStr(self.secret(AUTH_TOKEN)),
            sender=check_sender("TOCSIN_TWILIO_FROM", self.twilio_from, services=True),
            voice_sender=voice,
            url=self.twilio_url.rstrip("/"),
        )

    def require_database_url(self) -> str:
        """The database's URL; raises NotConfiguredError when neither the environment nor a stack has one."""
        if self.database_url is None:
            raise NotConfiguredError(
                f"no database: no stack runs on {self.data}; run `tocsin up` or set DATABASE_URL"
            )
        return self.database_url

    def secret(self, name: str) -> str:
        """The secret called `name`; raises SecretNotFoundError, or SettingsError when it cannot be read."""
        return read_secret(name, self.secrets_dir)
