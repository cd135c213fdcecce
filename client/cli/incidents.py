"""Commands for an incident's life: start, list, show, resolve, reopen, update."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from client.cli.arguments import IncidentId
from client.cli.engagement_pictures import engagement_page
from client.cli.incident_pictures import incident_line, incident_page, incident_table
from client.cli.session import Asked
from client.connection import build
from client.errors import InvalidInputError, NotFoundError
from client.incidents import StartedIncident
from records.incidents import IncidentRecord, IncidentStatus, Trigger

MOST_READ = 4 * 1024 * 1024
"""Characters of raw data that are read at all; far fewer are accepted."""

MOST_LISTED = 1000

Shown = Annotated[
    str,
    Parameter(
        help="The id of an incident, or of an engagement such as `tocsin page` prints; "
        "four characters are enough where no other id begins so."
    ),
]


class Status(StrEnum):
    """What `list` shows."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"
    ALL = "ALL"


async def start(
    plan: str,
    /,
    *,
    title: str | None = None,
    impact: int | None = None,
    source: str | None = None,
    trigger_arn: str | None = None,
    raw_data: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    session: Asked,
) -> None:
    """Open an incident by a response plan.

    Parameters
    ----------
    plan
        The response plan's name; `tocsin get plans` lists them.
    title
        What is wrong, in up to 200 characters. Default: the plan's title.
    impact
        1 critical, 2 high, 3 medium, 4 low, 5 none. Default: the plan's impact.
    source
        What sets the incident off, in up to 50 characters, such as the name of a monitoring system.
    trigger_arn
        The ARN of the alarm behind it.
    raw_data
        A file with the alarm's own text, kept on the timeline; - reads standard input.
    """
    given: dict[str, object] = {"trigger_arn": trigger_arn, "timestamp": datetime.now(UTC)}
    if source is not None:
        given["source"] = source
    if raw_data is not None:
        given["raw_data"] = _read_raw_data(raw_data)
    trigger = build(Trigger, **given)
    async with session.connect() as tocsin:
        started = await tocsin.start_incident(plan, title=title, impact=impact, trigger=trigger)
    session.answer(started, Text(_started_line(started)))


async def list_(
    *,
    status: Status = Status.OPEN,
    impact: int | None = None,
    plan: str | None = None,
    limit: int = 50,
    session: Asked,
) -> None:
    """List incidents, newest first.

    Parameters
    ----------
    status
        Which ones.
    impact
        Only those of this impact, 1 (critical) to 5 (none).
    plan
        Only those of this response plan.
    limit
        At most so many, up to 1000.
    """
    if impact is not None and not 1 <= impact <= 5:
        raise InvalidInputError(f"impact goes from 1 (critical) to 5 (none), got {impact}")
    if not 1 <= limit <= MOST_LISTED:
        raise InvalidInputError(f"--limit goes from 1 to {MOST_LISTED}, got {limit}")
    wanted = None if status is Status.ALL else IncidentStatus(status.value)
    async with session.connect() as tocsin:
        found = await tocsin.list_incidents(status=wanted, impact=impact, plan=plan, limit=limit)
    if found:
        session.answer(found, incident_table(found, datetime.now(UTC)))
        return
    hint = "" if status is Status.ALL else "; `--status all` lists the others"
    session.answer(found, Text(f"No {'' if status is Status.ALL else status.lower() + ' '}incidents{hint}."))


async def show(incident_or_engagement: Shown, /, *, session: Asked) -> None:
    """Show an incident with its engagements and runbook executions, or one engagement."""
    async with session.connect() as tocsin:
        full = await tocsin.full_id(incident_or_engagement)
        try:
            details = await tocsin.get_incident(full)
        except NotFoundError as unknown:
            try:
                engagement = await tocsin.get_engagement(full)
            except NotFoundError:
                raise unknown from None
            session.answer(engagement, engagement_page(engagement, datetime.now(UTC)))
            return
    session.answer(details, incident_page(details, datetime.now(UTC)))


async def resolve(incident: IncidentId, /, *, note: str = "", session: Asked) -> None:
    """Say that it is over.

    Parameters
    ----------
    note
        What ended it; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        _answer(session, await tocsin.resolve(incident, note=note))


async def reopen(incident: IncidentId, /, *, reason: str = "", session: Asked) -> None:
    """Say that it was not over.

    Parameters
    ----------
    reason
        Why; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        _answer(session, await tocsin.reopen(incident, reason=reason))


async def update(
    incident: IncidentId,
    /,
    *,
    title: str | None = None,
    summary: str | None = None,
    impact: int | None = None,
    chat_channel: str | None = None,
    session: Asked,
) -> None:
    """Change what is given; the rest stays.

    Parameters
    ----------
    title
        What is wrong, in up to 200 characters.
    summary
        What is known so far, in up to 8000 characters.
    impact
        1 critical, 2 high, 3 medium, 4 low, 5 none.
    chat_channel
        Where people talk about it; an empty text clears it.
    """
    if (title, summary, impact, chat_channel) == (None, None, None, None):
        raise InvalidInputError("nothing to change; give --title, --summary, --impact or --chat-channel")
    async with session.connect() as tocsin:
        changed = await tocsin.update_incident(
            incident, title=title, summary=summary, impact=impact, chat_channel=chat_channel
        )
    _answer(session, changed)


def _answer(session: Asked, incident: IncidentRecord) -> None:
    session.answer(incident, Text(incident_line(incident)))


def _started_line(started: StartedIncident) -> str:
    line = incident_line(started.incident)
    if not started.created:
        line += "\nIt was open already: this was counted as a duplicate of it."
    if not started.running:
        line += "\nTemporal does not answer. The incident is stored and starts when Temporal is back."
    return line


def _read_raw_data(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read(MOST_READ)
        with Path(path).open(encoding="utf-8") as file:
            return file.read(MOST_READ)
    except OSError as error:
        raise InvalidInputError(f"--raw-data: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"--raw-data: {path} is not UTF-8 text") from error
