"""The account at Twilio that sends SMS and makes calls."""

import re

from pydantic import BaseModel, ConfigDict, SecretStr

from settings.errors import NotConfiguredError, SettingsError

TWILIO_URL = "https://api.twilio.com"
AUTH_TOKEN = "twilio-auth-token"  # noqa: S105 - the secret's name, not its value
"""The name of the secret that requests to Twilio carry, and that Twilio signs its own with."""

_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
_MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class TwilioAccount(BaseModel):
    """Who sends. `sender` is a number or a messaging service; calls need a number, which `caller` is."""

    model_config = ConfigDict(frozen=True)

    account_sid: str
    auth_token: SecretStr
    sender: str
    voice_sender: str | None = None
    url: str = TWILIO_URL

    @property
    def sends_through_a_service(self) -> bool:
        """Whether `sender` is a messaging service, which picks a number itself."""
        return _MESSAGING_SERVICE.fullmatch(self.sender) is not None

    @property
    def caller(self) -> str:
        """The number that calls; raises NotConfiguredError when only a messaging service is known."""
        if self.voice_sender is not None:
            return self.voice_sender
        if self.sends_through_a_service:
            raise NotConfiguredError(
                "a messaging service cannot call; set TOCSIN_TWILIO_VOICE_FROM to a number like +15005550006"
            )
        return self.sender


def check_sender(variable: str, value: str, *, services: bool) -> str:
    """The value if it is a number, or where `services` may be a messaging service; raises SettingsError."""
    if _NUMBER.fullmatch(value) or (services and _MESSAGING_SERVICE.fullmatch(value)):
        return value
    or_service = " or a messaging service like MG and 32 hexadecimal digits" if services else ""
    raise SettingsError(f"{variable}: {value!r} is not a number like +15005550006{or_service}")
