"""Revisions of definitions: which one is in force since when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from definitions.base import Kind
from records.base import Record

if TYPE_CHECKING:
    from records.database import Connection

_IN_FORCE = """
select name, revision, created_at
  from definitions join definition_revisions using (kind, name, revision)
 where kind = $1 and name = any($2)
"""

_NOTIFYING = """
select name from definitions
 where kind = $1 and coalesce((body ->> 'notify_hand_offs')::boolean, false)
 order by name
"""


class Revision(Record):
    """The revision of a definition that is in force, counted from 1 over its whole life."""

    number: int
    made_at: datetime


async def revisions_in_force(
    connection: Connection, kind: Kind, names: Collection[str]
) -> dict[str, Revision]:
    """The revisions in force of the definitions of one kind that have these names."""
    rows = await connection.fetch(_IN_FORCE, kind, list(names))
    return {row["name"]: Revision(number=row["revision"], made_at=row["created_at"]) for row in rows}


async def notifying_schedules(connection: Connection) -> list[str]:
    """The on-call schedules in force whose people are told when their shifts begin and end."""
    return [row["name"] for row in await connection.fetch(_NOTIFYING, Kind.ON_CALL_SCHEDULE)]
