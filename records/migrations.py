"""The schema's history: numbered SQL files, each applied once, in order, in a transaction of its own.

The files are records/migrations/NNNN_name.sql. A file that was applied is never
edited: the next number changes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import asyncpg

from records.database import Connection, connect

FILE_NAME = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
LOCK = 0x746F6373696E
"""Key of the advisory lock that one migrator at a time holds: `tocsin` in ASCII."""

HISTORY_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version     integer     PRIMARY KEY,
    name        text        NOT NULL,
    checksum    text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(Exception):
    """The database was left as it was; the message names the migration."""


class EditedMigrationError(MigrationError):
    """A migration that was applied reads differently now."""


class NewerDatabaseError(MigrationError):
    """The database was migrated by a later version of Tocsin."""


class FailedMigrationError(MigrationError):
    """PostgreSQL refused a migration's SQL; earlier files stay applied, this one left nothing."""


@dataclass(frozen=True)
class Migration:
    """One file of SQL."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text; line endings do not count."""
        return hashlib.sha256(self.sql.replace("\r\n", "\n").encode()).hexdigest()

    @property
    def file_name(self) -> str:
        """The file's name as a person looks for it."""
        return f"{self.version:04d}_{self.name}.sql"


def shipped_migrations() -> list[Migration]:
    """The migrations of this version of Tocsin, in order; raises MigrationError when a file is misnamed."""
    found: dict[int, Migration] = {}
    for file in resources.files("records").joinpath("migrations").iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = FILE_NAME.fullmatch(file.name)
        if match is None:
            raise MigrationError(f"{file.name} is not named like 0001_what_it_does.sql")
        migration = Migration(int(match["version"]), match["name"], file.read_text(encoding="utf-8"))
        if migration.version in found:
            raise MigrationError(
                f"{migration.file_name} and {found[migration.version].file_name} have the same number"
            )
        found[migration.version] = migration
    return [found[version] for version in sorted(found)]


async def migrate(database_url: str, *, migrations: Sequence[Migration] | None = None) -> list[int]:
    """Applies what is missing and returns the versions it applied; several at once take turns.

    Raises EditedMigrationError, NewerDatabaseError, FailedMigrationError, DatabaseUnavailable.
    """
    known = shipped_migrations() if migrations is None else list(migrations)
    connection = await connect(database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        await connection.execute(HISTORY_TABLE)
        applied = await _applied_checksums(connection)
        _refuse_another_history(known, applied)
        missing = [migration for migration in known if migration.version not in applied]
        for migration in missing:
            await _apply(connection, migration)
        return [migration.version for migration in missing]
    finally:
        await connection.close()


async def _applied_checksums(connection: Connection) -> dict[int, str]:
    rows = await connection.fetch("SELECT version, checksum FROM schema_migrations")
    return {row["version"]: row["checksum"] for row in rows}


def _refuse_another_history(known: Sequence[Migration], applied: dict[int, str]) -> None:
    by_version = {migration.version: migration for migration in known}
    newest_known = max(by_version, default=0)
    for version, checksum in sorted(applied.items()):
        migration = by_version.get(version)
        if migration is None:
            raise NewerDatabaseError(
                f"the database is at schema {max(applied)}, this Tocsin knows {newest_known}: use a newer one"
            )
        if migration.checksum != checksum:
            raise EditedMigrationError(
                f"{migration.file_name} was edited after it was applied: restore it and add a new file"
            )


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.checksum,
            )
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise FailedMigrationError(f"{migration.file_name}: {error}") from error
