"""One runbook as it is, or was, in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from definitions.runbooks import Runbook

if TYPE_CHECKING:
    from records.database import Connection

_CURRENT = "select body, revision from definitions where kind = 'Runbook' and name = $1"
_REVISION = """
select body, revision from definition_revisions
 where kind = 'Runbook' and name = $1 and revision = $2 and body is not null
"""


async def read_runbook(connection: Connection, name: str, version: str = "") -> tuple[Runbook, int] | None:
    """The runbook and its revision; `version` is a revision's number, or names the current one ($DEFAULT, $LATEST)."""
    if version.isdecimal():
        row = await connection.fetchrow(_REVISION, name, int(version))
    else:
        row = await connection.fetchrow(_CURRENT, name)
    return None if row is None else (Runbook.model_validate(row["body"]), row["revision"])
