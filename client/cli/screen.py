"""Pictures for people: one console, tables without frames, text that cannot play tricks on the terminal."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from client.cli.plain import plain

UNLIMITED = 10_000
"""Columns where there is no terminal: a file or program gets whole lines."""


def make_console() -> Console:
    """A console on stdout that takes brackets and colons in texts for what they are."""
    width = None if sys.stdout.isatty() else UNLIMITED
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False, width=width)


def show(picture: RenderableType) -> None:
    """Print a picture."""
    console = make_console()
    if console.is_terminal:
        console.print(Plain(picture))
        return
    with console.capture() as capture:
        console.print(Plain(picture))
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in capture.get().splitlines())


class Plain:
    """A picture whose texts are free of control characters."""

    def __init__(self, picture: RenderableType) -> None:
        self._picture = picture

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the picture, cleaning each piece of text."""
        for segment in console.render(self._picture, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Rows under headings, without a frame."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return made


def styled(text: str, style: str) -> Text:
    """A text in a style such as `bold red`."""
    return Text(text, style=style)
