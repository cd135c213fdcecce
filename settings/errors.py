"""What can be wrong with the settings."""


class SettingsError(Exception):
    """A setting is malformed; the message names it and says what would be right."""


class NotConfiguredError(SettingsError):
    """Something needed has no address: no stack runs on the data folder and the environment names none."""


class SecretNotFoundError(SettingsError):
    """A secret is neither in the environment nor in the secrets folder; the message never has a value."""
