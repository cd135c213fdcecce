"""How incidents look: one line, a table, a whole page."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from client.automations import steps_of
from client.cli.engagement_pictures import engagement_lines
from client.cli.runbook_pictures import execution_heading, steps_table
from client.cli.screen import styled, table
from client.cli.times import rough, when
from client.incidents import IncidentDetails
from records.incidents import AnalysisStatus, IncidentRecord, IncidentStatus

SHORT_ID = 8
"""Characters of an id that are shown where space is short."""

_IMPACTS = {1: "critical", 2: "high", 3: "medium", 4: "low", 5: "none"}


def stands(incident: IncidentRecord) -> str:
    """Where the incident is in its life: OPEN, RESOLVED while the analysis is owed, or CLOSED."""
    return "CLOSED" if incident.closed_at is not None else incident.status.value


def incident_line(incident: IncidentRecord) -> str:
    """The incident in a line."""
    return f"{incident.incident_id}  {stands(incident)}, impact {incident.impact}: {incident.title}"


def incident_table(incidents: Iterable[IncidentRecord], now: datetime) -> RenderableType:
    """Incidents as a table, a line each."""
    rows = [
        (
            incident.incident_id[:SHORT_ID],
            styled(stands(incident), _style(incident)),
            str(incident.impact),
            incident.title,
            incident.plan,
            when(incident.created_at, now),
        )
        for incident in incidents
    ]
    return table(("ID", "STATUS", "IMPACT", "TITLE", "PLAN", "OPENED"), rows)


def incident_page(details: IncidentDetails, now: datetime) -> RenderableType:
    """Everything about an incident but its timeline."""
    return Group(*_sections(details, now))


def _sections(details: IncidentDetails, now: datetime) -> Iterator[RenderableType]:
    incident = details.incident
    yield Text.assemble(
        (stands(incident), _style(incident)),
        (f"  impact {incident.impact} ({_IMPACTS[incident.impact]})  ", "bold"),
        (incident.title, "bold"),
    )
    yield table(("", ""), _facts(incident, now))
    for engagement in details.engagements:
        yield Text()
        yield from engagement_lines(engagement, now)
    for automation in details.automations:
        yield Text()
        yield execution_heading(automation)
        yield steps_table(steps_of(automation), now)


def _facts(incident: IncidentRecord, now: datetime) -> Iterator[tuple[str, str]]:
    yield "id", incident.incident_id
    yield "plan", incident.plan
    if incident.summary:
        yield "summary", incident.summary
    yield "opened", f"{when(incident.created_at, now)} by {incident.created_by}"
    yield "source", incident.trigger.source
    if incident.chat_channel:
        yield "chat", incident.chat_channel
    if incident.resolved_at:
        yield (
            "resolved",
            f"{when(incident.resolved_at, now)}, after {rough(incident.resolved_at - incident.created_at)}",
        )
    if incident.analysis_status is AnalysisStatus.PENDING:
        yield "analysis", f"owed; `tocsin analysis show {incident.incident_id[:SHORT_ID]}` has the questions"
    elif incident.closed_at:
        yield "analysis", f"{incident.analysis_status.lower()} {when(incident.closed_at, now)}"
    for item in incident.related_items:
        yield "related", f"{item.type} {item.value}" + (f" ({item.title})" if item.title else "")


def _style(incident: IncidentRecord) -> str:
    if incident.status is IncidentStatus.OPEN:
        return "bold red"
    return "yellow" if incident.closed_at is None else "green"
