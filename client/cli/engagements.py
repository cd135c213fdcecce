"""Commands about people: engage, disengage, page."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from client.cli.arguments import IncidentId
from client.cli.engagement_pictures import engagement_page
from client.cli.session import Asked
from client.errors import NotFoundError
from client.tocsin import Tocsin
from records.engagements import EngagementRecord

Who = Annotated[
    str,
    Parameter(help="A contact, escalation plan or on-call schedule, by name; see `tocsin get contacts`."),
]


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


async def disengage(
    incident: Annotated[str, Parameter(help="The incident's id, which may be left out.")],
    engagement: str | None = None,
    /,
    *,
    reason: str = "",
    session: Asked,
) -> None:
    """Stop paging in one engagement: `tocsin disengage ENGAGEMENT`, or `tocsin disengage INCIDENT ENGAGEMENT`.

    Parameters
    ----------
    engagement
        The engagement's id, as `tocsin show` or `tocsin page` prints it; its first four characters are enough.
    reason
        Why; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        if engagement is None:
            stopped = await _stop(tocsin, incident, reason)
        else:
            stopped = await tocsin.disengage(incident, engagement, reason=reason)
    session.answer(stopped, engagement_page(stopped, datetime.now(UTC)))


async def _stop(tocsin: Tocsin, given: str, reason: str) -> EngagementRecord:
    """Stop the engagement of that id, whether it stands alone or belongs to an incident."""
    try:
        record = await tocsin.get_engagement(given)
    except NotFoundError as error:
        hint = "of an incident, say which: `tocsin disengage INCIDENT ENGAGEMENT`"
        raise NotFoundError(f"{error}; {hint}") from error
    if record.incident_id is None:
        return await tocsin.stop_page(record.engagement_id, reason=reason)
    return await tocsin.disengage(record.incident_id, record.engagement_id, reason=reason)


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
