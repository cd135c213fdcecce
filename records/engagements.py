"""Who was engaged, which pages went out, and what became of them."""

from datetime import datetime
from enum import StrEnum

from definitions.contacts import ChannelType
from records.base import Record


class EngagementStatus(StrEnum):
    """Where an engagement stands. AWS has no status field; people need one."""

    ENGAGED = "ENGAGED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    STOPPED = "STOPPED"
    FINISHED = "FINISHED"


class ReceiptType(StrEnum):
    """AWS's receipt types. READ is the acknowledgement."""

    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    ERROR = "ERROR"
    STOP = "STOP"


class Receipt(Record):
    """What became of one attempt at a page."""

    type: ReceiptType
    time: datetime
    info: str = ""


class Page(Record):
    """One contact being paged on one channel in one engagement; each repetition adds a receipt.

    `send` numbers the messages handed over (0 first); a failed or unknown hand-over is tried again under the
    same number, so that a receiver can tell a repeated attempt from a repeated page.
    """

    page_id: str
    contact: str
    channel: str
    channel_type: ChannelType
    send: int = 0
    failures: int = 0
    rejected: bool = False
    next_at: datetime | None = None
    receipts: list[Receipt] = []

    @property
    def reached(self) -> bool:
        """Whether at least one message was handed over."""
        return any(receipt.type is ReceiptType.SENT for receipt in self.receipts)


class EngagedPerson(Record):
    """A person reached by an engagement, by which way, and how far their own plan has come."""

    contact: str
    path: list[str]
    escalation_stage: int = 0
    is_essential: bool = True
    engaged_at: datetime
    stage: int = 0
    stage_ends_at: datetime | None = None
    pages: list[Page] = []
    acknowledged_at: datetime | None = None
    finished: bool = False


class EngagementRecord(Record):
    """One engagement of a contact, escalation plan or on-call schedule: its whole state, carried and recorded."""

    engagement_id: str
    contact: str
    incident_id: str | None = None
    sender: str
    subject: str
    content: str = ""
    status: EngagementStatus = EngagementStatus.ENGAGED
    started_at: datetime
    stage: int = 0
    stage_count: int = 1
    stage_ends_at: datetime | None = None
    people: dict[str, EngagedPerson] = {}
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_reason: str | None = None

    @property
    def climbing(self) -> bool:
        """Whether later stages are still to come."""
        return self.status is EngagementStatus.ENGAGED and self.stage < self.stage_count
