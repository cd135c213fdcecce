"""A runbook: an SSM Automation document under a name, and where the files are that its scripts use."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import quote

from pydantic import ConfigDict, Field, model_validator

from definitions.base import Kind, Part
from definitions.problems import Path, refuse

MAX_DOCUMENT_BYTES = 128 * 1024
"""A document travels in workflow inputs, which stay well under 256 KB."""

LARGEST_ATTACHMENT = 10_000_000
"""Bytes of one attached file."""

STORED = "stored"
"""The source of a file that is kept with the definitions, by its checksum."""

SHA256 = re.compile(r"[0-9a-f]{64}")
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\- ]{0,127}")


class FileSource(Part):
    """Where an attached file is: a URL, or `stored`. Its SHA-256 is hexadecimal."""

    source: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


Attachments: TypeAlias = str | dict[str, str | FileSource] | None


class Runbook(Part):
    """Holds its Automation document (schemaVersion '0.3') inline, or names the file that holds it.

    `file` is relative to the YAML file; the loader replaces it by the document, so only `document` is stored.
    `attachments` say where the document's `files` are: one folder, relative to the YAML file, or base URL for all,
    or a path or URL for each. The loader reads those on disk and replaces them by what is stored.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["document"]}, {"required": ["file"]}]}
    )

    kind: Literal[Kind.RUNBOOK] = Kind.RUNBOOK
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_\-.]{3,128}$")]
    document: dict[str, Any] = Field(default_factory=dict)
    file: str | None = None
    attachments: Attachments = None

    @model_validator(mode="after")
    def _document_or_file(self) -> Self:
        if bool(self.document) == (self.file is not None):
            here = "both" if self.document else "neither"
            raise ValueError(f"a runbook has either a document or a file; here is {here}")
        return self

    @model_validator(mode="after")
    def _files_are_known(self) -> Self:
        refuse([] if self.attachments is None else list(_attachment_problems(self)))
        return self


def attached_files(runbook: Runbook) -> dict[str, FileSource]:
    """Where each file is that the document names and the runbook knows of, by the document's name for it."""
    found = {}
    for name, checksum in document_files(runbook.document).items():
        place = place_of(name, runbook.attachments)
        if isinstance(place, FileSource):
            found[name] = place
        elif place is not None and is_url(place):
            found[name] = FileSource(source=place, sha256=checksum)
    return found


def document_files(document: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 that a document gives for each file it names, "" where it gives none that is one."""
    files = document.get("files")
    found = {}
    for name, said in files.items() if isinstance(files, Mapping) else ():
        checksums = said.get("checksums") if isinstance(said, Mapping) else None
        given = checksums.items() if isinstance(checksums, Mapping) else ()
        # AWS writes both sha256 and SHA256.
        checksum = next((str(value).lower() for kind, value in given if str(kind).lower() == "sha256"), "")
        found[str(name)] = checksum if SHA256.fullmatch(checksum) else ""
    return found


def place_of(name: str, attachments: Attachments) -> str | FileSource | None:
    """Where `attachments` say that a file is: a URL, a path, or a source that is known already."""
    if isinstance(attachments, Mapping):
        return attachments.get(name)
    return None if attachments is None else f"{attachments.rstrip('/')}/{quote(name)}"


def is_url(place: str) -> bool:
    """Whether this is an address, and no path."""
    return place.startswith(("https://", "http://"))


def _attachment_problems(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    files = document_files(runbook.document)
    mapped = runbook.attachments if isinstance(runbook.attachments, dict) else {}
    if runbook.file is None:
        for name in mapped:
            if name not in files:
                known = ", ".join(files) or "none"
                yield (
                    ("attachments", name),
                    f"the document names no file {name!r} in 'files'; it names {known}",
                )
    for name, checksum in files.items():
        place = place_of(name, runbook.attachments)
        at = ("attachments", name) if name in mapped else ("attachments",)
        if place is None:
            continue
        if not FILE_NAME.fullmatch(name):
            yield at, f"{name!r} cannot name a file; use letters, digits, '-', '_', '.' and spaces"
        elif isinstance(place, str) and not is_url(place):
            yield at, f"{place!r} is a path, which only a definition in a file can name; write a URL"
        elif isinstance(place, str) and not checksum:
            yield at, f"{place} could change; give files.{name}.checksums.sha256 in the document"
