"""Incidents in PostgreSQL: accepting triggers, finding and listing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from records.base import Record
from records.incidents import IncidentRecord, IncidentStatus

if TYPE_CHECKING:
    from records.database import Connection

_ACCEPT = """
with accepted as (
    insert into incidents (incident_id, plan, title, status, impact, dedupe_key, created_at, record)
    values ($1, $2, $3, 'OPEN', $4, $5, $6, $7)
    on conflict (dedupe_key) where status = 'OPEN' do nothing
    returning incident_id)
insert into incident_starts (incident_id, input) select incident_id, $8::text::json from accepted
returning incident_id
"""

_COUNT_DUPLICATE = """
update incidents
   set duplicates = duplicates + 1,
       duplicate_noted_at = case when duplicate_noted_at is null or duplicate_noted_at < now() - interval '1 minute'
                                 then now() else duplicate_noted_at end
 where dedupe_key = $1 and status = 'OPEN' and record ->> 'status' = 'OPEN'
returning record, duplicates, duplicate_noted_at = now() as to_be_noted
"""

_LIST = """
select record from incidents
 where ($1::text is null or status = $1) and ($2::smallint is null or impact = $2) and ($3::text is null or plan = $3)
 order by created_at desc limit $4
"""


class FoldedTrigger(Record):
    """The open incident a duplicate went to. `to_be_noted`: it is the first within a minute."""

    incident: IncidentRecord
    count: int
    to_be_noted: bool


async def accept(connection: Connection, incident: IncidentRecord, start: str) -> bool:
    """Store a new incident and, as JSON, what its workflow starts with; False if an open one has its dedupe key."""
    accepted = await connection.fetchval(
        _ACCEPT,
        incident.incident_id,
        incident.plan,
        incident.title,
        incident.impact,
        incident.dedupe_key,
        incident.created_at,
        incident.model_dump(mode="json"),
        start,
    )
    return accepted is not None


async def fold_into_open(connection: Connection, dedupe_key: str) -> FoldedTrigger | None:
    """Count a duplicate on the open incident of that key; None if there is none any more."""
    row = await connection.fetchrow(_COUNT_DUPLICATE, dedupe_key)
    if row is None:
        return None
    return FoldedTrigger(
        incident=IncidentRecord.model_validate(row["record"]),
        count=row["duplicates"],
        to_be_noted=row["to_be_noted"],
    )


async def find(connection: Connection, incident_id: str) -> IncidentRecord | None:
    """The incident of that id."""
    row = await connection.fetchrow("select record from incidents where incident_id = $1", incident_id)
    return IncidentRecord.model_validate(row["record"]) if row else None


async def ids_beginning_with(connection: Connection, prefix: str) -> list[str]:
    """Up to two ids of incidents, stand-alone engagements or executions that begin so."""
    rows = await connection.fetch(
        """select id::text from (select incident_id as id from incidents union all
                                 select engagement_id from engagements union all
                                 select execution_id from automations) as known
            where id::text like $1 || '%' limit 2""",
        prefix,
    )
    return [row["id"] for row in rows]


async def list_incidents(
    connection: Connection,
    *,
    status: IncidentStatus | None = None,
    impact: int | None = None,
    plan: str | None = None,
    limit: int = 50,
) -> list[IncidentRecord]:
    """Incidents, newest first."""
    rows = await connection.fetch(_LIST, status, impact, plan, limit)
    return [IncidentRecord.model_validate(row["record"]) for row in rows]


async def claim_reopening(connection: Connection, incident_id: str) -> bool:
    """Claim the dedupe key for a resolved incident; False if an open incident has it."""
    taken = await connection.fetchval(
        """select 1 from incidents other join incidents mine using (dedupe_key)
            where mine.incident_id = $1 and other.incident_id <> $1 and other.status = 'OPEN'""",
        incident_id,
    )
    if taken is not None:
        return False
    await connection.execute("update incidents set status = 'OPEN' where incident_id = $1", incident_id)
    return True


async def release_claims(connection: Connection, dedupe_key: str) -> None:
    """Free the key from an incident that was to be reopened and never was."""
    await connection.execute(
        "update incidents set status = 'RESOLVED' where dedupe_key = $1 and record ->> 'status' = 'RESOLVED'",
        dedupe_key,
    )


async def give_up(connection: Connection, incident_id: str) -> None:
    """Close the record of an incident whose workflow was ended from outside, so that its key is free."""
    await connection.execute(
        """update incidents
              set status = 'RESOLVED', resolved_at = now(), closed_at = now(),
                  record = record || jsonb_build_object(
                      'status', 'RESOLVED', 'resolved_at', now(), 'closed_at', now(), 'modified_by', 'tocsin')
            where incident_id = $1 and status = 'OPEN'""",
        incident_id,
    )


async def waiting_starts(connection: Connection, before: datetime) -> list[dict[str, Any]]:
    """What to start workflows with that were accepted before and have written nothing since."""
    rows = await connection.fetch(
        "select input from incident_starts where accepted_at < $1 order by accepted_at limit 100", before
    )
    return [row["input"] for row in rows]


async def waiting_start(connection: Connection, incident_id: str) -> dict[str, Any] | None:
    """What to start this incident's workflow with, if it has written nothing yet."""
    start: dict[str, Any] | None = await connection.fetchval(
        "select input from incident_starts where incident_id = $1", incident_id
    )
    return start
