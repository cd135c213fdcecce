"""The voice of the demo: one line an event, each with the seconds that have really passed."""

import time

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

_STYLES = {"page": "bold yellow", "runbook": "cyan", "demo": "dim", "kill -9": "bold red", "AWS": "magenta"}
WIDTH_WITHOUT_TERMINAL = 110


class Narrator:
    """Prints the story and keeps its clock."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        if not self.console.is_terminal:
            self.console = Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the story has been going."""
        return time.monotonic() - self._began

    def chapter(self, title: str) -> None:
        """A heading."""
        self.console.print()
        self.console.print(Rule(Text(title, style="bold"), align="left", style="dim"))

    def say(self, who: str, text: str, *, style: str = "") -> None:
        """What somebody or something does, now."""
        line = Table.grid(padding=(0, 2))
        line.add_column(width=7, justify="right", style="dim")
        line.add_column(width=8, no_wrap=True, style=_STYLES.get(who, "bold"))
        line.add_column(overflow="fold")
        line.add_row(f"{self.seconds:.1f} s", who, Text(text, style=style))
        self.console.print(line)
