"""One run of a command: who asks, and how they want their answer."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from rich.console import RenderableType

    from client.tocsin import Tocsin


class Output(StrEnum):
    """How answers are written."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class Session:
    """The global options. Commands get it from the command line as a whole, not from their own options."""

    author: str | None = None
    output: Output = Output.TABLE

    @property
    def wants_json(self) -> bool:
        """Whether a program reads the answer."""
        return self.output is Output.JSON

    @asynccontextmanager
    async def connect(self) -> "AsyncIterator[Tocsin]":
        """A connection in the author's name, closed at the end."""
        from client.tocsin import Tocsin

        async with await Tocsin.connect(author=self.author) as tocsin:
            yield tocsin

    def answer(self, value: Any, picture: "RenderableType") -> None:
        """Print `value` as JSON, or `picture` for people."""
        if self.wants_json:
            print(json.dumps(jsonable(value), indent=2, ensure_ascii=False))
        else:
            from client.cli.screen import show

            show(picture)

    def answer_text(self, value: Any, text: str) -> None:
        """Print `value` as JSON, or `text` as it is: it may be piped into a file."""
        if self.wants_json:
            self.answer(value, "")
        else:
            sys.stdout.write(text)

    def answer_line(self, value: Any, picture: "RenderableType") -> None:
        """Print one of many answers, at once: a line of JSON, or `picture`."""
        if self.wants_json:
            print(json.dumps(jsonable(value), ensure_ascii=False), flush=True)
        else:
            self.answer(value, picture)
            sys.stdout.flush()


def jsonable(value: Any) -> Any:
    """Models, and lists and mappings of them, as plain JSON values; times in UTC."""
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value)


Asked = Annotated[Session, Parameter(parse=False)]
"""The parameter by which a command gets its session."""
