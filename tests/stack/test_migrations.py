"""The schema's migrations, against a real PostgreSQL."""

import asyncio

import asyncpg
import pytest

from records import tokens
from records.database import DatabaseUnavailable, acquire, open_pool
from records.migrations import (
    EditedMigrationError,
    FailedMigrationError,
    Migration,
    NewerDatabaseError,
    migrate,
    shipped_migrations,
)

pytestmark = pytest.mark.timeout(30)

BELLS = Migration(1, "bells", "CREATE TABLE bells (name text)")
RINGERS = Migration(2, "ringers", "CREATE TABLE ringers (name text); INSERT INTO ringers VALUES ('Ann')")
BROKEN = Migration(3, "broken", "CREATE TABLE half (name text); SELECT no_such_function()")


async def tables(database_url: str) -> set[str]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


async def test_five_migrators_at_once_apply_each_file_once(empty_database_url: str) -> None:
    answers = await asyncio.gather(
        *(migrate(empty_database_url, migrations=[BELLS, RINGERS]) for _ in range(5))
    )
    assert sorted(answers, key=len) == [[], [], [], [], [1, 2]]
    assert await tables(empty_database_url) == {"schema_migrations", "bells", "ringers"}


async def test_a_file_that_fails_half_way_leaves_nothing_and_can_be_repaired(empty_database_url: str) -> None:
    with pytest.raises(FailedMigrationError, match=r"0003_broken\.sql.*no_such_function"):
        await migrate(empty_database_url, migrations=[BELLS, RINGERS, BROKEN])
    assert await tables(empty_database_url) == {"schema_migrations", "bells", "ringers"}
    repaired = Migration(3, "repaired", "CREATE TABLE whole (name text)")
    assert await migrate(empty_database_url, migrations=[BELLS, RINGERS, repaired]) == [3]


async def test_an_edited_file_is_refused_by_name(empty_database_url: str) -> None:
    await migrate(empty_database_url, migrations=[BELLS])
    edited = Migration(1, "bells", "CREATE TABLE bells (name text, weight int)")
    with pytest.raises(EditedMigrationError, match=r"0001_bells\.sql was edited"):
        await migrate(empty_database_url, migrations=[edited, RINGERS])
    assert await tables(empty_database_url) == {"schema_migrations", "bells"}


async def test_other_line_endings_are_not_an_edit(empty_database_url: str) -> None:
    await migrate(empty_database_url, migrations=[Migration(1, "bells", "CREATE TABLE bells (\nname text)")])
    windows = Migration(1, "bells", "CREATE TABLE bells (\r\nname text)")
    assert await migrate(empty_database_url, migrations=[windows]) == []


async def test_a_database_of_a_newer_version_is_refused(empty_database_url: str) -> None:
    await migrate(empty_database_url, migrations=[BELLS, RINGERS])
    with pytest.raises(NewerDatabaseError, match="schema 2, this Tocsin knows 1"):
        await migrate(empty_database_url, migrations=[BELLS])


async def test_the_shipped_files_are_numbered_without_gaps_and_apply_to_an_empty_database(
    empty_database_url: str,
) -> None:
    numbers = [migration.version for migration in shipped_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert await migrate(empty_database_url) == numbers
    assert await migrate(empty_database_url) == []


async def test_a_database_that_is_away_is_said_to_be_away() -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate("postgresql://tocsin@127.0.0.1:1/tocsin")


async def test_a_pool_opens_while_the_database_is_away_and_says_so_when_used() -> None:
    pool = await open_pool("postgresql://tocsin@127.0.0.1:1/tocsin")
    with pytest.raises(DatabaseUnavailable):
        async with acquire(pool) as connection:
            await connection.execute("SELECT 1")
    await pool.close()


async def test_json_columns_are_python_values(database_url: str) -> None:
    pool = await open_pool(database_url)
    async with acquire(pool) as connection:
        value = {"bells": [1, None, "ü"], "deep": {"er": True}}
        assert await connection.fetchval("SELECT $1::jsonb", value) == value
        assert await connection.fetchval("SELECT $1::jsonb ->> 'deep'", value) == '{"er": true}'
    await pool.close()


async def test_a_session_ended_by_the_server_is_an_outage_and_the_next_one_works(database_url: str) -> None:
    pool = await open_pool(database_url, max_size=2)
    with pytest.raises(DatabaseUnavailable):
        async with acquire(pool) as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    async with acquire(pool) as connection:
        assert await connection.fetchval("SELECT 1") == 1
    await pool.close()


async def test_a_token_is_known_by_its_text_and_kept_only_as_a_hash(database_url: str) -> None:
    pool = await open_pool(database_url)
    async with acquire(pool) as connection:
        token = await tokens.create(connection, "deploy script")
        assert await tokens.verify(connection, token) == "deploy script"
        assert await tokens.verify(connection, token + "x") is None
        stored = await connection.fetchval("SELECT api_tokens::text FROM api_tokens")
    assert token not in stored
    assert len(token) >= 43
    await pool.close()
