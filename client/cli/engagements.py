"""Commands about people: ack, engage, disengage, page, oncall."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from client.cli.arguments import IncidentId, Time
from client.cli.engagement_pictures import engagement_page, on_call_page
from client.cli.incident_pictures import incident_line
from client.cli.session import Asked
from client.cli.times import read_time
from client.errors import NotFoundError, UnavailableError
from client.tocsin import Tocsin
from records.engagements import EngagementRecord
from records.incidents import IncidentRecord

Who = Annotated[
    str,
    Parameter(help="A contact, escalation plan or on-call schedule, by name; see `tocsin get contacts`."),
]


async def ack(
    incident_or_engagement: str, /, *, contact: str | None = None, note: str = "", session: Asked
) -> None:
    """Say that somebody has it.

    Parameters
    ----------
    incident_or_engagement
        The id of an incident (all its engagements) or of one engagement; four characters are enough.
    contact
        Who has it, by the name of their contact. Default: you, by --as or your login name.
    note
        What they say; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        answer = await _acknowledge(tocsin, incident_or_engagement, contact or tocsin.author, note)
    if isinstance(answer, EngagementRecord):
        session.answer(answer, engagement_page(answer, datetime.now(UTC)))
    else:
        session.answer(answer, Text(f"{contact or tocsin.author} has it.  {incident_line(answer)}"))


async def engage(
    incident: IncidentId,
    contact: Who,
    /,
    *,
    subject: str | None = None,
    content: str | None = None,
    session: Asked,
) -> None:
    """Page somebody else for an open incident.

    Parameters
    ----------
    subject
        The page's first line. Default: the incident's impact and title.
    content
        The page's text. Default: the incident's summary.
    """
    async with session.connect() as tocsin:
        engagement = await tocsin.engage(incident, contact, subject=subject, content=content)
    session.answer(engagement, engagement_page(engagement, datetime.now(UTC)))


async def disengage(incident: IncidentId, engagement: str, /, *, reason: str = "", session: Asked) -> None:
    """Stop paging in one engagement of an incident.

    Parameters
    ----------
    engagement
        The engagement's id, as `tocsin show` prints it; its first four characters are enough.
    reason
        Why; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        stopped = await tocsin.disengage(incident, engagement, reason=reason)
    session.answer(stopped, engagement_page(stopped, datetime.now(UTC)))


async def page(contact: Who, /, *, subject: str, content: str = "", session: Asked) -> None:
    """Page somebody without an incident; `tocsin ack` with the id that is printed answers it.

    Parameters
    ----------
    subject
        The page's first line.
    content
        The page's text.
    """
    async with session.connect() as tocsin:
        engagement = await tocsin.page(contact, subject=subject, content=content)
    session.answer(engagement, Text(f"{engagement.engagement_id}  paging {contact}: {subject}"))


async def oncall(schedule: str | None = None, /, *, at: Time = None, session: Asked) -> None:
    """Show who is on call, and until when.

    Parameters
    ----------
    schedule
        The on-call schedule's name. Default: all of them.
    """
    instant = read_time(at)
    async with session.connect() as tocsin:
        schedules = await tocsin.on_call(schedule, at=instant)
    session.answer(schedules, on_call_page(schedules, datetime.now(UTC)))


async def _acknowledge(
    tocsin: Tocsin, given: str, contact: str, note: str
) -> IncidentRecord | EngagementRecord:
    full = await tocsin.full_id(given)
    try:
        engagement = await tocsin.get_engagement(full)
    except (NotFoundError, UnavailableError):
        # Not an engagement, or PostgreSQL is away: an incident can be acknowledged without it.
        return await tocsin.acknowledge(full, contact, note=note)
    if engagement.incident_id is None:
        return await tocsin.acknowledge_page(full, contact, note=note)
    return await tocsin.acknowledge(engagement.incident_id, contact, note=note, engagement_id=full)
