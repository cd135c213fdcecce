"""What an incident's workflow starts with, and what it carries through continue-as-new."""

from datetime import datetime

from definitions.catalog import Catalog
from definitions.response_plans import ResponsePlan
from records.base import Record
from records.engagements import EngagementRecord
from records.incidents import Analysis, IncidentRecord
from workflows.journal import JournalState
from workflows.messages import AutomationSummary
from workflows.timeline_edits import EditableEvent


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

    `on_call` names who was on shift at the start, by schedule. `history_limit` is the number of history events
    after which the workflow continues as new.
    """

    incident: IncidentRecord
    plan: ResponsePlan
    catalog: Catalog
    on_call: dict[str, list[str]] = {}
    history_limit: int = 8000
    carried: Carried | None = None
