"""Definitions together with the lines they were written on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Self

from definitions.catalog import Definition
from definitions.problems import Path, Problem
from definitions.yaml_nodes import Node


@dataclass(frozen=True)
class Source:
    """Where one definition was written; its Automation document may stand in a file of its own.

    `attached` are the files it brings along, by the SHA-256 of their content.
    """

    file: str
    node: Node | None = None
    document_file: str | None = None
    document: Node | None = None
    attached: Mapping[str, File] = field(default_factory=dict)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with the value at a path of the definition."""
        if self.document_file is not None and self.document is not None and path[:1] == ("document",):
            return Problem(self.document_file, self.document.nearest(path[1:]).line, message)
        line = None if self.node is None else self.node.nearest(path).line
        return Problem(self.file, line, message)

    def __str__(self) -> str:
        return self.file if self.node is None else f"{self.file}:{self.node.line}"


@dataclass(frozen=True)
class Loaded:
    """Definitions in the order they were written, each with its source."""

    entries: tuple[tuple[Definition, Source], ...]

    @classmethod
    def of(cls, definitions: Iterable[Definition]) -> Self:
        """Definitions that come from no file; problems then name the definition in place of a line."""
        return cls(tuple((one, Source(f"{one.kind} {one.name}")) for one in definitions))

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The definitions without their sources."""
        return tuple(definition for definition, _ in self.entries)

    def __iter__(self) -> Iterator[tuple[Definition, Source]]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)
