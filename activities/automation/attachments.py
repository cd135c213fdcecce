"""Files that a document brings along for its scripts: fetched, checked, unpacked."""

import asyncio
import hashlib
import io
import lzma
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path, PurePosixPath

import httpx2

from activities.automation.effects import Outside
from activities.automation.inputs import wrong_input
from activities.automation.steps import AttachedFile, StepAttempt, step_failed
from definitions.runbooks import LARGEST_ATTACHMENT, STORED
from records import attachments
from records.bounded import acquire_within
from records.database import DatabaseUnavailable

MOST_FILES = 1000
LARGEST_UNPACKED = 100_000_000
"""Files in a zip file, and bytes of them all, unpacked."""

PATIENCE = 10.0
"""Seconds that the database, and each answer of another server, may take."""

_UNPACKING = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, RuntimeError, ValueError, OSError, EOFError),
)
"""What goes wrong with zip files that are none, or that somebody has bent."""

_KEPT = 5
_cache: OrderedDict[str, bytes] = OrderedDict()


async def fetch(name: str, attempt: StepAttempt, outside: Outside) -> bytes:
    """The content of the file that the document calls `name`; fails the step if it is not what it must be."""
    file = next((file for file in attempt.files if file.name == name), None)
    if file is None:
        known = ", ".join(file.name for file in attempt.files) or "none"
        raise wrong_input(
            f"where the file {name!r} is, the runbook does not say (known: {known}); give it in its attachments"
        )
    if file.sha256 in _cache:
        _cache.move_to_end(file.sha256)
        return _cache[file.sha256]
    content = await (_stored(file, outside) if file.source == STORED else _downloaded(file, outside))
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise step_failed(
            f"the file {name!r} from {file.source} has the SHA-256 {found}; it must be {file.sha256}"
        )
    _cache[file.sha256] = content
    while len(_cache) > _KEPT:
        _cache.popitem(last=False)
    return content


async def _stored(file: AttachedFile, outside: Outside) -> bytes:
    if outside.records is None:
        raise step_failed(
            f"the file {file.name!r} is kept in PostgreSQL, which this runner has no DATABASE_URL for; set it, or "
            "give the file as a URL in the runbook's attachments"
        )
    try:
        async with acquire_within(outside.records, PATIENCE) as connection:
            content = await attachments.read(connection, file.sha256)
    except DatabaseUnavailable as error:
        raise step_failed(f"the file {file.name!r} cannot be read: {error}") from error
    if content is None:
        raise step_failed(f"the file {file.name!r} is not in PostgreSQL; apply the runbook again")
    return content


async def _downloaded(file: AttachedFile, outside: Outside) -> bytes:
    content = bytearray()
    try:
        async with outside.http.stream("GET", file.source, follow_redirects=True, timeout=PATIENCE) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > LARGEST_ATTACHMENT:
                    raise step_failed(f"{file.source} is larger than {LARGEST_ATTACHMENT // 1_000_000} MB")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise step_failed(f"the file {file.name!r} cannot be had: {error or type(error).__name__}") from error
    return bytes(content)


async def unpack(name: str, content: bytes, folder: Path) -> None:
    """Put a file, or what is in a zip file, into a folder that any user can read; fails the step if that is unsafe."""
    await asyncio.to_thread(_unpack, name, content, folder)


def _unpack(name: str, content: bytes, folder: Path) -> None:
    folder.chmod(0o755)
    if not name.lower().endswith(".zip"):
        _write(folder / PurePosixPath(name).name, content)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _unpack_zip(name, archive, folder)
    except _UNPACKING as error:
        raise step_failed(f"{name!r} cannot be unpacked: {error}") from error


def _unpack_zip(name: str, archive: zipfile.ZipFile, folder: Path) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise step_failed(f"{name!r} holds {len(entries)} files; at most {MOST_FILES} are unpacked")
    left = LARGEST_UNPACKED
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        linked = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if path.is_absolute() or ".." in path.parts or linked or not path.parts:
            raise step_failed(f"{name!r} holds {entry.filename!r}, which leads out of its folder")
        with archive.open(entry) as packed:
            content = packed.read(left + 1)  # what the entry says of its size proves nothing
        left -= len(content)
        if left < 0:
            raise step_failed(f"{name!r} is more than {LARGEST_UNPACKED // 1_000_000} MB when unpacked")
        _write(folder / path, content)


def _write(path: Path, content: bytes) -> None:
    for folder in reversed([one for one in path.parents if not one.exists()]):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    path.write_bytes(content)
    path.chmod(0o644)
