"""What a channel hands over: a page or a notice, in words, with the ways to answer it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from activities.paging.messages import Delivery, Outcome
from definitions.contacts import Channel

LONGEST_DETAIL = 500
LONGEST_ID = 255


@dataclass(frozen=True)
class Links:
    """Where answers go: a person's tap, a key pressed in a call, and Twilio's word of what became of it."""

    acknowledge: str
    press: str
    report: str


@dataclass(frozen=True)
class Letter:
    """A message ready to leave. `key` is the same for every attempt at it.

    `content` is what happened; `body` tells subject, content and how to answer, `short` the same for a phone's display,
    `spoken` what is read out. `about` are plain facts for machines that receive it: ids, impact, stage.
    """

    key: str
    channel: Channel
    subject: str
    content: str
    body: str
    short: str
    spoken: str
    links: Links | None = None
    about: Mapping[str, str | int | None] = field(default_factory=lambda: MappingProxyType({}))


def delivery(
    outcome: Outcome, detail: str = "", *, provider_id: str = "", retry_after: timedelta | None = None
) -> Delivery:
    """An outcome of now; only what was sent has a provider's id."""
    return Delivery(
        outcome=outcome,
        at=datetime.now(UTC),
        provider_id=_storable(provider_id)[:LONGEST_ID] if outcome is Outcome.SENT else "",
        detail=_storable(detail)[:LONGEST_DETAIL],
        retry_after=retry_after,
    )


def _storable(text: str) -> str:
    """What the other side said without what neither JSON nor PostgreSQL takes: halves of characters, and NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
