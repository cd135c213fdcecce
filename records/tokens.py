"""API tokens: 256 random bits each, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets

from records.database import Connection

PREFIX = "tocsin_"
"""Makes a leaked token recognisable."""


async def create(connection: Connection, name: str) -> str:
    """Makes a token called `name` and returns its text, which cannot be had again."""
    token = PREFIX + secrets.token_urlsafe(32)
    await connection.execute("INSERT INTO api_tokens (name, sha256) VALUES ($1, $2)", name, _digest(token))
    return token


async def verify(connection: Connection, token: str) -> str | None:
    """The name of the token, or None when there is no such token."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM api_tokens WHERE sha256 = $1", _digest(token)
    )
    return name


def _digest(token: str) -> bytes:
    # A lookup by hash needs no slow hash: 256 random bits cannot be guessed.
    return hashlib.sha256(token.encode()).digest()
