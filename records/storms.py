"""Which page goes to a person when many incidents page them at once, and which wait to be told of together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records.database import Connection

UNDER_WAY = timedelta(seconds=60)
"""How long a page that was let go is taken to be on its way. After that its worker has died."""

LOOK_AGAIN = timedelta(seconds=5)
"""When to ask again while another page is on its way."""

FORGOTTEN = timedelta(days=1)
"""How long it is remembered which page told of another."""


@dataclass(frozen=True)
class Line:
    """One message of an engagement to a contact on a channel."""

    contact: str
    channel: str
    engagement_id: str
    key: str


@dataclass(frozen=True)
class Go:
    """The page goes, and tells of `others` incidents whose pages were held."""

    others: int = 0


@dataclass(frozen=True)
class Hold:
    """Another incident has just paged: ask again after `wait`."""

    wait: timedelta


@dataclass(frozen=True)
class Told:
    """Another page, with the key `by`, has told of this one."""

    by: str


async def admit(connection: Connection, line: Line, gap: timedelta) -> Go | Hold | Told:
    """Decide on one page, one at a time for each contact and channel.

    The engagement that paged last may page again at any time; another one only when `gap` has passed. What goes takes
    all that is held with it, and must be followed by `settle`.
    """
    async with connection.transaction():
        await _alone(connection, line)
        told_by = await connection.fetchval(
            "select told_by from held_pages where contact = $1 and channel = $2 and key = $3 and told",
            line.contact,
            line.channel,
            line.key,
        )
        if told_by is not None:
            return Told(told_by)
        wait = await _wait(connection, line, gap)
        if wait is not None:
            await connection.execute(
                "insert into held_pages (contact, channel, engagement_id, key) values ($1, $2, $3, $4)"
                " on conflict do nothing",
                line.contact,
                line.channel,
                line.engagement_id,
                line.key,
            )
            return Hold(wait)
        await _claim(connection, line, sent=False)
        return Go(await _take_along(connection, line))


async def settle(connection: Connection, line: Line, *, arrived: bool) -> None:
    """Say what became of a page that `admit` let go: did it arrive, or may it have? If not, nobody was told."""
    told = (line.contact, line.channel, line.key)
    async with connection.transaction():
        await _alone(connection, line)
        if arrived:
            await connection.execute(
                "update last_pages set sent = true where contact = $1 and channel = $2 and key = $3", *told
            )
            await connection.execute(
                "update held_pages set told = true where contact = $1 and channel = $2 and told_by = $3",
                *told,
            )
            return
        await connection.execute(
            "delete from last_pages where contact = $1 and channel = $2 and key = $3 and not sent", *told
        )
        await connection.execute(
            "update held_pages set told_by = null"
            " where contact = $1 and channel = $2 and told_by = $3 and not told",
            *told,
        )


async def note(connection: Connection, line: Line) -> None:
    """Remember a page that went out without being asked about."""
    await _claim(connection, line, sent=True)


async def _alone(connection: Connection, line: Line) -> None:
    """Nobody else decides on this contact's channel until the transaction ends."""
    lock = f"page {line.contact} {line.channel}"
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", lock)


async def _wait(connection: Connection, line: Line, gap: timedelta) -> timedelta | None:
    """How long the page must wait for those of other engagements; None: not at all."""
    last = await connection.fetchrow(
        "select sent, clock_timestamp() - claimed_at as age from last_pages"
        " where contact = $1 and channel = $2 and engagement_id <> $3",
        line.contact,
        line.channel,
        line.engagement_id,
    )
    if last is None:
        return None
    if not last["sent"]:
        return LOOK_AGAIN if timedelta(0) <= last["age"] < UNDER_WAY else None
    if last["age"] < timedelta(0):  # the clock was set back: nobody knows, so the page goes
        return None
    left: timedelta = gap - last["age"]
    return max(left, timedelta(seconds=1)) if left > timedelta(0) else None


async def _claim(connection: Connection, line: Line, *, sent: bool) -> None:
    await connection.execute(
        "insert into last_pages (contact, channel, engagement_id, key, claimed_at, sent)"
        " values ($1, $2, $3, $4, clock_timestamp(), $5)"
        " on conflict (contact, channel) do update set engagement_id = excluded.engagement_id,"
        " key = excluded.key, claimed_at = excluded.claimed_at, sent = excluded.sent",
        line.contact,
        line.channel,
        line.engagement_id,
        line.key,
        sent,
    )


async def _take_along(connection: Connection, line: Line) -> int:
    """Mark what is held as told of by this page; how many other incidents of it still page."""
    await connection.execute(
        "delete from held_pages where contact = $1 and channel = $2 and (key = $3 or held_at < now() - $4::interval)",
        line.contact,
        line.channel,
        line.key,
        FORGOTTEN,
    )
    others: int = await connection.fetchval(
        """
        with along as (
            update held_pages set told_by = $3
            where contact = $1 and channel = $2 and not told and engagement_id <> $4
              and not exists (select from engagements as settled
                               where settled.engagement_id = held_pages.engagement_id and settled.status <> 'ENGAGED')
            returning engagement_id
        )
        select count(distinct along.engagement_id) from along
        """,
        line.contact,
        line.channel,
        line.key,
        line.engagement_id,
    )
    return others
