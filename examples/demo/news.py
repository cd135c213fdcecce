"""What the runbook does, told while it does it: the incident's timeline, looked at again and again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from client import Tocsin
from client.cli.story import tell
from definitions.automation import StepStatus
from examples.demo.narrator import Narrator
from records.timeline import EventType, TimelineEvent

LOOK_SECONDS = 0.3

SHORT = 40
"""Characters of an output that fits into a line; the whole is in the execution's record."""

NEWS = {
    EventType.AUTOMATION_START,
    EventType.AUTOMATION_START_FAILURE,
    EventType.AUTOMATION_STEP,
    EventType.AUTOMATION_END,
}


@asynccontextmanager
async def telling_of_runbooks(tocsin: Tocsin, incident_id: str, narrator: Narrator) -> AsyncIterator[None]:
    """Says each step as it ends, or begins to wait for people."""
    task = asyncio.create_task(_follow(tocsin, incident_id, narrator))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _follow(tocsin: Tocsin, incident_id: str, narrator: Narrator) -> None:
    told: set[str] = set()
    while True:
        for event in await tocsin.timeline(incident_id):
            if event.event_type in NEWS and event.event_id not in told:
                told.add(event.event_id)
                _say(event, narrator)
        await asyncio.sleep(LOOK_SECONDS)


def _say(event: TimelineEvent, narrator: Narrator) -> None:
    if event.data.get("stepStatus") == StepStatus.IN_PROGRESS:
        return
    outputs = event.data.get("outputs", {}).items()
    found = [f"{name} {value}" for name, value in outputs if isinstance(value, str) and len(value) <= SHORT]
    narrator.say("runbook", tell(event) + (f" ({', '.join(found)})" if found else ""))
    if question := event.data.get("message"):
        narrator.say("", f'"{question}"', style="italic")
