"""A page to hand over, what became of it, and the words it says."""

from datetime import datetime, timedelta
from enum import StrEnum

from definitions.contacts import Channel
from definitions.message_templates import MessageTemplates
from records.base import Record


class PageMessage(Record):
    """Everything a channel needs. `key` is the same for every attempt at the same message.

    `stage` is the escalation stage, `send` how many messages went before on this page; `plan` is the response plan.
    """

    key: str
    page_id: str
    engagement_id: str
    incident_id: str | None
    contact: str
    display_name: str
    channel: Channel
    subject: str
    content: str
    public_subject: str = ""
    public_content: str = ""
    sender: str = ""
    impact: int | None = None
    stage: int = 0
    send: int = 0
    plan: str | None = None
    templates: MessageTemplates | None = None
    min_gap: timedelta = timedelta(0)


class Outcome(StrEnum):
    """What is known after an attempt."""

    SENT = "SENT"
    RETRY = "RETRY"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    HELD = "HELD"


class Delivery(Record):
    """The outcome of one attempt.

    RETRY: not accepted, may be later (not before `retry_after`, if the provider said so). REJECTED: never will be.
    UNKNOWN: it may have arrived, so a repetition keeps its key. HELD: another incident has just paged this person on
    this channel; to be tried again after `retry_after`.
    """

    outcome: Outcome
    at: datetime
    provider_id: str = ""
    detail: str = ""
    retry_after: timedelta | None = None


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
