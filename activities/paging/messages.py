"""What to hand over, and what became of it."""

from datetime import datetime, timedelta
from enum import StrEnum

from definitions.contacts import Channel
from definitions.message_templates import MessageTemplates
from records.base import Record


class PageMessage(Record):
    """Everything a channel needs. `key` is the same for every attempt at the same message.

    `stage` is the escalation stage, `send` how many messages went before on this page; `plan` is the
    response plan, `title` the incident's title without anything before it.
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
    title: str = ""
    sender: str = ""
    impact: int | None = None
    stage: int = 0
    send: int = 0
    plan: str | None = None
    templates: MessageTemplates | None = None
    min_gap: timedelta = timedelta(0)

    @property
    def subject_id(self) -> str:
        """The workflow to answer to: the incident, or the engagement that stands alone."""
        return self.incident_id or self.engagement_id


class Notice(Record):
    """A message that asks for no answer: a shift begins, a code. It goes to quiet channels as it is.

    `key` is the same for every attempt at the same notice.
    """

    key: str
    channel: Channel
    contact: str
    display_name: str = ""
    subject: str
    body: str = ""


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
