"""A person, the channels that reach them, and the order in which to try (AWS: PERSONAL contact)."""

import re
from collections.abc import Callable
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
    SMS = "SMS"
    VOICE = "VOICE"
    WEBHOOK = "WEBHOOK"
    SLACK = "SLACK"
    TEAMS = "TEAMS"
    APPRISE = "APPRISE"


class Activation(StrEnum):
    """Who says that an address belongs to the contact: they, by a code sent to it, or whoever wrote it down."""

    CODE = "CODE"
    VOUCHED = "VOUCHED"


_SECRET = {"type": "string", "pattern": r"^\{\{ *secret:[A-Za-z0-9_]+ *\}\}$"}


def _names_a_secret(value: object) -> object:
    if value is not None and (not isinstance(value, str) or not re.fullmatch(_SECRET["pattern"], value)):
        # The value is left out: it may be the secret itself.
        raise ValueError("a secret is never written down; name it like {{ secret:NAME }}")
    return value


class Channel(Part):
    """One way to reach a contact.

    `address` by type: EMAIL a mail address; SMS and VOICE a number like +4915112345678; WEBHOOK and TEAMS an http(s)
    URL; SLACK a channel or member, by id or #name; APPRISE one Apprise URL. What holds a secret is named instead of
    written: `address: "{{ secret:NAME }}"` (WEBHOOK, TEAMS, APPRISE). `secret` signs webhooks and is the bot token of
    SLACK. Without `activation` SMS and VOICE ask for a code first, the others do not. `quiet` channels get the public
    text only (default: SMS; AWS: PublicSubject and PublicContent are for insecure channels).
    """

    name: Annotated[str, Field(min_length=1, max_length=255)]
    type: ChannelType
    address: Annotated[str, Field(min_length=1, max_length=1000)]
    secret: Annotated[str | None, BeforeValidator(_names_a_secret), WithJsonSchema(_SECRET)] = None
    activation: Activation | None = None
    quiet: bool | None = None

    @property
    def secret_name(self) -> str | None:
        """The NAME in `secret: {{ secret:NAME }}`."""
        return secret_named(self.secret) if self.secret else None

    @property
    def secret_address(self) -> str | None:
        """The NAME in `address: {{ secret:NAME }}`, if the address is such."""
        return secret_named(self.address)

    @property
    def needs_a_code(self) -> bool:
        """Whether it may be paged only once its owner has sent back a code."""
        if self.activation is None:
            return self.type in (ChannelType.SMS, ChannelType.VOICE)
        return self.activation is Activation.CODE

    @property
    def is_quiet(self) -> bool:
        """Whether only the public text may go there."""
        return self.type is ChannelType.SMS if self.quiet is None else self.quiet

    @model_validator(mode="after")
    def _address_fits_the_type(self) -> Self:
        if self.secret_address is not None:
            if self.type not in _MAY_HIDE:
                raise ValueError(
                    f"the address of a channel of type {self.type} is written down, not a secret"
                )
        elif not _FITS[self.type](self.address):
            # What may hold a secret is not repeated.
            said = "this" if self.type in _MAY_HIDE else repr(self.address)
            raise ValueError(f"{said} is not {_LOOKS_LIKE[self.type]}")
        return self


def secret_named(value: str) -> str | None:
    """The NAME if the value is `{{ secret:NAME }}`."""
    match = re.fullmatch(_SECRET["pattern"], value)
    return value.strip("{} ").removeprefix("secret:") if match else None


_PLAIN_MAIL = re.compile(r'[^\s\x00-\x1f\x7f,;:<>()\[\]\\"@]+@[^\s\x00-\x1f\x7f,;:<>()\[\]\\"@]+')


def is_one_mail_address(address: str) -> bool:
    """Whether it is one address and nothing else, which no mail library takes for another one."""
    return _PLAIN_MAIL.fullmatch(address) is not None


_MAY_HIDE = (ChannelType.WEBHOOK, ChannelType.TEAMS, ChannelType.APPRISE)

_LOOKS_LIKE = {
    ChannelType.EMAIL: "a mail address; write it like ana@example.org",
    ChannelType.SMS: "a phone number; write + and 8 to 15 digits, country first, like +4915112345678",
    ChannelType.VOICE: "a phone number; write + and 8 to 15 digits, country first, like +4915112345678",
    ChannelType.WEBHOOK: "a webhook address; write http(s)://host/path",
    ChannelType.TEAMS: "a webhook address of Teams; write https://host/path or {{ secret:NAME }}",
    ChannelType.SLACK: "a Slack channel or member; write #channel or an id like C024BE91L",
    ChannelType.APPRISE: "an Apprise URL; write scheme://... or {{ secret:NAME }}",
}


def _is_mail_address(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    return bool(at and local and domain) and not any(c.isspace() for c in address)


def _is_phone_number(address: str) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{7,14}", address) is not None


def _is_web_address(address: str) -> bool:
    try:
        url = urlsplit(address)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _is_slack_name(address: str) -> bool:
    return re.fullmatch(r"#[^\s#]{1,80}|[CDGUW][A-Z0-9]{5,}", address) is not None


def _is_apprise_url(address: str) -> bool:
    return re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]*://\S+", address) is not None


_FITS: dict[ChannelType, Callable[[str], bool]] = {
    ChannelType.EMAIL: _is_mail_address,
    ChannelType.SMS: _is_phone_number,
    ChannelType.VOICE: _is_phone_number,
    ChannelType.WEBHOOK: _is_web_address,
    ChannelType.TEAMS: _is_web_address,
    ChannelType.SLACK: _is_slack_name,
    ChannelType.APPRISE: _is_apprise_url,
}


def _at_most_a_day(value: timedelta) -> timedelta:
    if value > timedelta(days=1):
        raise ValueError("a stage of a contact's plan lasts at most 1d")
    return value


def _at_most_an_hour(value: timedelta) -> timedelta:
    if value > timedelta(hours=1):
        raise ValueError("pages to one person are held back for at most 1h")
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
    """A person who can be engaged.

    `min_page_gap`: a page of another incident on the same channel within this time after the last one is held back,
    and told with the others in one digest when the time has passed (0s: never; pages of impact 1 never are).
    """

    kind: Literal[Kind.CONTACT] = Kind.CONTACT
    name: Alias
    display_name: DisplayName = ""
    channels: Annotated[tuple[Channel, ...], Field(max_length=20)] = ()
    plan: ContactPlan = ContactPlan()
    min_page_gap: Annotated[Duration, AfterValidator(_at_most_an_hour)] = timedelta(0)

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
