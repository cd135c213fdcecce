"""The one place that reads the environment: settings, secrets, the running stack, the way to Temporal."""

from settings.errors import NotConfiguredError, SecretNotFoundError, SettingsError
from settings.settings import Settings
from settings.smtp import SmtpServer, SmtpTls
from settings.stack_file import StackFile
from settings.twilio import TwilioAccount

__all__ = [
    "NotConfiguredError",
    "SecretNotFoundError",
    "Settings",
    "SettingsError",
    "SmtpServer",
    "SmtpTls",
    "StackFile",
    "TwilioAccount",
]
