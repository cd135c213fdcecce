"""What is wrong with a document, and where in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]
"""The way from the top of a document to a value: keys and list positions."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong: the path of keys and list positions to it, and the words a person needs."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{path_text(self.path)}: {self.message}" if self.path else self.message


def path_text(path: Path) -> str:
    """A path as people write it: `mainSteps[2].inputs.Choices[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


MOST_COMPARED = 200
"""Names that a word is compared with to find one like it; among more, with those that begin like it, if few do."""


def near_miss(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` when a known word looks like this one, else nothing."""
    known = list(known)
    folded = {name.lower(): name for name in known}
    if len(folded) > MOST_COMPARED:
        begin = word.lower()[:3]
        folded = {lower: name for lower, name in folded.items() if lower.startswith(begin)}
    if len(folded) > MOST_COMPARED:
        return ""
    found = get_close_matches(word.lower(), folded, n=1, cutoff=0.7)
    return f"; did you mean '{folded[found[0]]}'?" if found else ""


class DocumentError(ValueError):
    """A document that cannot be run; `problems` holds everything found, in document order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
