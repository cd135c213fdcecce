"""What can be said to a workflow, and how it refuses.

One model per message; fields are only ever added, with a default. Ids come from the caller, so that a message that
arrives twice, even across continue-as-new, is applied once.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator
from temporalio.exceptions import ApplicationError

from activities.automation.steps import AttachedFile
from definitions.automation import Mode
from definitions.base import Alias, Storable
from definitions.catalog import Catalog
from definitions.impacts import Impact
from definitions.response_plans import Summary, Title
from records.base import Record
from records.engagements import EngagementRecord
from records.incidents import IncidentRecord, RelatedItem
from records.timeline import MAX_EVENT_DATA, EventType

Author = Annotated[str, Field(min_length=1, max_length=255), Storable]
Note = Annotated[str, Field(max_length=2048), Storable]
EventText = Annotated[str, Field(min_length=1, max_length=MAX_EVENT_DATA), Storable]


Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
"""A UUID as Python writes it; records are kept under it."""

LARGEST_MESSAGE = 200_000
"""Bytes; what a workflow is told stays in its history, and may travel on to a child workflow."""


def _of_this_age(value: datetime) -> datetime:
    if not 1970 <= value.year < 3000:
        raise ValueError("lies outside the years 1970 to 2999")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(_of_this_age)]


class Message(Record):
    """Anything said to a workflow: small enough for its history."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        size = len(self.model_dump_json())
        if size > LARGEST_MESSAGE:
            raise ValueError(
                f"{size} bytes are too much to tell a workflow; at most {LARGEST_MESSAGE} can be taken"
            )
        return self


class Refusal(StrEnum):
    """Why a message was refused: the type of the ApplicationError, which the client maps to its own errors."""

    INVALID = "Invalid"
    NOT_FOUND = "NotFound"
    CONFLICT = "Conflict"


def refuse(refusal: Refusal, message: str, *, aws: str = "") -> ApplicationError:
    """An error for a validator or handler to raise; it rejects the message and leaves no trace in the history.

    `aws` is what AWS's API calls it, where that is more than the refusal says.
    """
    return ApplicationError(message, *([aws] if aws else []), type=refusal, non_retryable=True)


PageKey = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}-[0-9]{1,6}$")]
"""A page and the number of the message that was sent for it."""


class Answer(Message):
    """What a contact says to being paged: in one engagement, or in all of the incident's that engage them.

    `link` is the page whose link was used: one link does its work once. `page_id` is the page that was answered, where
    that is known.
    """

    contact: Alias
    author: Author = "signal"
    note: Note = ""
    engagement_id: Id | None = None
    page_id: Id | None = None
    link: PageKey | None = None


class Acknowledge(Answer):
    """`contact` has it."""


class Decline(Answer):
    """`contact` cannot: whoever comes next is paged at once."""


class Unacknowledge(Answer):
    """`contact` does not have it after all: they are paged anew, and the plan goes on."""


SHORTEST_SNOOZE = timedelta(minutes=1)
LONGEST_SNOOZE = timedelta(days=7)


class Snooze(Answer):
    """`contact` has it until a time from now; then they are paged anew."""

    duration: Annotated[timedelta, Field(ge=SHORTEST_SNOOZE, le=LONGEST_SNOOZE)]


class HandOver(Answer):
    """`contact` gives it to another contact, who is paged in their place. `catalog` holds the definition of `to`."""

    to: Alias
    catalog: Catalog


class DeliveryReport(Message):
    """A provider tells later what became of a page that it took: delivered, or failed after all."""

    page_id: Id
    delivered: bool
    provider_id: Annotated[str, Field(max_length=255)] = ""
    detail: Annotated[str, Field(max_length=500), Storable] = ""


class DeactivateChannel(Message):
    """A channel of a contact is not to be paged any more."""

    contact: Alias
    channel: Annotated[str, Field(max_length=255)]
    reason: Annotated[str, Field(max_length=255), Storable]


class RefusedAnswer(Message):
    """An answer that was refused before it came here: a wrong code, a used link, somebody who was not engaged."""

    answer: Annotated[str, Field(max_length=50), Storable]
    contact: Annotated[str, Field(max_length=255), Storable] = ""
    reason: Annotated[str, Field(max_length=500), Storable]
    author: Author


class Resolve(Message):
    """The incident is over; paging stops."""

    author: Author = "signal"
    note: Note = ""


class Reopen(Message):
    """It was not over after all. Engagements and runbooks are not started again."""

    author: Author
    reason: Note = ""


class Update(Message):
    """Change what is given; the rest stays. An empty chat channel clears it."""

    author: Author
    title: Title | None = None
    summary: Summary | None = None
    impact: Impact | None = None
    chat_channel: Annotated[str, Field(max_length=1000)] | None = None


class AddEvent(Message):
    """A custom event or a note on the timeline, at `event_time` (default: now; ISO 8601)."""

    event_id: Id
    author: Author
    text: EventText
    event_type: EventType = EventType.CUSTOM
    event_time: Moment | None = None
    references: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=10)] = []


class EditEvent(Message):
    """The whole new content of a custom event or note."""

    event_id: Id
    author: Author
    text: EventText
    event_time: Moment | None = None
    references: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=10)] = []


class DeleteEvent(Message):
    """Take a custom event or note off the timeline."""

    event_id: Id
    author: Author


class ChangeRelatedItem(Message):
    """Add a related item, or remove the one with the same type and value."""

    author: Author
    item: RelatedItem


class Engage(Message):
    """Page a contact, escalation plan or on-call schedule for this incident.

    `catalog` holds what the alias can reach; `on_call` who is on shift now, by schedule; `open_hours` which working
    hours it is now.
    """

    engagement_id: Id
    contact: Alias
    author: Author
    catalog: Catalog
    on_call: dict[str, list[str]] = {}
    open_hours: dict[str, bool] = {}
    subject: Annotated[str, Field(max_length=2048)] | None = None
    content: Annotated[str, Field(max_length=8192)] | None = None
    public_subject: Annotated[str, Field(max_length=2048)] | None = None
    public_content: Annotated[str, Field(max_length=8192)] | None = None


class Disengage(Message):
    """Stop an engagement."""

    engagement_id: Id
    author: Author
    reason: Annotated[str, Field(max_length=255)] = ""


class StartRunbook(Message):
    """Run a runbook for this incident. The document travels with the message."""

    execution_id: Id
    name: str
    document: dict[str, Any]
    parameters: dict[str, Any] = {}
    author: Author
    document_version: str = ""
    files: list[AttachedFile] = []
    mode: Mode = Mode.AUTO


class CompleteAnalysis(Message):
    """The answers, and what will change."""

    author: Author = "signal"
    summary: Summary = ""
    answers: dict[str, Annotated[str, Field(max_length=8000)]] = {}
    action_items: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1000)]], Field(max_length=100)
    ] = []


class SkipAnalysis(Message):
    """No analysis, and why not."""

    author: Author
    reason: Annotated[str, Field(min_length=1, max_length=2048)]


class Duplicate(Message):
    """Another trigger with this incident's dedupe key, folded into it; `count` is how many by now."""

    source: str
    trigger_arn: str | None = None
    raw_data: str = ""
    author: Author
    count: int


class AutomationReport(Record):
    """An execution telling its incident how it goes."""

    execution_id: Id
    status: str
    event_type: EventType
    data: dict[str, Any]
    author: Author = "tocsin"


class AutomationSummary(Record):
    """What an incident knows of a runbook execution of its own."""

    execution_id: str
    name: str
    status: str


class IncidentView(Record):
    """The answer of the incident's queries and updates: how it stands."""

    incident: IncidentRecord
    engagements: list[EngagementRecord] = []
    automations: list[AutomationSummary] = []
    events: int = 0
