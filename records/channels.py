"""What contacts said about their channels: which may be paged, and which must not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from definitions.contacts import Channel, ChannelType, Contact

if TYPE_CHECKING:
    import asyncpg

    from records.database import Connection

MOST_TOLD = 1000
"""Running workflows that are told of a channel that fell silent."""


class ChannelStatus(StrEnum):
    """Whether a channel may be paged: only ACTIVATED ones are. AWS knows the first two."""

    NOT_ACTIVATED = "NOT_ACTIVATED"
    ACTIVATED = "ACTIVATED"
    DEACTIVATED = "DEACTIVATED"
    OPTED_OUT = "OPTED_OUT"


@dataclass(frozen=True)
class ChannelStates:
    """What is recorded: address and status by contact and channel, and the numbers that want no SMS."""

    said: Mapping[tuple[str, str], tuple[str, ChannelStatus]] = field(default_factory=dict)
    opted_out: frozenset[str] = frozenset()

    def status(self, contact: str, channel: Channel) -> ChannelStatus:
        """Where a channel stands. What was said of another address does not count (AWS: a new one needs a new code)."""
        if channel.type is ChannelType.SMS and channel.address in self.opted_out:
            return ChannelStatus.OPTED_OUT
        address, status = self.said.get((contact, channel.name), ("", None))
        if status is not None and address == channel.address:
            return status
        return ChannelStatus.NOT_ACTIVATED if channel.needs_a_code else ChannelStatus.ACTIVATED

    def silent_channels(self, contacts: Iterable[Contact]) -> dict[str, dict[str, str]]:
        """The status of every channel that must not be paged, by contact and channel."""
        silent: dict[str, dict[str, str]] = {}
        for contact in contacts:
            for channel in contact.channels:
                status = self.status(contact.name, channel)
                if status is not ChannelStatus.ACTIVATED:
                    silent.setdefault(contact.name, {})[channel.name] = status.value
        return silent


STATE_ROWS = """
select contact, channel, address, status from channel_states
union all
select null, null, address, 'OPTED_OUT' from opted_out_numbers
"""
"""What `states_of` reads; numbers that opted out have no contact."""


def states_of(rows: Iterable[asyncpg.Record]) -> ChannelStates:
    """The states in rows of `STATE_ROWS`."""
    said: dict[tuple[str, str], tuple[str, ChannelStatus]] = {}
    opted_out: set[str] = set()
    for row in rows:
        if row["contact"] is None:
            opted_out.add(row["address"])
        else:
            said[row["contact"], row["channel"]] = row["address"], ChannelStatus(row["status"])
    return ChannelStates(said, frozenset(opted_out))


async def read_states(connection: Connection) -> ChannelStates:
    """Everything recorded about channels."""
    return states_of(await connection.fetch(STATE_ROWS))


async def set_status(
    connection: Connection, contact: str, channel: Channel, status: ChannelStatus, *, author: str
) -> None:
    """Record where a channel stands, for the address it has now; the catalog's version moves on.

    Codes that are on their way to it count no more.
    """
    await connection.execute(
        """insert into channel_states (contact, channel, address, status, changed_by)
           values ($1, $2, $3, $4, $5)
           on conflict (contact, channel) do update
              set address = excluded.address, status = excluded.status,
                  changed_by = excluded.changed_by, changed_at = now()""",
        contact,
        channel.name,
        channel.address,
        status,
        author,
    )
    await connection.execute(
        "update activation_codes set used = true where contact = $1 and channel = $2", contact, channel.name
    )
    await _move_on(connection)


async def opt_out(connection: Connection, address: str) -> bool:
    """No SMS to this number any more; False if that has been so already."""
    done = await connection.execute(
        "insert into opted_out_numbers (address) values ($1) on conflict do nothing", address
    )
    return await _moved_on(connection, changed=done != "INSERT 0 0")


async def opt_in(connection: Connection, address: str) -> bool:
    """Its owner takes SMS again; False if it had not opted out."""
    done = await connection.execute("delete from opted_out_numbers where address = $1", address)
    return await _moved_on(connection, changed=done != "DELETE 0")


async def has_opted_out(connection: Connection, address: str) -> bool:
    """Whether a number wants no SMS."""
    return bool(
        await connection.fetchval("select exists (select from opted_out_numbers where address = $1)", address)
    )


async def _moved_on(connection: Connection, *, changed: bool) -> bool:
    if changed:
        await _move_on(connection)
    return changed


async def _move_on(connection: Connection) -> None:
    await connection.execute("update catalog_version set version = version + 1")


async def workflows_that_may_page(connection: Connection, contact: str) -> list[str]:
    """Ids of running workflows that may still page a contact: newest first, at most `MOST_TOLD`.

    One that climbs may come to anybody; one that was acknowledged pages only those whom it has engaged.
    """
    rows = await connection.fetch(
        """select id::text from (
               select incident_id as id, accepted_at as at from incident_starts
               union all
               select coalesce(incident_id, engagement_id), started_at from engagements where status = 'ENGAGED'
               union all
               select incident_id, started_at from incidents join engagements using (incident_id)
                where incidents.status = 'OPEN' and engagements.status = 'ACKNOWLEDGED'
                  and engagements.record -> 'people' ? $1
               union all
               select engagement_id, started_at from engagements
                where incident_id is null and status = 'ACKNOWLEDGED' and started_at > now() - interval '8 days'
                  and record -> 'people' ? $1
           ) as running group by id order by max(at) desc limit $2""",
        contact,
        MOST_TOLD,
    )
    return [row["id"] for row in rows]
