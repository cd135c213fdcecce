"""What can be said to a workflow, and how it refuses.

One model per message; fields are only ever added, with a default. Ids come from the caller, so that a message that
arrives twice, even across continue-as-new, is applied once.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, Field
from temporalio.exceptions import ApplicationError

from definitions.base import Alias, Storable
from definitions.catalog import Catalog
from definitions.response_plans import Impact, Summary, Title
from records.base import Record
from records.engagements import EngagementRecord
from records.incidents import IncidentRecord, RelatedItem
from records.timeline import MAX_EVENT_DATA, EventType

Author = Annotated[str, Field(min_length=1, max_length=255), Storable]
Note = Annotated[str, Field(max_length=2048), Storable]
EventText = Annotated[str, Field(min_length=1, max_length=MAX_EVENT_DATA), Storable]


class Refusal(StrEnum):
    """Why a message was refused: the type of the ApplicationError, which the client maps to its own errors."""

    INVALID = "Invalid"
    NOT_FOUND = "NotFound"
    CONFLICT = "Conflict"


def refuse(refusal: Refusal, message: str) -> ApplicationError:
    """An error for a validator or handler to raise; it rejects the message and leaves no trace in the history."""
    return ApplicationError(message, type=refusal, non_retryable=True)


class Acknowledge(Record):
    """`contact` has it: in one engagement, or in all of the incident's that engage them."""

    contact: Alias
    author: Author = "signal"
    note: Note = ""
    engagement_id: str | None = None


class Resolve(Record):
    """The incident is over; paging stops."""

    author: Author = "signal"
    note: Note = ""


class Reopen(Record):
    """It was not over after all. Engagements and runbooks are not started again."""

    author: Author
    reason: Note = ""


class Update(Record):
    """Change what is given; the rest stays. An empty chat channel clears it."""

    author: Author
    title: Title | None = None
    summary: Summary | None = None
    impact: Impact | None = None
    chat_channel: Annotated[str, Field(max_length=1000)] | None = None


class AddEvent(Record):
    """A custom event or a note on the timeline, at `event_time` (default: now; ISO 8601)."""

    event_id: str
    author: Author
    text: EventText
    event_type: EventType = EventType.CUSTOM
    event_time: AwareDatetime | None = None
    references: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=10)] = []


class EditEvent(Record):
    """The whole new content of a custom event or note."""

    event_id: str
    author: Author
    text: EventText
    event_time: AwareDatetime | None = None
    references: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=10)] = []


class DeleteEvent(Record):
    """Take a custom event or note off the timeline."""

    event_id: str
    author: Author


class ChangeRelatedItem(Record):
    """Add a related item, or remove the one with the same type and value."""

    author: Author
    item: RelatedItem


class Engage(Record):
    """Page a contact, escalation plan or on-call schedule for this incident.

    `catalog` holds what the alias can reach; `on_call` who is on shift now, by schedule.
    """

    engagement_id: str
    contact: Alias
    author: Author
    catalog: Catalog
    on_call: dict[str, list[str]] = {}
    subject: Annotated[str, Field(max_length=2048)] | None = None
    content: Annotated[str, Field(max_length=8192)] | None = None


class Disengage(Record):
    """Stop an engagement."""

    engagement_id: str
    author: Author
    reason: Annotated[str, Field(max_length=255)] = ""


class StartRunbook(Record):
    """Run a runbook for this incident. The document travels with the message."""

    execution_id: str
    name: str
    document: dict[str, Any]
    parameters: dict[str, Any] = {}
    author: Author


class CompleteAnalysis(Record):
    """The answers, and what will change."""

    author: Author = "signal"
    summary: Summary = ""
    answers: dict[str, Annotated[str, Field(max_length=8000)]] = {}
    action_items: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1000)]], Field(max_length=100)
    ] = []


class SkipAnalysis(Record):
    """No analysis, and why not."""

    author: Author
    reason: Annotated[str, Field(min_length=1, max_length=2048)]


class Duplicate(Record):
    """Another trigger with this incident's dedupe key, folded into it; `count` is how many by now."""

    source: str
    trigger_arn: str | None = None
    raw_data: str = ""
    author: Author
    count: int


class AutomationReport(Record):
    """An execution telling its incident how it goes."""

    execution_id: str
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
