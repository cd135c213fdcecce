"""Commands about channels: list, send-code, activate, deactivate, test."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from activities.paging.messages import Delivery, Outcome
from client.channel_details import ChannelDetails
from client.cli.screen import styled, table
from client.cli.session import Asked
from client.cli.times import countdown
from records.channels import ChannelStatus

Owner = Annotated[str, Parameter(help="The contact whose channel it is, by name.")]
ChannelName = Annotated[str, Parameter(help="The channel's name; `tocsin channel list CONTACT` shows them.")]

_STYLES = {ChannelStatus.ACTIVATED: "green", ChannelStatus.NOT_ACTIVATED: "yellow"}


async def list_(contact: str | None = None, /, *, session: Asked) -> None:
    """Show which channels are paged, and which must not be.

    Parameters
    ----------
    contact
        The contact's name. Default: all of them.
    """
    async with session.connect() as tocsin:
        channels = await tocsin.list_channels(contact)
    picture = table(["CONTACT", "CHANNEL", "TYPE", "ADDRESS", "STATUS", "PAGED"], map(_row, channels))
    session.answer(channels, picture if channels else Text("There are no channels."))


async def send_code(contact: Owner, channel: ChannelName, /, *, session: Asked) -> None:
    """Send an activation code to a channel's address."""
    async with session.connect() as tocsin:
        sent = await tocsin.send_activation_code(contact, channel)
    until = countdown(sent.expires_at, datetime.now(UTC)).removeprefix("in ")
    next_step = f"tocsin channel activate {contact} {channel} CODE"
    session.answer(sent, Text(f"{_words(sent.delivery)}\nThe code is good for {until}: {next_step}"))


async def activate(contact: Owner, channel: ChannelName, code: str, /, *, session: Asked) -> None:
    """Activate a channel by the code that was sent to it.

    Parameters
    ----------
    code
        The six digits.
    """
    async with session.connect() as tocsin:
        details = await tocsin.activate_channel(contact, channel, code)
    session.answer(details, Text(f"{contact}'s {channel} is activated{_and_planned(details)}"))


async def deactivate(contact: Owner, channel: ChannelName, /, *, session: Asked) -> None:
    """Page a channel no more, running engagements included. A new code activates it again."""
    async with session.connect() as tocsin:
        details = await tocsin.deactivate_channel(contact, channel)
    session.answer(details, Text(f"{contact}'s {channel} is deactivated"))


async def test(contact: Owner, channel: ChannelName, /, *, session: Asked) -> None:
    """Send a test notice to an activated channel, and say what became of it."""
    async with session.connect() as tocsin:
        delivery = await tocsin.test_channel(contact, channel)
    session.answer(delivery, Text(_words(delivery)))


def _row(channel: ChannelDetails) -> list[str | Text]:
    status = styled(channel.status.value, _STYLES.get(channel.status, "red"))
    paged = "yes" if channel.is_paged else "no"
    return [channel.contact, channel.channel, channel.type.value, channel.address, status, paged]


def _words(delivery: Delivery) -> str:
    said = f" ({delivery.detail})" if delivery.detail else ""
    if delivery.outcome is Outcome.SENT:
        return f"Sent{said}."
    return f"It may have been sent; nobody knows{said}."


def _and_planned(details: ChannelDetails) -> str:
    return "" if details.is_paged else ", but no stage of the contact's plan names it: it is not paged"
