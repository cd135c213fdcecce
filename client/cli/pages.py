"""Commands that answer a page: ack, decline, unack, snooze, hand-over, accept."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from client.answers import Answered, AnswerKind, snooze_trouble
from client.cli.engagement_pictures import engagement_page
from client.cli.incident_pictures import incident_line
from client.cli.session import Asked, Session
from client.errors import InvalidInputError
from client.pages import CodeValidation
from definitions.durations import parse_duration
from records.engagements import EngagementRecord

What = Annotated[
    str,
    Parameter(
        help="The id of an incident (all its engagements) or of one engagement; four characters are enough."
    ),
]
Whose = Annotated[
    str | None,
    Parameter(
        name="--contact",
        help="Who answers, by the name of their contact. Default: you, by --as or your login name.",
    ),
]
Said = Annotated[str, Parameter(name="--note", help="What they say; it goes on the timeline.")]


async def ack(
    incident_or_engagement: What, /, *, contact: Whose = None, note: Said = "", session: Asked
) -> None:
    """Say that somebody has it."""
    kind = AnswerKind.ACKNOWLEDGE
    await _answer(session, incident_or_engagement, kind, contact, note, told="{contact} has it.")


async def decline(
    incident_or_engagement: What, /, *, contact: Whose = None, note: Said = "", session: Asked
) -> None:
    """Say that somebody cannot: whoever comes next is paged at once."""
    kind = AnswerKind.DECLINE
    await _answer(session, incident_or_engagement, kind, contact, note, told="{contact} cannot.")


async def unack(
    incident_or_engagement: What, /, *, contact: Whose = None, note: Said = "", session: Asked
) -> None:
    """Say that somebody does not have it after all: they are paged anew, and the plan goes on."""
    kind = AnswerKind.UNACKNOWLEDGE
    told = "{contact} does not have it any more."
    await _answer(session, incident_or_engagement, kind, contact, note, told=told)


async def snooze(
    incident_or_engagement: What,
    /,
    *,
    contact: Whose = None,
    duration: Annotated[str, Parameter(name="--for")] = "30m",
    note: Said = "",
    session: Asked,
) -> None:
    """Say that somebody has it for a while; then they are paged anew.

    Parameters
    ----------
    duration
        How long, from 1m to 7d, like 30m or 1h30m.
    """
    try:
        span = parse_duration(duration)
    except ValueError as error:
        raise InvalidInputError(f"--for: {error}") from error
    if trouble := snooze_trouble(span):
        raise InvalidInputError(f"--for: {trouble}")
    told = f"{{contact}} has it for {duration}."
    await _answer(session, incident_or_engagement, AnswerKind.SNOOZE, contact, note, told=told, duration=span)


async def hand_over(
    incident_or_engagement: What,
    /,
    *,
    to: str,
    contact: Whose = None,
    note: Said = "",
    session: Asked,
) -> None:
    """Give it to another contact, who is paged instead.

    Parameters
    ----------
    to
        The other contact's name; see `tocsin get contacts`.
    """
    kind, told = AnswerKind.HAND_OVER, f"{{contact}} handed it over to {to}."
    await _answer(session, incident_or_engagement, kind, contact, note, told=told, to=to)


async def accept(
    page: str, code: str, /, *, ignore_code: bool = False, note: Said = "", session: Asked
) -> None:
    """Acknowledge a page by the code that was sent with it.

    Parameters
    ----------
    page
        The page's id, all of it, as `tocsin show -o json` prints it.
    code
        The 6 digits of the page.
    ignore_code
        Take any 6 to 10 digits: you know that it is theirs.
    """
    validation = CodeValidation.IGNORE if ignore_code else CodeValidation.ENFORCE
    async with session.connect() as tocsin:
        accepted = await tocsin.accept_page(page, code, validation=validation, note=note)
    session.answer(accepted, Text(f"{accepted.contact} has it."))


async def _answer(
    session: Session,
    given: str,
    kind: AnswerKind,
    contact: str | None,
    note: str,
    *,
    told: str,
    duration: timedelta | None = None,
    to: str | None = None,
) -> None:
    async with session.connect() as tocsin:
        who = contact or tocsin.author
        answered = await tocsin.answer(given, kind, who, note=note, duration=duration, to=to)
    _show(session, answered, told.format(contact=who))


def _show(session: Session, answered: Answered, told: str) -> None:
    if isinstance(answered, EngagementRecord):
        session.answer(answered, engagement_page(answered, datetime.now(UTC)))
    else:
        session.answer(answered, Text(f"{told}  {incident_line(answered)}"))
