"""Channels: what may be paged, activating them by code, deactivating them, and replies that opt out and in."""

from __future__ import annotations

import asyncio
import contextlib
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from activities.activation import CodeRequest, CodeSent
from activities.paging.messages import Delivery, Notice, Outcome
from client.channel_details import (
    ChannelDetails,
    contact_named,
    contacts_by_name,
    details_of,
    find_channel,
    status_of,
    with_number,
)
from client.definitions import Definitions
from client.errors import (
    ConflictError,
    InvalidInputError,
    QuotaExceededError,
    TocsinError,
    UnavailableError,
)
from definitions.catalog import Catalog
from definitions.contacts import Channel, Contact
from definitions.durations import format_duration
from records import channels as states
from records.activation_codes import CODE_DIGITS, CODE_SENDS, Guess, guess_code, hold_catalog
from records.base import Record
from records.channels import ChannelStatus, workflows_that_may_page
from records.definitions import read_catalog
from workflows.messages import DeactivateChannel
from workflows.notices import ActivationWorkflow, NoticeWorkflow
from workflows.starting import PATIENCE
from workflows.summaries import label
from workflows.timeouts import TASK_TIMEOUT

T = TypeVar("T")

SENDING = timedelta(seconds=120)
"""How long a notice may take until it is given up."""

ANSWER_WITHIN = 30.0
"""Seconds to wait for what became of a notice; it may still go out later."""

TELLING = 10.0
TOLD_AT_ONCE = 20
"""Seconds that telling running workflows of a silent channel may take, and how many are told at the same time."""


class SentCode(Record):
    """A code on its way; `delivery` says what is known of that."""

    channel: ChannelDetails
    delivery: Delivery
    expires_at: datetime


class Channels(Definitions):
    """What can be done with channels."""

    async def list_channels(self, contact: str | None = None) -> list[ChannelDetails]:
        """The channels of a contact, or of all. Raises NotFoundError."""
        catalog = await self.catalog()
        wanted = [contact_named(catalog, contact)] if contact is not None else contacts_by_name(catalog)
        return [details_of(catalog, one, channel) for one in wanted for channel in one.channels]

    async def send_activation_code(self, contact: str, channel: str) -> SentCode:
        """Send a code to the channel's address: 6 digits, good for 15 minutes and 5 tries.

        Raises NotFoundError, ConflictError if it is activated or has opted out, QuotaExceededError after 3 codes in
        15 minutes, UnavailableError if it could not be sent.
        """
        catalog = await self.catalog()
        owner, found = find_channel(catalog, contact, channel)
        _may_be_activated(catalog, owner, found)
        key = str(uuid.uuid4())
        request = CodeRequest(key=key, contact=contact, display_name=owner.display_name, channel=found)
        sent = await self._run(
            ActivationWorkflow.run, request, CodeSent, key=key, summary=f"activation code for {contact}"
        )
        if sent.next_at is not None:
            raise QuotaExceededError(
                f"{CODE_SENDS} codes have been sent to {contact}'s {channel} in a short time; "
                f"the next may be sent in {_in(sent.next_at)}"
            )
        if sent.delivery is None or sent.expires_at is None:
            raise UnavailableError(sent.trouble or "no code was sent, and the worker did not say why")
        _has_left(sent.delivery, "the code")
        details = details_of(catalog, owner, found)
        return SentCode(channel=details, delivery=sent.delivery, expires_at=sent.expires_at)

    async def activate_channel(self, contact: str, channel: str, code: str) -> ChannelDetails:
        """Activate a channel by the code that was sent to it, for the address it was sent to.

        Raises InvalidInputError for a wrong or expired code, ConflictError if nothing is to be activated,
        NotFoundError.
        """
        digits = re.sub(r"[\s-]", "", code)
        if not re.fullmatch(f"[0-9]{{{CODE_DIGITS}}}", digits):
            raise InvalidInputError(f"a code is {CODE_DIGITS} digits, as they stand in the message")
        async with self._database(transaction=True) as database:
            await hold_catalog(database)
            catalog = await read_catalog(database)
            owner, found = find_channel(catalog, contact, channel)
            _may_be_activated(catalog, owner, found)
            guess = await guess_code(database, contact, found, digits)
            if guess.right:
                activated = ChannelStatus.ACTIVATED
                await states.set_status(database, contact, found, activated, author=self.author)
        # Raised only now: a wrong guess counts, so its transaction is kept.
        if not guess.right:
            raise InvalidInputError(_wrong(guess, contact, channel))
        return await self._channel_details(contact, channel)

    async def deactivate_channel(self, contact: str, channel: str) -> ChannelDetails:
        """Page a channel no more, in what runs already either; a code activates it again. Raises NotFoundError."""
        async with self._database(transaction=True) as database:
            await hold_catalog(database)
            catalog = await read_catalog(database)
            owner, found = find_channel(catalog, contact, channel)
            before = status_of(catalog, owner, found)
            if before is not ChannelStatus.DEACTIVATED:
                status = ChannelStatus.DEACTIVATED
                await states.set_status(database, contact, found, status, author=self.author)
        await self._silence([(owner, found)], f"deactivated by {self.author}")
        return await self._channel_details(contact, channel)

    async def opt_out(self, address: str) -> list[ChannelDetails]:
        """The owner of a phone number wants no SMS (reply STOP); every SMS channel that this silences."""
        address = address.strip()
        async with self._database(transaction=True) as database:
            await hold_catalog(database)
            await states.opt_out(database, address)
            catalog = await read_catalog(database)
        silenced = with_number(catalog, address)
        await self._silence(silenced, "its owner opted out")
        return [details_of(catalog, *one) for one in silenced]

    async def opt_in(self, address: str) -> list[ChannelDetails]:
        """They want SMS again (reply START): their channels can be activated anew; empty if they never opted out."""
        address = address.strip()
        async with self._database(transaction=True) as database:
            await hold_catalog(database)
            if not await states.opt_in(database, address):
                return []
            found = with_number(await read_catalog(database), address)
            for owner, channel in found:
                status = ChannelStatus.NOT_ACTIVATED
                await states.set_status(database, owner.name, channel, status, author=self.author)
            catalog = await read_catalog(database)
        return [details_of(catalog, *one) for one in found]

    async def opted_out(self, address: str) -> bool:
        """Whether the owner of a phone number has opted out."""
        async with self._database() as database:
            return await states.has_opted_out(database, address.strip())

    async def test_channel(self, contact: str, channel: str) -> Delivery:
        """Send a test notice. Raises NotFoundError, ConflictError unless it is activated, UnavailableError."""
        catalog = await self.catalog()
        owner, found = find_channel(catalog, contact, channel)
        status = status_of(catalog, owner, found)
        if status is not ChannelStatus.ACTIVATED:
            raise ConflictError(f"{contact}'s {channel} is {status}: nothing is sent to it")
        notice = Notice(
            key=str(uuid.uuid4()),
            channel=found,
            contact=contact,
            display_name=owner.display_name,
            subject="Tocsin: a test, no alarm",
            body=f"{self.author} is testing whether pages reach you here. There is nothing to do.",
        )
        delivery = await self._run(
            NoticeWorkflow.run, notice, Delivery, key=notice.key, summary=f"test {contact} on {channel}"
        )
        _has_left(delivery, "the test")
        return delivery

    async def _channel_details(self, contact: str, channel: str) -> ChannelDetails:
        catalog = await self.catalog()
        return details_of(catalog, *find_channel(catalog, contact, channel))

    async def _run(self, run: Any, given: Record, result: type[T], *, key: str, summary: str) -> T:
        """Have a worker send something, and wait for what became of it."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                answer: T = await self.temporal.execute_workflow(
                    run,
                    given,
                    id=key,
                    task_queue=self._task_queue,
                    task_timeout=TASK_TIMEOUT,
                    execution_timeout=SENDING,
                    static_summary=label(summary),
                    result_type=result,
                )
                return answer
        except TimeoutError as error:
            raise UnavailableError(
                f"no worker answered within {ANSWER_WITHIN:.0f} s; is one running? `tocsin worker` starts one"
            ) from error
        except WorkflowFailureError as error:
            raise TocsinError(f"it was not sent: {error.cause}") from error
        except (RPCError, RuntimeError) as error:  # RuntimeError: it cannot even be connected to
            raise UnavailableError(f"Temporal does not answer: {error}") from error

    async def _silence(self, channels: Iterable[tuple[Contact, Channel]], reason: str) -> None:
        """Tell what runs already to leave channels alone: whatever can be reached within a few seconds."""
        with contextlib.suppress(UnavailableError, TimeoutError):
            told: list[tuple[str, DeactivateChannel]] = []
            async with self._database() as database:
                for owner, channel in channels:
                    message = DeactivateChannel(contact=owner.name, channel=channel.name, reason=reason)
                    running = await workflows_that_may_page(database, owner.name)
                    told += [(workflow_id, message) for workflow_id in running]
            at_once = asyncio.Semaphore(TOLD_AT_ONCE)
            async with asyncio.timeout(TELLING):
                await asyncio.gather(*(self._tell(at_once, *one) for one in told))

    async def _tell(self, at_once: asyncio.Semaphore, workflow_id: str, message: DeactivateChannel) -> None:
        async with at_once:
            with contextlib.suppress(RPCError, RuntimeError):
                handle = self.temporal.get_workflow_handle(workflow_id)
                await handle.signal("deactivate_channel", message, rpc_timeout=PATIENCE)


def _may_be_activated(catalog: Catalog, owner: Contact, channel: Channel) -> None:
    status = status_of(catalog, owner, channel)
    if status is ChannelStatus.ACTIVATED:
        raise ConflictError(f"{owner.name}'s {channel.name} is activated already")
    if status is ChannelStatus.OPTED_OUT:
        raise ConflictError(
            f"the owner of {channel.address} has opted out; a START sent from there allows a new code"
        )


def _wrong(guess: Guess, contact: str, channel: str) -> str:
    """Why a code was not taken, and what to do."""
    if guess.tries_left:
        return f"that is not the code; {guess.tries_left} more tr{'y is' if guess.tries_left == 1 else 'ies are'} left"
    if not guess.expected:
        why = "no code is on its way to this channel"
    elif guess.other_address:
        why = "the code was sent to another address than the channel has now"
    elif guess.expired:
        why = "the code has expired"
    else:
        why = "no tries are left for this code"
    return f"{why}; send another with `tocsin channel send-code {contact} {channel}`"


def _has_left(delivery: Delivery, what: str) -> None:
    """Raises UnavailableError for what has certainly not been sent."""
    if delivery.outcome not in (Outcome.SENT, Outcome.UNKNOWN):
        raise UnavailableError(f"{what} was not sent: {delivery.detail or delivery.outcome}")


def _in(instant: datetime) -> str:
    left = instant - datetime.now(UTC)
    return format_duration(timedelta(seconds=max(int(left.total_seconds()), 0) + 1))
