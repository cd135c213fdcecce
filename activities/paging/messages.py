"""A page to hand over, what became of it, and the words it says."""

from datetime import datetime
from enum import StrEnum

from definitions.contacts import Channel
from records.base import Record


class PageMessage(Record):
    """Everything a channel needs. `key` is the same for every attempt at the same message."""

    key: str
    page_id: str
    engagement_id: str
    incident_id: str | None
    contact: str
    display_name: str
    channel: Channel
    subject: str
    content: str


class Outcome(StrEnum):
    """What is known after an attempt."""

    SENT = "SENT"
    RETRY = "RETRY"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class Delivery(Record):
    """The outcome of one attempt. RETRY: not accepted, may be later. REJECTED: never will be.
    UNKNOWN: it may have arrived, so a repetition keeps its key."""

    outcome: Outcome
    at: datetime
    provider_id: str = ""
    detail: str = ""


def body(message: PageMessage) -> str:
    """The text of a page: what happened, and how to say "I have it"."""
    lines = [f"{message.display_name or message.contact}, you are being paged.", "", message.subject]
    if message.content:
        lines += ["", message.content]
    if message.incident_id:
        lines += ["", f"To acknowledge: tocsin ack {message.incident_id} --contact {message.contact}"]
    else:
        lines += ["", f"To acknowledge: tocsin ack {message.engagement_id} --contact {message.contact}"]
    return "\n".join(lines) + "\n"
