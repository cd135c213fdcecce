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


MOST_RECEIPTS = 50
"""On one page: a plan that repeats until somebody answers must not outgrow what a run may start with."""


class Receipt(Record):
    """What became of one attempt at a page."""

    type: ReceiptType
    time: datetime
    info: str = ""


class Page(Record):
    """One contact being paged on one channel in one engagement; each repetition adds a receipt.

    `send` numbers the messages handed over (0 first); a failed or unknown hand-over is tried again under the
    same number, so that a receiver can tell a repeated attempt from a repeated page. `failures` in a row, `unknown`
    outcomes in all, and `undelivered` what was taken in a row and reported as failed after all.
    """

    page_id: str
    contact: str
    channel: str
    channel_type: ChannelType
    send: int = 0
    failures: int = 0
    unknown: int = 0
    undelivered: int = 0
    rejected: bool = False
    held: bool = False
    next_at: datetime | None = None
    receipts: list[Receipt] = []

    def receive(self, receipt: Receipt) -> None:
        """Keep the latest receipts, and the first that says SENT; all are on the timeline."""
        self.receipts.append(receipt)
        if len(self.receipts) > MOST_RECEIPTS:
            sent = next((one for one in self.receipts if one.type is ReceiptType.SENT), None)
            del self.receipts[1 if self.receipts[0] is sent else 0]

    @property
    def reached(self) -> bool:
        """Whether at least one message was handed over."""
        return any(receipt.type is ReceiptType.SENT for receipt in self.receipts)


class EngagedPerson(Record):
    """A person reached by an engagement, by which way, and how far their own plan has come.

    `climb` is the place of the nested plan that engaged them in the engagement's `nested` (None: its own stages did).
    `used_links` are the pages whose links have done their work. `round` is that of the climb when it engaged them.
    """

    contact: str
    path: list[str]
    escalation_stage: int = 0
    climb: int | None = None
    round: int = 0
    is_essential: bool = True
    engaged_at: datetime
    stage: int = 0
    stage_ends_at: datetime | None = None
    pages: list[Page] = []
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    declined_at: datetime | None = None
    handed_over_to: str | None = None
    used_links: list[str] = []
    finished: bool = False


class Climb(Record):
    """How far an escalation plan has come: `stage` of `stage_count` (0 first), in the `round` of its repetitions.

    `waits_until` is set while a stage waits for its working hours. `heard` once somebody who can be paged was engaged,
    `reached_nobody` while the stage under way has engaged no one.
    """

    stage: int = 0
    stage_count: int = 1
    stage_ends_at: datetime | None = None
    round: int = 0
    round_began_at: datetime | None = None
    waits_until: datetime | None = None
    heard: bool = False
    reached_nobody: bool = False


class NestedClimb(Climb):
    """The climb of a plan that is a target of another plan's stage.

    `path` leads from what was engaged to the plan itself; `parent` is the place of the climb above in the engagement's
    `nested` (None: the engagement's own), `is_essential` what its acknowledgement means up there.
    """

    plan: str
    path: list[str]
    parent: int | None = None
    parent_stage: int = 0
    is_essential: bool = True
    settled: bool = False


class EngagementRecord(Climb):
    """One engagement of a contact, escalation plan or on-call schedule: its whole state, carried and recorded.

    It is the climb of what was engaged; `nested` holds those of plans within. `title` and `impact` are those of its
    incident.
    """

    engagement_id: str
    contact: str
    incident_id: str | None = None
    sender: str
    subject: str
    content: str = ""
    public_subject: str = ""
    public_content: str = ""
    title: str = ""
    impact: int | None = None
    status: EngagementStatus = EngagementStatus.ENGAGED
    started_at: datetime
    nested: list[NestedClimb] = []
    fallback_engaged: bool = False
    people: dict[str, EngagedPerson] = {}
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_reason: str | None = None

    @property
    def climbing(self) -> bool:
        """Whether later stages are still to come."""
        return self.status is EngagementStatus.ENGAGED and self.stage < self.stage_count
