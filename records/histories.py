"""Archived workflow histories: gzip of the history as JSON, one row a run."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records.database import Connection

_STORE = """
insert into histories (workflow_id, run_id, run_number, history) values ($1, $2, $3, $4)
on conflict (workflow_id, run_id) do update set history = excluded.history, archived_at = now()
"""


async def store_history(
    connection: Connection, workflow_id: str, run_id: str, *, run_number: int, packed: bytes
) -> None:
    """Keep a run's history; a later copy of the same run replaces an earlier one."""
    await connection.execute(_STORE, workflow_id, run_id, run_number, packed)


async def read_histories(connection: Connection, workflow_id: str) -> list[tuple[str, str]]:
    """Run ids with histories as JSON text, first run first."""
    rows = await connection.fetch(
        "select run_id, history from histories where workflow_id = $1 order by run_number", workflow_id
    )
    return [(row["run_id"], gzip.decompress(row["history"]).decode()) for row in rows]
