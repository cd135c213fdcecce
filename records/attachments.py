"""Files that documents bring along for their scripts, by the SHA-256 of their content."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records.database import Connection


async def store(connection: Connection, files: Iterable[tuple[str, bytes]]) -> None:
    """Keep contents by their SHA-256 (hexadecimal); what is there already stays."""
    for sha256, content in files:
        await connection.execute(
            "insert into attachments (sha256, content) values ($1, $2) on conflict do nothing",
            sha256,
            content,
        )


async def read(connection: Connection, sha256: str) -> bytes | None:
    """The content with that SHA-256, or None."""
    content: bytes | None = await connection.fetchval(
        "select content from attachments where sha256 = $1", sha256
    )
    return content
