"""Connections to PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

# Strings, because the driver's classes take type arguments only in its type stubs.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

CONNECT_SECONDS = 3.0
COMMAND_SECONDS = 20.0
SERVER_SETTINGS = {
    "application_name": "tocsin",
    "statement_timeout": "15s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}

# What the driver raises when the server is away, is going away, hangs, or does not let us in.
OUTAGES = (
    OSError,  # TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # a database that takes no connections
    asyncpg.InternalClientError,  # the server's farewell came between two statements
)


class DatabaseUnavailable(Exception):  # noqa: N818 - it reads as a state: "while DatabaseUnavailable"
    """PostgreSQL does not answer, or broke off in the middle: what was asked may or may not have happened."""


async def _as_it_is(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Spares a round trip at each return to the pool: nothing here changes a session, and transactions are closed."""


class MalformedUrlError(ValueError):
    """The URL cannot be read; the message never repeats it, for it may hold a password."""


async def connect(database_url: str) -> asyncpg.Connection[asyncpg.Record]:
    """One connection without statement timeouts; raises DatabaseUnavailable."""
    try:
        connection = await asyncpg.connect(database_url, timeout=CONNECT_SECONDS)
        await use_json(connection)
    except OUTAGES as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {describe(error)}") from error
    except asyncpg.ClientConfigurationError as error:
        raise DatabaseUnavailable(f"the database's URL is malformed: {error}") from error
    return connection


async def open_pool(database_url: str, *, max_size: int = 20) -> Pool:
    """A pool that connects when it is first used, so it opens while PostgreSQL is down.

    jsonb and json columns are Python values. A statement is cut off after 15 s, connecting after 3 s.
    Raises MalformedUrlError.
    """
    try:
        return await asyncpg.create_pool(
            database_url,
            min_size=0,
            max_size=max_size,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings=SERVER_SETTINGS,
            init=use_json,
            reset=_as_it_is,
        )
    except (ValueError, asyncpg.InterfaceError) as error:
        raise MalformedUrlError(
            "the database's URL is malformed; it looks like postgresql://USER:PASSWORD@HOST:PORT/NAME"
        ) from error


@asynccontextmanager
async def acquire(pool: Pool) -> AsyncIterator[Connection]:
    """A connection from the pool; an outage before or during the block raises DatabaseUnavailable.

    Do nothing but database work in the block: any OSError and TimeoutError in it counts as an outage.
    """
    try:
        async with pool.acquire(timeout=COMMAND_SECONDS) as connection:
            yield connection
    except OUTAGES as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {describe(error)}") from error
    except asyncpg.UndefinedTableError as error:
        raise DatabaseUnavailable("PostgreSQL has no schema of ours (yet); run `tocsin migrate`") from error
    except asyncpg.InterfaceError as error:
        # The driver says so, and not OSError, of a connection that was lost while it was in use.
        if "closed" not in str(error):
            raise
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {describe(error)}") from error


_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def to_json(value: Any) -> str:
    """JSON text that PostgreSQL takes: it knows no NUL character, so a replacement character stands for it."""
    text = json.dumps(value)
    # Looking for the characters first is thirty times faster than matching what is hardly ever there.
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


async def use_json(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Makes the connection read and write jsonb and json as Python values."""
    for name in ("jsonb", "json"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=to_json, decoder=json.loads)


def describe(error: BaseException) -> str:
    """An outage in words, without any part of the database's URL."""
    return str(error) or type(error).__name__
