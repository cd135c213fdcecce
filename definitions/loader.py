"""From YAML files to definitions: with `attached` the only file here that reads from disk."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from definitions.attached import AttachedFileError, with_attached
from definitions.automation.problems import near_miss
from definitions.base import Kind
from definitions.catalog import Definition
from definitions.plain_words import in_plain_words
from definitions.problems import DefinitionError, Problem
from definitions.schema import MODELS
from definitions.sources import Loaded, Source
from definitions.yaml_nodes import Node, YamlError, json_as_yaml, parse_yaml

MAX_FILE_BYTES = 1_000_000
SUFFIXES = (".yaml", ".yml")


def load(paths: Iterable[str | os.PathLike[str]]) -> Loaded:
    """Read every definition in files and folders (`*.yaml` and `*.yml`, at any depth, hidden ones left out).

    A file in a folder that a runbook names as its document is read as that, not as definitions. Raises
    DefinitionError with every problem of every file; references between definitions are not looked at here.
    """
    loader = _Loader()
    for file in _files([Path(path) for path in paths], loader.problems):
        loader.read(file)
    loader.define_all()
    if loader.problems:
        raise DefinitionError(loader.problems)
    return Loaded(tuple(loader.entries))


@dataclass(frozen=True)
class _File:
    path: Path
    named: bool
    """Whether it was asked for by name, not found in a folder."""


def _files(paths: list[Path], problems: list[Problem]) -> list[_File]:
    files: dict[Path, _File] = {}
    for path in paths:
        if path.is_dir():
            found = [_File(file, named=False) for file in _in_folder(path)]
            if not found:
                problems.append(Problem(str(path), None, "no *.yaml or *.yml in this folder; name another"))
        elif path.is_file():
            found = [_File(path, named=True)]
        else:
            found = []
            problems.append(Problem(str(path), None, "no such file or folder; check the path"))
        for file in found:
            files.setdefault(file.path.resolve(), file)
    return list(files.values())


def _in_folder(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(place, name)


@dataclass
class _Loader:
    problems: list[Problem] = field(default_factory=list)
    entries: list[tuple[Definition, Source]] = field(default_factory=list)
    nodes: list[tuple[_File, Node]] = field(default_factory=list)

    def read(self, file: _File) -> None:
        self.nodes += [(file, node) for node in self._parse(file.path)]

    def define_all(self) -> None:
        documents = {
            path.resolve()
            for file, node in self.nodes
            if (path := _document_path(file.path, node)) is not None
        }
        for file, node in self.nodes:
            if file.named or file.path.resolve() not in documents:
                self._define(str(file.path), node)

    def _parse(self, path: Path) -> list[Node]:
        """The documents of one file; what cannot be read becomes a problem."""
        name = str(path)
        try:
            nodes, problems = parse_yaml(read_text(path))
        except YamlError as error:
            self.problems.append(Problem(name, error.line or None, error.message))
            return []
        self.problems += [Problem(name, line, message) for line, message in problems]
        return nodes

    def _define(self, file: str, node: Node) -> None:
        if node.value is None:
            return
        source = Source(file, node)
        kind = self._kind(source, node)
        if kind is None:
            return
        plain = node.plain()
        if kind is Kind.RUNBOOK and isinstance(plain, dict) and "file" in plain and not plain.get("document"):
            document = self._document(Path(file), source, node)
            if document is None:
                return
            document_file, document_node = document
            source = Source(file, node, document_file, document_node)
            plain = {key: value for key, value in plain.items() if key != "file"}
            plain["document"] = document_node.plain()
        if kind is Kind.RUNBOOK and isinstance(plain, dict) and isinstance(plain.get("document"), dict):
            try:
                plain, attached = with_attached(plain, Path(file).parent)
            except AttachedFileError as error:
                self.problems.append(source.problem(error.path, str(error)))
                return
            source = replace(source, attached=attached)
        try:
            self.entries.append((MODELS[kind].model_validate(plain), source))
        except ValidationError as error:
            self._explain(error, kind, source, node)

    def _explain(self, error: ValidationError, kind: Kind, source: Source, node: Node) -> None:
        for path, message in in_plain_words(error, MODELS[kind], node):
            # What could not be read as YAML is told of once, in those words.
            if node.nearest(path).readable:
                self.problems.append(source.problem(path, message))

    def _kind(self, source: Source, node: Node) -> Kind | None:
        kinds = [kind.value for kind in Kind]
        if not isinstance(node.value, dict):
            message = f"a definition is a mapping with a kind and a name; the kinds are {', '.join(kinds)}"
            self.problems.append(source.problem((), message))
            return None
        written = node.value.get("kind")
        if written is None and "mainSteps" in node.value:
            message = "an Automation document is no definition; name it in a runbook: kind, name and file"
        elif written is None or written.value is None:
            message = f"'kind' is missing; write one of {', '.join(kinds)}"
        elif written.value in kinds:
            return Kind(written.value)
        else:
            hint = near_miss(str(written.value), kinds) or f"; the kinds are {', '.join(kinds)}"
            message = f"unknown kind {written.plain()!r}{hint}"
        self.problems.append(source.problem(("kind",), message))
        return None

    def _document(self, file: Path, source: Source, node: Node) -> tuple[str, Node] | None:
        """The Automation document that a runbook names, and the file it is in."""
        path = _document_path(file, node)
        if path is None:
            message = "file must be text; write the path of the document, seen from this file's folder"
            self.problems.append(source.problem(("file",), message))
            return None
        name = os.path.normpath(path)
        if not path.is_file():
            message = f"there is no file {name}; the path is seen from this file's folder"
            self.problems.append(source.problem(("file",), message))
            return None
        problems = len(self.problems)
        nodes = self._parse(Path(name))
        if len(self.problems) > problems:
            return None
        if len(nodes) != 1 or not isinstance(nodes[0].value, dict):
            message = "not an Automation document; write one mapping with schemaVersion and mainSteps"
            self.problems.append(Problem(name, nodes[0].line if nodes else 1, message))
            return None
        return name, nodes[0]


def _document_path(file: Path, node: Node) -> Path | None:
    named = node.child("file")
    kind = node.child("kind")
    if named is None or kind is None or kind.value != Kind.RUNBOOK or not isinstance(named.value, str):
        return None
    return file.parent / named.value


def read_text(path: Path) -> str:
    """What a file says; YamlError (line 0: the whole file) if that cannot be read."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise YamlError(0, f"cannot be read: {error.strerror}; check the path and its permissions") from error
    if len(content) > MAX_FILE_BYTES:
        raise YamlError(0, f"larger than {MAX_FILE_BYTES // 1_000_000} MB; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError(line, "not UTF-8 text; save the file as UTF-8") from error
    return json_as_yaml(text) if path.suffix == ".json" else text
