"""What workflows start with, and what they carry through continue-as-new."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator

from activities.automation.steps import AttachedFile
from definitions.automation import ExecutionStatus, Mode, SystemVariables
from definitions.automation.rate_control import allowance
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


class CarriedExecution(Record):
    """What a run of an execution goes on with after another: the interpreter's state, and how far its records are.

    `begun` counts the steps begun so far, iterations of loops included; `positions` are those of the steps in `state`.
    """

    state: dict[str, Any]
    journal: JournalState = JournalState()
    begun: int = 0
    positions: dict[str, int] = {}


class AutomationInput(Record):
    """An execution: the document travels whole.

    `incident_id` is the incident to report to, if there is one. A step that starts another execution is named by
    `parent_execution_id`, and `depth` counts how many executions stand above it; `system` is known then. `undoes` is
    the execution to roll back: then only what its steps name in onRollback runs. `target` is what this execution of
    many is for.
    """

    execution_id: Id
    document_name: str
    document: dict[str, Any]
    parameters: dict[str, Any] = {}
    started_by: Author
    incident_id: str | None = None
    document_version: str = ""
    files: list[AttachedFile] = []
    mode: Mode = Mode.AUTO
    parent_execution_id: str | None = None
    depth: int = 0
    system: SystemVariables | None = None
    undoes: Id | None = None
    target: dict[str, Any] = {}
    history_limit: int = 8000
    carried: CarriedExecution | None = None


class AutomationResult(Record):
    """How an execution ended; `outputs` as AWS gives them, in the order the document names them."""

    execution_id: str
    status: ExecutionStatus
    outputs: dict[str, list[str]] = {}
    failure_message: str | None = None


def _readable(written: str) -> str:
    allowance(written, 1)
    return written


class RateControl(Record):
    """Going over targets, one execution each (AWS: rate control).

    Targets come from `targets` (one entry of Key and Values) or `target_maps`. `max_concurrency` (default 10) and
    `max_errors` (default 0) are numbers or percentages as text: one error more than `max_errors`, and no other starts.
    """

    target_parameter_name: str = ""
    targets: list[dict[str, Any]] = []
    target_maps: list[dict[str, list[str]]] = []
    max_concurrency: Annotated[str, AfterValidator(_readable)] = "10"
    max_errors: Annotated[str, AfterValidator(_readable)] = "0"


class RateControlInput(Record):
    """An execution of a document for each of many targets; `automation` is what each of them starts with."""

    automation: AutomationInput
    rate_control: RateControl
