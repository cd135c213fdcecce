"""The files on disk that a runbook brings along: read, checked, and known by their checksums from then on."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

from definitions.problems import Path
from definitions.runbooks import LARGEST_ATTACHMENT, STORED, document_files, is_url


class AttachedFileError(ValueError):
    """A file that cannot be attached; `path` leads to what names it in the definition."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def with_attached(plain: Mapping[str, Any], folder: File) -> tuple[dict[str, Any], dict[str, File]]:
    """A runbook as written, with its files on disk replaced by what is stored; and those files by SHA-256.

    Paths are seen from `folder`. Raises AttachedFileError.
    """
    written, found = plain.get("attachments"), {}
    places = dict(_on_disk(written, document_files(plain["document"])))
    if not places:
        return dict(plain), {}
    attachments: dict[str, Any] = dict(written) if isinstance(written, Mapping) else {}
    for name, place in places.items():
        path: Path = ("attachments", name) if isinstance(written, Mapping) else ("attachments",)
        sha256 = hashlib.sha256(read_attached(folder / place, path)).hexdigest()
        wanted = document_files(plain["document"]).get(name)
        if wanted and wanted != sha256:
            raise AttachedFileError(
                path, f"{place} has the SHA-256 {sha256}, the document says {wanted}; correct one of them"
            )
        attachments[name] = {"source": STORED, "sha256": sha256}
        found[sha256] = folder / place
    return {**plain, "attachments": attachments}, found


def read_attached(file: File, path: Path = ("attachments",)) -> bytes:
    """A file's content; raises AttachedFileError if it is missing or too large."""
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_ATTACHMENT + 1)
    except OSError as error:
        raise AttachedFileError(path, f"{file} cannot be read: {error.strerror}; check the path") from error
    if len(content) > LARGEST_ATTACHMENT:
        raise AttachedFileError(
            path, f"{file} is larger than {LARGEST_ATTACHMENT // 1_000_000} MB; make it smaller"
        )
    return content


def _on_disk(written: object, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(written, str) and not is_url(written):
        yield from ((name, f"{written}/{name}") for name in files)
    if isinstance(written, Mapping):
        yield from (
            (str(name), place)
            for name, place in written.items()
            if isinstance(place, str) and not is_url(place)
        )
