"""What is wrong with definitions, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

Path = tuple[str | int, ...]
"""The way from the top of a definition to a value: keys and list positions."""

AT_PATHS = "at_paths"
"""The pydantic error type of `refuse`."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong. Prints as `file:line: what is wrong; what would be right`.

    `line` counts from 1; it is None where the whole file, or no file at all, is meant.
    """

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


class DefinitionError(ValueError):
    """Definitions that were refused; `problems` holds everything found, by file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda p: (p.file, p.line or 0, p.message))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refuse(problems: Sequence[tuple[Path, str]]) -> None:
    """Called by a model's validator: refuses the definition for each `(path from its top, message)`, if any.

    A plain ValueError can name only the model it was raised in; this names the very value.
    """
    if problems:
        text = "; ".join(message for _, message in problems)
        raise PydanticCustomError(AT_PATHS, "{text}", {"text": text, "problems": list(problems)})
