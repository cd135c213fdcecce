"""What failed, in few enough words for a line among others."""

from typing import Any

MOST = 200
"""Characters of a failure that are shown in a line."""

_TRACEBACK = "Traceback (most recent call last)"


def in_a_line(message: Any) -> str:
    """A failure's message in one line: its first, or the exception if that begins a traceback.

    What a script raised stands before what it printed, so the first line tells even where the rest was cut off.
    """
    lines = [line for line in str(message or "").splitlines() if line.strip()]
    if not lines:
        return ""
    if _TRACEBACK not in lines[0]:
        return _cut(lines[0].strip())
    raised = [number for number, line in enumerate(lines) if _TRACEBACK in line][-1]
    after = lines[raised + 1 :]
    return _cut(next((line for line in after if not line[0].isspace()), lines[-1].strip()))


def _cut(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST - 4] + " ..."
