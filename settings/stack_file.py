"""DATA/stack.json: how other commands and scripts find the stack that `tocsin up` runs."""

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from settings.errors import SettingsError

STACK_FILE = "stack.json"


class StackFile(BaseModel):
    """Addresses of a running stack; present from the moment everything is ready until it stops."""

    model_config = ConfigDict(frozen=True)

    server: str
    temporal: str
    temporal_ui: str | None
    database_url: str
    api_token: str

    @classmethod
    def read(cls, data: Path) -> "StackFile | None":
        """The file in the data folder, or None when no stack is up there; raises SettingsError."""
        path = data / STACK_FILE
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}; it belongs to whoever ran `tocsin up`") from error
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise SettingsError(
                f"{path} is not a stack file; start the stack again with `tocsin up`"
            ) from error

    def write(self, data: Path) -> None:
        """Writes the file whole or not at all, readable by its owner only."""
        write_private(data / STACK_FILE, json.dumps(self.model_dump(), indent=2) + "\n")

    @staticmethod
    def remove(data: Path) -> None:
        """Removes the file if it is there."""
        (data / STACK_FILE).unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replaces the file at `path` atomically by one of mode 0600 that holds `text`."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
