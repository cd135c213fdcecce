"""The page behind a page's link: how it stands, and what can be answered."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from client.answers import AnswerKind
from client.cli.times import rough
from client.pages import PageState
from records.engagements import EngagedPerson, EngagementStatus
from records.incidents import IncidentStatus
from records.signing import PageLink

CHOICES = (
    (AnswerKind.ACKNOWLEDGE, "I have it"),
    (AnswerKind.DECLINE, "I cannot"),
    (AnswerKind.SNOOZE, "Snooze 30 min"),
)

_FOLDER = Path(__file__).parent / "templates"
_TEMPLATES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
_STYLE = (_FOLDER / "link.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# The address holds the authority to answer: it is to be kept nowhere and passed on to nobody.
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


class PersonLine(NamedTuple):
    """Somebody who was engaged, and how they stand."""

    name: str
    words: str


def state_page(
    state: PageState, link: PageLink, *, words: str = "", status: int = 200, now: datetime | None = None
) -> HTMLResponse:
    """How it stands, with buttons for what its contact may still answer by this link."""
    now = now or datetime.now(UTC)
    person = _contact_of(state, link)
    used = person is not None and link.key in person.used_links
    if not words:
        used_words = "This link has been used. A link does its work once." if used else ""
        words = " ".join(filter(None, (already(state, link), used_words)))
    return _page(
        _title(state),
        words=words,
        contents=_contents(state, link),
        answers_as=link.contact,
        facts=_facts(state, now),
        people=[
            PersonLine(each.contact, _standing(each, now))
            for engagement in state.engagements
            for each in engagement.people.values()
        ],
        choices=() if used or _has_it(person) or is_closed(state) else CHOICES,
        status=status,
    )


def plain_page(
    heading: str, words: str, *, status: int, choices: Sequence[tuple[AnswerKind, str]] = ()
) -> HTMLResponse:
    """A page that says one thing."""
    return _page(heading, words=words, choices=choices, status=status)


def who_has_it(state: PageState, now: datetime) -> str:
    """Everybody who said that they have it, and when: a sentence, empty if nobody did."""
    said = [
        f"{person.contact} has it since {_moment(person.acknowledged_at, now)}."
        for engagement in state.engagements
        for person in engagement.people.values()
        if person.acknowledged_at is not None
    ]
    return " ".join(dict.fromkeys(said))


def already(state: PageState, link: PageLink) -> str:
    """What the link's contact has said before, as a sentence; empty if they are still asked."""
    person = _contact_of(state, link)
    if person is None or person.handed_over_to is not None:
        return ""
    if person.acknowledged_at is not None:
        return "You have it already."
    return "You have said already that you cannot." if person.declined_at is not None else ""


def _page(
    heading: str,
    *,
    words: str,
    contents: Sequence[str] = (),
    answers_as: str = "",
    facts: Sequence[tuple[str, str]] = (),
    people: Sequence[PersonLine] = (),
    choices: Sequence[tuple[AnswerKind, str]] = (),
    status: int,
) -> HTMLResponse:
    html = _TEMPLATES.get_template("link.html").render(
        heading=heading,
        words=words,
        contents=contents,
        answers_as=answers_as,
        facts=facts,
        people=people,
        choices=choices,
        style=Markup(_STYLE),  # noqa: S704 - our own file, nobody's input
    )
    headers = dict(HEADERS)
    if status == 503:
        headers["Retry-After"] = "5"
    return HTMLResponse(html, status_code=status, headers=headers)


def _title(state: PageState) -> str:
    if state.incident is not None:
        return state.incident.title
    return next((engagement.subject for engagement in state.engagements), "A page")


def _contents(state: PageState, link: PageLink) -> list[str]:
    """What happened: the incident's summary, and what the page said if that is something else."""
    texts = [state.incident.summary] if state.incident is not None else []
    texts += [one.content for one in state.engagements if one.engagement_id == link.engagement_id]
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _facts(state: PageState, now: datetime) -> list[tuple[str, str]]:
    incident = state.incident
    if incident is not None:
        facts = [
            ("Impact", f"{incident.impact} of 5, 1 is the worst"),
            ("Status", incident.status.capitalize()),
            ("Since", _moment(incident.created_at, now)),
        ]
        return facts + ([("Until", _moment(incident.resolved_at, now))] if incident.resolved_at else [])
    return [
        fact
        for engagement in state.engagements
        for fact in (
            ("Status", engagement.status.capitalize()),
            ("Since", _moment(engagement.started_at, now)),
            ("Sent by", engagement.sender),
        )
    ]


def _standing(person: EngagedPerson, now: datetime) -> str:
    if person.handed_over_to is not None:
        return f"handed it over to {person.handed_over_to}"
    if person.snoozed_until is not None and person.snoozed_until > now:
        return f"has it until {_moment(person.snoozed_until, now)}"
    if person.acknowledged_at is not None:
        return f"has it since {_moment(person.acknowledged_at, now)}"
    if person.declined_at is not None:
        return "cannot"
    if any(page.reached for page in person.pages):
        return f"was paged {_moment(person.engaged_at, now)} and has not answered"
    return "is about to be paged"


def _moment(at: datetime, now: datetime) -> str:
    """Nobody knows the reader's time zone here, so the distance comes with it."""
    distance = f"{rough(now - at)} ago" if at <= now else f"in {rough(at - now)}"
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({distance})"


def _contact_of(state: PageState, link: PageLink) -> EngagedPerson | None:
    for engagement in state.engagements:
        if engagement.engagement_id == link.engagement_id:
            return engagement.people.get(link.contact)
    return None


def _has_it(person: EngagedPerson | None) -> bool:
    return person is not None and person.acknowledged_at is not None and person.snoozed_until is None


def is_closed(state: PageState) -> bool:
    """Whether it is over, so that nobody is paged for it any more."""
    incident = state.incident
    if incident is None:
        return all(one.status is EngagementStatus.STOPPED for one in state.engagements)
    return incident.closed_at is not None or incident.status is IncidentStatus.RESOLVED
