"""Secrets by name: from the environment, else from a folder of files."""

import os
import re
from pathlib import Path

from settings.errors import SecretNotFoundError, SettingsError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


def environment_name(name: str) -> str:
    """The variable that may hold the secret: `slack-token` is TOCSIN_SECRET_SLACK_TOKEN."""
    return "TOCSIN_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def read_secret(name: str, folder: Path) -> str:
    """The secret's value (a file's final line break dropped); raises SecretNotFoundError, SettingsError."""
    if not NAME.fullmatch(name):
        raise SettingsError(f"{name!r} cannot name a secret; use letters, digits, '-', '_' and '.'")
    variable = environment_name(name)
    value = os.environ.get(variable)
    if value:
        return value
    try:
        value = (folder / name).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise SecretNotFoundError(
            f"no secret {name!r}: set {variable} or write it to {folder / name}"
        ) from error
    except OSError as error:
        raise SettingsError(
            f"the secret {name!r} in {folder / name} cannot be read: {error.strerror}"
        ) from error
    except UnicodeError:
        raise SettingsError(f"the secret {name!r} in {folder / name} is not text in UTF-8") from None
    if not value:
        # Whatever is signed with an empty key, anybody can sign.
        raise SecretNotFoundError(
            f"the secret {name!r} is empty: set {variable} or write it to {folder / name}"
        )
    return value
