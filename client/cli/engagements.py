"""Commands about people: engage, disengage, page."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from client.cli.arguments import IncidentId
from client.cli.engagement_pictures import engagement_page
from client.cli.session import Asked

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
