"""The command `watch`: an incident as it stands, redrawn each second until it is closed."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from client.cli.arguments import IncidentId
from client.cli.incident_pictures import incident_line, incident_page
from client.cli.screen import Plain, make_console, show
from client.cli.session import Asked
from client.cli.story import Story
from client.cli.timelines import print_as_it_happens
from client.errors import UnavailableError
from client.incidents import IncidentDetails
from client.tocsin import Tocsin
from records.timeline import TimelineEvent

LOOK = 1.0
"""Seconds between two looks."""

LAST_EVENTS = 10


async def watch(incident: IncidentId, /, *, once: bool = False, session: Asked) -> None:
    """Watch an incident live until it is closed: who is paged, when the next stage begins, what runs.

    Where standard output is no terminal, each change is printed as a line; with -o json, an event a line.

    Parameters
    ----------
    once
        Print how it stands now, and end.
    """
    async with session.connect() as tocsin:
        full = await tocsin.full_id(incident)
        details, events = await _look(tocsin, full)
        if once:
            answer = details.model_dump(mode="json") | {"timeline": events}
            session.answer(answer, frame(details, events, datetime.now(UTC)))
        elif session.wants_json or not sys.stdout.isatty():
            if not session.wants_json:
                show(Text(incident_line(details.incident)))
            await print_as_it_happens(session, tocsin, full)
        else:
            await _redraw(tocsin, details, events)


def frame(
    details: IncidentDetails, events: Sequence[TimelineEvent], now: datetime, *, trouble: str = ""
) -> RenderableType:
    """One picture of the incident; `trouble` says why it may be old."""
    parts = [
        incident_page(details, now),
        Text(),
        Text("last events", style="bold"),
        Story(events[-LAST_EVENTS:], now),
    ]
    if trouble:
        parts += [Text(), Text(f"This may be out of date: {trouble}", style="bold red")]
    return Group(*parts)


async def _look(tocsin: Tocsin, incident_id: str) -> tuple[IncidentDetails, list[TimelineEvent]]:
    return await tocsin.get_incident(incident_id), await tocsin.timeline(incident_id)


async def _redraw(tocsin: Tocsin, details: IncidentDetails, events: list[TimelineEvent]) -> None:
    incident_id, trouble = details.incident.incident_id, ""
    with Live(console=make_console(), auto_refresh=False) as live:
        try:
            while True:
                picture = frame(details, events, datetime.now(UTC), trouble=trouble)
                live.update(Plain(picture), refresh=True)
                if details.incident.closed_at is not None:
                    return
                await asyncio.sleep(LOOK)
                try:
                    (details, events), trouble = await _look(tocsin, incident_id), ""
                except UnavailableError as error:
                    trouble = str(error)
        except asyncio.CancelledError:
            return  # Ctrl-C is how this ends
