"""A person, the channels that reach them, and the order in which to try (AWS: PERSONAL contact)."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from definitions.base import Alias, DisplayName, Kind, Part
from definitions.durations import Duration
from definitions.problems import Path, refuse


class ChannelType(StrEnum):
    """How a page travels."""

    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"


_SECRET = {"type": "string", "pattern": r"^\{\{ *secret:[A-Za-z0-9_]+ *\}\}$"}


def _names_a_secret(value: object) -> object:
    if value is not None and (not isinstance(value, str) or not re.fullmatch(_SECRET["pattern"], value)):
        # The value is left out: it may be the secret itself.
        raise ValueError("a secret is never written down; name it like {{ secret:NAME }}")
    return value


class Channel(Part):
    """One way to reach a contact.

    `address` is a mail address for EMAIL and an http(s) URL for WEBHOOK. `secret` signs webhooks; write it
    as `{{ secret:NAME }}` so that the value itself is never stored.
    """

    name: Annotated[str, Field(min_length=1, max_length=255)]
    type: ChannelType
    address: Annotated[str, Field(min_length=1, max_length=1000)]
    secret: Annotated[str | None, BeforeValidator(_names_a_secret), WithJsonSchema(_SECRET)] = None

    @property
    def secret_name(self) -> str | None:
        """The NAME in `{{ secret:NAME }}`."""
        return self.secret.strip("{} ").removeprefix("secret:") if self.secret else None

    @model_validator(mode="after")
    def _address_fits_the_type(self) -> Self:
        if self.type is ChannelType.EMAIL:
            local, at, domain = self.address.rpartition("@")
            if not (at and local and domain) or any(c.isspace() for c in self.address):
                raise ValueError(f"{self.address!r} is not a mail address; write it like ana@example.org")
        else:
            url = urlsplit(self.address)
            if url.scheme not in ("http", "https") or not url.hostname:
                raise ValueError(f"{self.address!r} is not a webhook address; write http(s)://host/path")
        return self


def _at_most_a_day(value: timedelta) -> timedelta:
    if value > timedelta(days=1):
        raise ValueError("a stage of a contact's plan lasts at most 1d")
    return value


class ChannelTarget(Part):
    """A channel to page in a stage, again every `retry_interval` until the stage ends (0s: once)."""

    channel: str
    retry_interval: Duration = timedelta(0)


class ContactStage(Part):
    """Channels to page together, and how long to wait for an answer before the next stage."""

    duration: Annotated[Duration, AfterValidator(_at_most_a_day)]
    targets: Annotated[tuple[ChannelTarget, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _waits_or_pages(self) -> Self:
        if not self.duration and not self.targets:
            raise ValueError("a stage of 0s without targets does nothing; give it a duration or a target")
        return self


class ContactPlan(Part):
    """How a contact is paged (AWS: engagement plan)."""

    stages: Annotated[tuple[ContactStage, ...], Field(max_length=100)] = ()


class Contact(Part):
    """A person who can be engaged."""

    kind: Literal[Kind.CONTACT] = Kind.CONTACT
    name: Alias
    display_name: DisplayName = ""
    channels: Annotated[tuple[Channel, ...], Field(max_length=20)] = ()
    plan: ContactPlan = ContactPlan()

    @model_validator(mode="after")
    def _targets_are_own_channels(self) -> Self:
        names = [channel.name for channel in self.channels]
        known = ", ".join(names) or "none"
        problems: list[tuple[Path, str]] = [
            (("channels", i, "name"), f"two channels are named {name!r}; give each its own name")
            for i, name in enumerate(names)
            if name in names[:i]
        ]
        problems += [
            (
                ("plan", "stages", i, "targets", j, "channel"),
                f"no channel {target.channel!r} on this contact; its channels: {known}",
            )
            for i, stage in enumerate(self.plan.stages)
            for j, target in enumerate(stage.targets)
            if target.channel not in names
        ]
        refuse(problems)
        return self

    def channel(self, name: str) -> Channel:
        """The channel of that name; KeyError if the contact has none."""
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise KeyError(name)
