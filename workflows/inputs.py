"""What workflows start with, and what they carry through continue-as-new."""

from datetime import datetime
from typing import Any

from definitions.catalog import Catalog
from definitions.response_plans import ResponsePlan
from records.base import Record
from records.engagements import EngagementRecord
from records.incidents import Analysis, IncidentRecord
from records.timeline import EventType, TimelineEvent
from workflows.messages import Author, AutomationSummary, Id


class JournalState(Record):
    """What the journal carries through continue-as-new."""

    position: int = 0
    batches: int = 0
    unsaved: list[TimelineEvent] = []
    behind: bool = False


class EditableEvent(Record):
    """What must be known of an event to edit it: its content comes with the edit."""

    event_type: EventType
    event_time: datetime


class Carried(Record):
    """Everything that has happened so far, as far as the rest of the incident needs it."""

    engagements: list[EngagementRecord] = []
    automations: list[AutomationSummary] = []
    analysis: Analysis | None = None
    journal: JournalState = JournalState()
    editable: dict[str, EditableEvent] = {}
    reminder_at: datetime | None = None
    runs: list[str] = []


class IncidentInput(Record):
    """An accepted incident with the whole plan: the workflow needs to look nothing up.

    `on_call` names who was on shift at the start, by schedule; `open_hours` says of each working hours whether it was
    within them. `history_limit` is the number of history events
    after which the workflow continues as new.
    """

    incident: IncidentRecord
    plan: ResponsePlan
    catalog: Catalog
    on_call: dict[str, list[str]] = {}
    open_hours: dict[str, bool] = {}
    history_limit: int = 8000
    carried: Carried | None = None


class EngagementInput(Record):
    """An engagement, all it can reach, and who was on shift when it was asked for, by schedule."""

    engagement: EngagementRecord
    catalog: Catalog
    on_call: dict[str, list[str]] = {}
    open_hours: dict[str, bool] = {}
    journal: JournalState = JournalState()
    late_until: datetime | None = None
    history_limit: int = 8000


class AutomationInput(Record):
    """An execution: the document travels whole. `incident_id` is the incident to report to, if there is one."""

    execution_id: Id
    document_name: str
    document: dict[str, Any]
    parameters: dict[str, Any] = {}
    started_by: Author
    incident_id: str | None = None
