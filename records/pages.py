"""Pages by what an outside answer names: a page's id, or the number that it was sent to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from records.base import Record
from records.engagements import EngagedPerson, EngagementRecord, Page

if TYPE_CHECKING:
    from records.database import Connection

WRONG_CODES = 5
"""How many wrong codes a page takes; after that its code is good for nothing."""

_BY_PAGE = """
select record from engagements
 where jsonb_path_query_array(record, '$.people.*.pages[*].page_id') @> to_jsonb(array[$1::text])
"""

_OF_CONTACTS = """
select engagements.record,
       coalesce(incidents.status, 'OPEN') = 'OPEN' as matters
  from engagements left join incidents using (incident_id)
 where engagements.status <> 'STOPPED' and engagements.started_at > $2
   and engagements.record -> 'people' ?| $1::text[]
 order by engagements.started_at desc limit 200
"""

# The try is claimed before the code is looked at, so that codes tried all at once are counted as well.
_CLAIM_TRIES = """
insert into wrong_codes as known (page_id, tries) select unnest($1::uuid[]), 1
on conflict (page_id) do update set tries = known.tries + 1 where known.tries < $2
returning page_id::text
"""


class PlacedPage(Record):
    """A page and where it belongs.

    `subject_id` is the workflow to tell; `open`: an answer is waited for; `over`: nothing more is sent meanwhile.
    """

    subject_id: str
    engagement_id: str
    contact: str
    page_id: str
    channel: str = ""
    open: bool = False
    over: bool = False


async def find_page(connection: Connection, page_id: str) -> PlacedPage | None:
    """The page of that id."""
    for row in await connection.fetch(_BY_PAGE, page_id):
        for placed in _placed(EngagementRecord.model_validate(row["record"]), matters=True):
            if placed.page_id == page_id:
                return placed
    return None


async def pages_on(
    connection: Connection, channels: Sequence[tuple[str, str]], since: datetime
) -> list[PlacedPage]:
    """The pages on these channels (contact and channel name) in engagements begun since, newest first."""
    contacts = sorted({contact for contact, _ in channels})
    return [
        placed
        for row in await connection.fetch(_OF_CONTACTS, contacts, since)
        for placed in _placed(EngagementRecord.model_validate(row["record"]), matters=row["matters"])
        if (placed.contact, placed.channel) in channels
    ]


async def claim_tries(connection: Connection, page_ids: Sequence[str]) -> set[str]:
    """Take one try at the code of each page; those that had one left."""
    rows = await connection.fetch(_CLAIM_TRIES, page_ids, WRONG_CODES)
    return {row["page_id"] for row in rows}


async def tries_left(connection: Connection, page_id: str) -> int:
    """How many codes may still be tried for a page."""
    tries: int | None = await connection.fetchval(
        "select tries from wrong_codes where page_id = $1::uuid", page_id
    )
    return WRONG_CODES - (tries or 0)


async def return_tries(connection: Connection, page_ids: Sequence[str]) -> None:
    """Give a try back to each page: the code was right."""
    await connection.execute(
        "update wrong_codes set tries = tries - 1 where page_id = any($1::uuid[]) and tries > 0", page_ids
    )


def _placed(engagement: EngagementRecord, *, matters: bool) -> Iterator[PlacedPage]:
    for person in engagement.people.values():
        for page in person.pages:
            yield PlacedPage(
                subject_id=engagement.incident_id or engagement.engagement_id,
                engagement_id=engagement.engagement_id,
                contact=person.contact,
                page_id=page.page_id,
                channel=page.channel,
                open=matters and _unanswered(person, page),
                over=person.finished,
            )


def _unanswered(person: EngagedPerson, page: Page) -> bool:
    answered = person.acknowledged_at or person.declined_at or person.handed_over_to
    return answered is None and not page.rejected
