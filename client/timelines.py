"""Timelines: reading them from the records or from the workflow's history, and writing on them."""

from __future__ import annotations

import uuid
from datetime import datetime

from temporalio.client import WorkflowHistory
from temporalio.service import RPCError

from client.connection import Connection, build
from client.errors import InvalidInputError, NotFoundError, UnavailableError
from client.history import history_runs, writings
from records.histories import read_histories
from records.reading import read_timeline
from records.timeline import EventType, TimelineEvent, fold
from workflows.messages import AddEvent, DeleteEvent, EditEvent


class Timelines(Connection):
    """What can be done with timelines."""

    async def timeline(self, subject_id: str) -> list[TimelineEvent]:
        """The timeline of an incident, execution or stand-alone engagement by the records, oldest first."""
        full = await self.full_id(subject_id)
        async with self._database() as database:
            return await read_timeline(database, full)

    async def timeline_from_history(self, subject_id: str) -> list[TimelineEvent]:
        """The same from the workflow's history alone; where the two differ, this one is right.

        Runs that Temporal has forgotten are read from the archive.
        Raises NotFoundError, UnavailableError.
        """
        full = await self.full_id(subject_id)
        try:
            runs = await history_runs(self.temporal, full)
        except (RPCError, RuntimeError) as error:  # RuntimeError: it cannot even be connected to
            raise UnavailableError(f"Temporal does not answer: {error}") from error
        if not runs or _continues_another(runs[0][1]):
            known = {run_id for run_id, _ in runs}
            async with self._database() as database:
                archived = await read_histories(database, full)
            older = [
                (id_, WorkflowHistory.from_json(full, text)) for id_, text in archived if id_ not in known
            ]
            runs = [*older, *runs]
        if not runs:
            raise NotFoundError(f"neither Temporal nor the archive has a history of {full}")
        return fold(event for _, history in runs for event in writings(history))

    async def add_event(
        self,
        incident_id: str,
        text: str,
        *,
        note: bool = False,
        event_time: datetime | None = None,
        references: list[str] | None = None,
    ) -> str:
        """Put a custom event, or a note, on an incident's timeline; its id. `event_time` is aware."""
        message = build(
            AddEvent,
            event_id=str(uuid.uuid4()),
            author=self.author,
            text=text,
            event_type=EventType.NOTE if note else EventType.CUSTOM,
            event_time=event_time,
            references=references or [],
        )
        return await self._update(await self.full_id(incident_id), "add_event", message, str)

    async def edit_event(
        self,
        incident_id: str,
        event_id: str,
        text: str,
        *,
        event_time: datetime | None = None,
        references: list[str] | None = None,
    ) -> str:
        """Replace the text and references of a custom event or note; raises NotFoundError for any other."""
        message = build(
            EditEvent,
            event_id=_uuid(event_id),
            author=self.author,
            text=text,
            event_time=event_time,
            references=references or [],
        )
        return await self._update(await self.full_id(incident_id), "edit_event", message, str)

    async def delete_event(self, incident_id: str, event_id: str) -> str:
        """Take a custom event or note off the timeline; raises NotFoundError for any other."""
        message = build(DeleteEvent, event_id=_uuid(event_id), author=self.author)
        return await self._update(await self.full_id(incident_id), "delete_event", message, str)


def _continues_another(history: WorkflowHistory) -> bool:
    started = history.events[0].workflow_execution_started_event_attributes
    return bool(started.continued_execution_run_id)


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is not an event's id; `tocsin timeline -o json` shows them"
        ) from None
