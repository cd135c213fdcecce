"""The activity that sends an activation code: the code itself is known only to it and to the channel's owner."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from temporalio import activity

from activities.heartbeat import beating
from activities.paging.messages import Delivery, Notice, Outcome
from activities.paging.pager import Pager
from definitions.contacts import Channel, ChannelType
from definitions.durations import format_duration
from records.activation_codes import CODE_LIFETIME, NewCode, new_code, withdraw_code
from records.base import Record
from records.bounded import acquire_within
from records.database import DatabaseUnavailable

if TYPE_CHECKING:
    from records.database import Pool

PATIENCE = 5.0
"""Seconds that PostgreSQL may take."""

TRIES = 3
PAUSE = 1.0
"""How often a code is handed over that the other side does not take at once, and seconds between."""


class CodeRequest(Record):
    """A channel that is to be sent a code. `key` is that of the message."""

    key: str
    contact: str
    display_name: str = ""
    channel: Channel


class CodeSent(Record):
    """What became of it. `next_at`: too many have been sent, and none was now. `trouble`: what else went wrong."""

    delivery: Delivery | None = None
    expires_at: datetime | None = None
    next_at: datetime | None = None
    trouble: str = ""


class ActivationCodes:
    """Activities about activation codes. Codes stay out of histories: only hashes are kept, in PostgreSQL."""

    def __init__(self, pool: Pool, pager: Pager) -> None:
        self._pool = pool
        self._pager = pager

    @activity.defn
    async def send_activation_code(self, request: CodeRequest) -> CodeSent:
        """Make a code, store its hash and send it. Whatever goes wrong is a result."""
        return await beating(self._make_and_send(request))

    async def _make_and_send(self, request: CodeRequest) -> CodeSent:
        try:
            made = await self._make(request)
        except DatabaseUnavailable as error:
            return CodeSent(trouble=f"no code was sent: {error}")
        if made.code_id is None:
            return CodeSent(next_at=made.next_at)
        delivery = await self._send(request, made)
        if delivery.outcome in (Outcome.RETRY, Outcome.REJECTED):
            await self._withdraw(made.code_id)
        return CodeSent(delivery=delivery, expires_at=made.expires_at)

    async def _make(self, request: CodeRequest) -> NewCode:
        async with acquire_within(self._pool, PATIENCE) as connection, connection.transaction():
            return await new_code(connection, request.contact, request.channel)

    async def _send(self, request: CodeRequest, made: NewCode) -> Delivery:
        notice = Notice(
            key=request.key,
            channel=request.channel,
            contact=request.contact,
            display_name=request.display_name,
            subject=f"Tocsin: {_shown(request.channel, made.code)} is your activation code",
            body=_body(request, made.code),
        )
        delivery = await self._pager.send_notice(notice)
        for _ in range(TRIES - 1):
            if delivery.outcome is not Outcome.RETRY:
                break
            await asyncio.sleep(PAUSE)
            delivery = await self._pager.send_notice(notice)
        return delivery

    async def _withdraw(self, code_id: int) -> None:
        try:
            async with acquire_within(self._pool, PATIENCE) as connection:
                await withdraw_code(connection, code_id)
        except DatabaseUnavailable as error:
            activity.logger.warning("a code that was not sent still counts as sent: %s", error)


def _shown(channel: Channel, code: str) -> str:
    """The code, digit by digit where it is read out."""
    return ", ".join(code) if channel.type is ChannelType.VOICE else code


def _body(request: CodeRequest, code: str) -> str:
    lines = [f"It is good for {format_duration(CODE_LIFETIME)}."]
    if request.channel.type is ChannelType.VOICE:
        lines.append(f"Once more: {_shown(request.channel, code)}.")
    else:
        lines.append(f"To activate: tocsin channel activate {request.contact} {request.channel.name} {code}")
    lines.append("If you expect no pages from here, do nothing: nothing more will come.")
    return "\n".join(lines)
