"""Stored definitions: reading the catalog in force, and storing an apply as revisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from definitions.base import Kind
from definitions.catalog import AnyDefinition, Catalog, Definition
from records.channels import STATE_ROWS, ChannelStates, states_of

if TYPE_CHECKING:
    from records.database import Connection

_STORE = """
with revision as (
    insert into definition_revisions (kind, name, revision, body, author)
    select $1, $2, coalesce(max(revision), 0) + 1, $3, $4
      from definition_revisions where kind = $1 and name = $2
    returning kind, name, revision, body)
insert into definitions (kind, name, revision, body)
select kind, name, revision, body from revision
on conflict (kind, name) do update set revision = excluded.revision, body = excluded.body
"""

_DELETE = """
with gone as (delete from definitions where kind = $1 and name = $2 returning kind, name, revision)
insert into definition_revisions (kind, name, revision, body, author)
select kind, name, revision + 1, null, $3 from gone
"""


_READ = f"""
select body, null as contact, null as channel, null as address, null as status from definitions
union all
select null::json, states.* from ({STATE_ROWS}) as states
"""  # noqa: S608 - two texts of our own


async def read_catalog(connection: Connection) -> Catalog:
    """The catalog in force, with the channels that must not be paged: one round trip."""
    rows = await connection.fetch(_READ)
    definitions = [row["body"] for row in rows if row["body"] is not None]
    catalog = Catalog.of(AnyDefinition.validate_python(body) for body in definitions)
    return lay_over(catalog, states_of(row for row in rows if row["body"] is None))


def lay_over(catalog: Catalog, states: ChannelStates) -> Catalog:
    """The catalog with the channels that must not be paged by these states."""
    return catalog.model_copy(update={"silent_channels": states.silent_channels(catalog.contacts.values())})


async def catalog_version(connection: Connection) -> int:
    """A number that grows with every change of the catalog, the states of channels included."""
    return int(await connection.fetchval("select version from catalog_version"))


async def lock_catalog(connection: Connection) -> Catalog:
    """The catalog in force, locked against other changes until the transaction ends; its version moves on."""
    await connection.execute("update catalog_version set version = version + 1")
    return await read_catalog(connection)


async def store(connection: Connection, definitions: Iterable[Definition], *, author: str) -> None:
    """Make a new revision of each definition, and make it the one in force."""
    for definition in definitions:
        body: dict[str, Any] = definition.model_dump(mode="json")
        await connection.execute(_STORE, definition.kind, definition.name, body, author)


async def delete(connection: Connection, kind: Kind, name: str, *, author: str) -> bool:
    """Take a definition out of force; its revisions remain. False if there is none."""
    return await connection.execute(_DELETE, kind, name, author) != "INSERT 0 0"
