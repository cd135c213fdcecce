"""Channels as they stand: finding them, and telling which are paged."""

from client.errors import NotFoundError
from definitions.catalog import Catalog
from definitions.contacts import Channel, ChannelType, Contact
from records.base import Record
from records.channels import ChannelStatus


class ChannelDetails(Record):
    """A channel as it stands. `is_paged`: it may be, and the contact's plan does."""

    contact: str
    channel: str
    type: ChannelType
    address: str
    status: ChannelStatus
    is_paged: bool


def contact_named(catalog: Catalog, name: str) -> Contact:
    """A contact in force; raises NotFoundError."""
    found = catalog.contacts.get(name)
    if found is None:
        known = ", ".join(sorted(catalog.contacts)) or "none"
        raise NotFoundError(f"no contact {name!r}; known: {known}")
    return found


def find_channel(catalog: Catalog, contact: str, channel: str) -> tuple[Contact, Channel]:
    """A contact in force and their channel; raises NotFoundError."""
    owner = contact_named(catalog, contact)
    try:
        return owner, owner.channel(channel)
    except KeyError:
        known = ", ".join(one.name for one in owner.channels) or "none"
        raise NotFoundError(f"{contact} has no channel {channel!r}; known: {known}") from None


def contacts_by_name(catalog: Catalog) -> list[Contact]:
    """Every contact in force, in the order of their names."""
    return [catalog.contacts[name] for name in sorted(catalog.contacts)]


def with_number(catalog: Catalog, address: str) -> list[tuple[Contact, Channel]]:
    """The SMS channels with a phone number, and whose they are."""
    return [
        (owner, channel)
        for owner in contacts_by_name(catalog)
        for channel in owner.channels
        if channel.type is ChannelType.SMS and channel.address == address
    ]


def status_of(catalog: Catalog, owner: Contact, channel: Channel) -> ChannelStatus:
    """Where a channel stands, by a catalog with the channels that must not be paged."""
    silent = catalog.silent_channels.get(owner.name, {})
    return ChannelStatus(silent.get(channel.name, ChannelStatus.ACTIVATED))


def details_of(catalog: Catalog, owner: Contact, channel: Channel) -> ChannelDetails:
    """A channel as it stands."""
    status = status_of(catalog, owner, channel)
    planned = {target.channel for stage in owner.plan.stages for target in stage.targets}
    return ChannelDetails(
        contact=owner.name,
        channel=channel.name,
        type=channel.type,
        address=channel.address,
        status=status,
        is_paged=status is ChannelStatus.ACTIVATED and channel.name in planned,
    )
