"""Runbooks in files: Automation documents by themselves, and definitions of the kind Runbook."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from activities.automation.effects import effects
from client.errors import InvalidInputError
from definitions.automation import AutomationDocument, DocumentError, load_document
from definitions.base import Kind
from definitions.loader import SUFFIXES, load, read_text
from definitions.problems import DefinitionError
from definitions.yaml_nodes import Node, YamlError, parse_yaml


class Severity(StrEnum):
    """ERROR: it cannot run. WARNING: it can, and is likely not what was meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that somebody should know of a file; line 0 is the file as a whole."""

    file: str
    line: int
    severity: Severity
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.severity}: {self.message}"


@dataclass(frozen=True)
class WrittenRunbook:
    """An Automation document as it is written, the file it stands in, and the name it goes by."""

    name: str
    file: str
    document: Node


def find_runbooks(paths: Iterable[str]) -> tuple[list[WrittenRunbook], list[Finding]]:
    """The runbooks in files and folders (`*.yaml`, `*.yml`, `*.json`), and what was found while they were read.

    In a folder, files that hold something else are left alone; a file that is named must hold a runbook.
    """
    search = _Search()
    for path in paths:
        search.look_at(Path(path))
    return list(search.found.values()), search.findings


def only_runbook(path: str) -> WrittenRunbook:
    """The one runbook in a file. Raises InvalidInputError if it cannot be read, or holds none or several."""
    found, findings = find_runbooks([path])
    errors = [str(finding) for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise InvalidInputError("\n".join(errors))
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise InvalidInputError(f"{path} should hold one runbook, here are: {names}")
    return found[0]


def load_runbook(document: object, *, of: str) -> AutomationDocument:
    """A document, as a Node or as plain values, ready to run. Raises InvalidInputError naming every problem."""
    effects()  # Actions of our own say themselves what they need.
    written = document.plain() if isinstance(document, Node) else document
    try:
        return load_document(written if isinstance(written, Mapping) else {})
    except DocumentError as error:
        lines = [
            f"{of}:{document.nearest(problem.path).line}: {problem}"
            if isinstance(document, Node)
            else f"{of}: {problem}"
            for problem in error.problems
        ]
        raise InvalidInputError("\n".join(lines)) from error


class _Search:
    def __init__(self) -> None:
        self.found: dict[tuple[str, int], WrittenRunbook] = {}
        self.findings: list[Finding] = []

    def look_at(self, path: Path) -> None:
        if path.is_dir():
            files = list(_in_folder(path))
            for file in files:
                self._read(file, named=False)
            if not files:
                self._error(path, 0, "no *.yaml, *.yml or *.json in this folder; name another")
        elif path.is_file():
            self._read(path, named=True)
        else:
            self._error(path, 0, "no such file or folder; check the path")

    def _read(self, path: Path, *, named: bool) -> None:
        nodes = self._parse(path)
        if nodes is None:
            return
        held = 0
        for node in nodes:
            if _is_document(node):
                held += 1
                self._add(WrittenRunbook(path.stem, str(path), node))
            elif node.child("kind") is not None:
                held += self._defined(path, node)
        if any(node.child("kind") is not None for node in nodes):
            self._check_definitions(path)
        if named and not held:
            message = "no runbook; write a mapping with schemaVersion and mainSteps, or with kind: Runbook"
            self._error(path, nodes[0].line if nodes else 0, message)

    def _parse(self, path: Path) -> list[Node] | None:
        try:
            text = read_text(path)
            nodes, problems = parse_yaml(text)
        except YamlError as error:
            self._error(path, error.line, error.message)
            return None
        errors = problems
        if problems and all(map(_is_document, nodes)):
            # Of values under the same key AWS takes the last, and runs the document.
            nodes, errors = parse_yaml(text, last_wins=True)
        for line, message in problems:
            severity = Severity.ERROR if (line, message) in errors else Severity.WARNING
            self.findings.append(Finding(str(path), line, severity, message))
        return nodes

    def _defined(self, path: Path, node: Node) -> int:
        """Finds the document of a Runbook; how many runbooks that is."""
        kind, name, inline, file = (node.child(key) for key in ("kind", "name", "document", "file"))
        if kind is None or kind.value != Kind.RUNBOOK:
            return 0
        title = str(name.value) if name is not None else path.stem
        if inline is not None:
            self._add(WrittenRunbook(title, str(path), inline))
        elif file is not None and isinstance(file.value, str) and (path.parent / file.value).is_file():
            beside = Path(os.path.normpath(path.parent / file.value))
            for document in (self._parse(beside) or [])[:1]:
                self._add(WrittenRunbook(title, str(beside), document))
        return 1

    def _add(self, runbook: WrittenRunbook) -> None:
        key = (str(Path(runbook.file).resolve()), runbook.document.line)
        known = self.found.get(key)
        # A document that a definition names goes by the definition's name.
        if known is None or known.name == Path(known.file).stem:
            self.found[key] = runbook

    def _check_definitions(self, path: Path) -> None:
        try:
            load([path])
        except DefinitionError as error:
            for problem in error.problems:
                self.findings.append(
                    Finding(problem.file, problem.line or 0, Severity.ERROR, problem.message)
                )

    def _error(self, path: Path, line: int, message: str) -> None:
        self.findings.append(Finding(str(path), line, Severity.ERROR, message))


def _is_document(node: Node) -> bool:
    """Whether it means to be an Automation document; Command documents (1.2, 2.2) have steps of their own."""
    version = node.child("schemaVersion")
    return node.child("mainSteps") is not None and (
        version is None or not str(version.value).startswith(("1.", "2."))
    )


def _in_folder(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith((*SUFFIXES, ".json")) and not name.startswith("."):
                yield Path(place, name)
