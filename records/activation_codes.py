"""Activation codes on their way to the owners of channels (AWS: SendActivationCode, ActivateContactChannel)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from definitions.contacts import Channel
from records.base import Record

if TYPE_CHECKING:
    from records.database import Connection

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=15)
CODE_TRIES = 5
CODE_SENDS = 3
CODE_SENDS_WITHIN = timedelta(minutes=15)


class NewCode(Record):
    """A code to send, or none: then so many were sent that the next may be sent at `next_at`."""

    code_id: int | None = None
    code: str = ""
    expires_at: datetime | None = None
    next_at: datetime | None = None


class Guess(Record):
    """What became of a guess. `expected` is False where there is nothing to guess: no code, or one that is used up."""

    right: bool = False
    expected: bool = True
    expired: bool = False
    other_address: bool = False
    tries_left: int = 0


async def new_code(connection: Connection, contact: str, channel: Channel) -> NewCode:
    """Make a code for a channel, unless too many have been made of late. Only its hash is stored.

    To be called in a transaction: of two that ask at once, one waits.
    """
    await hold_catalog(connection)
    await connection.execute("delete from activation_codes where expires_at < now() - interval '1 day'")
    last = await connection.fetch(
        """select sent_at from activation_codes where contact = $1 and channel = $2 and sent_at > now() - $3::interval
            order by sent_at desc limit $4""",
        contact,
        channel.name,
        CODE_SENDS_WITHIN,
        CODE_SENDS,
    )
    if len(last) == CODE_SENDS:
        return NewCode(next_at=last[-1]["sent_at"].astimezone(UTC) + CODE_SENDS_WITHIN)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    row = await connection.fetchrow(
        """insert into activation_codes (contact, channel, address, sha256, expires_at)
           values ($1, $2, $3, $4, now() + $5::interval) returning code_id, expires_at""",
        contact,
        channel.name,
        channel.address,
        _sha256(contact, channel, code),
        CODE_LIFETIME,
    )
    assert row is not None  # noqa: S101 - an insert returns its row
    return NewCode(code_id=row["code_id"], code=code, expires_at=row["expires_at"].astimezone(UTC))


async def withdraw_code(connection: Connection, code_id: int) -> None:
    """Forget a code that could not be sent, so that the one before counts and the next may be sent."""
    await connection.execute("delete from activation_codes where code_id = $1", code_id)


async def guess_code(connection: Connection, contact: str, channel: Channel, code: str) -> Guess:
    """Try a code; a right one is used up, a wrong one counted. To be called in a transaction that is committed."""
    await hold_catalog(connection)
    newest = await connection.fetchrow(
        """select code_id, address, sha256, tries, used, expires_at <= now() as expired
             from activation_codes where contact = $1 and channel = $2 order by sent_at desc, code_id desc limit 1""",
        contact,
        channel.name,
    )
    if newest is None or newest["used"]:
        return Guess(expected=False)
    if newest["address"] != channel.address:
        return Guess(other_address=True)
    if newest["expired"]:
        return Guess(expired=True)
    if newest["tries"] >= CODE_TRIES:
        return Guess()
    right = hmac.compare_digest(newest["sha256"], _sha256(contact, channel, code))
    await connection.execute(
        "update activation_codes set tries = tries + 1, used = $2 where code_id = $1",
        newest["code_id"],
        right,
    )
    return Guess(right=right, tries_left=CODE_TRIES - newest["tries"] - 1)


async def hold_catalog(connection: Connection) -> None:
    """Let nobody change definitions, channels' states or codes until the transaction ends."""
    await connection.execute("select version from catalog_version for update")


def _sha256(contact: str, channel: Channel, code: str) -> bytes:
    # Salted with the channel, so that no two channels' codes can be compared.
    return hashlib.sha256("\0".join((contact, channel.name, channel.address, code)).encode()).digest()
