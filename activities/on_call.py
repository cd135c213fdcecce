"""Who is on call now: the calendar, asked from a workflow when a stage begins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from temporalio import activity

from definitions.catalog import Catalog
from definitions.contacts import Contact
from definitions.on_call_schedules import OnCallSchedule
from definitions.shifts import on_call
from records.base import Record
from records.bounded import acquire_within
from records.definitions import read_catalog

if TYPE_CHECKING:
    from records.database import Pool

PATIENCE = 1.0
"""Seconds to wait for the definitions in force; after that the incident's own snapshot answers."""


class OnCallQuestion(Record):
    """A schedule, and the definitions that the incident took with it."""

    schedule: str
    snapshot: Catalog


class OnCallAnswer(Record):
    """The contacts on shift, whole, in rotation order; `from_snapshot` when the definitions could not be re-read."""

    at: datetime
    contacts: list[Contact]
    from_snapshot: bool


def contacts_on_call(schedule: OnCallSchedule, catalog: Catalog, at: datetime) -> list[Contact]:
    """Everybody on shift in any rotation of the schedule at that instant, each once."""
    aliases: dict[str, None] = {}
    for name in schedule.rotations:
        aliases |= dict.fromkeys(on_call(catalog.rotations[name], at))
    return [catalog.contacts[alias] for alias in aliases]


class OnCall:
    """Activities that consult the calendar."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @activity.defn
    async def who_is_on_call(self, question: OnCallQuestion) -> OnCallAnswer:
        """Resolve a schedule at this instant by the definitions in force, or by the snapshot if they are away."""
        at = datetime.now(UTC)
        try:
            async with acquire_within(self._pool, PATIENCE) as connection:
                catalog = await read_catalog(connection)
            contacts = contacts_on_call(catalog.on_call_schedules[question.schedule], catalog, at)
            return OnCallAnswer(at=at, contacts=contacts, from_snapshot=False)
        except Exception as error:  # whatever keeps us from re-reading, somebody has to be paged
            activity.logger.warning("on call from the snapshot: %s: %s", type(error).__name__, error)
        try:
            schedule = question.snapshot.on_call_schedules[question.schedule]
            contacts = contacts_on_call(schedule, question.snapshot, at)
        except (KeyError, ValueError):  # nobody can be told: let the next stage begin
            activity.logger.exception("nobody can be told to be on call for %s", question.schedule)
            contacts = []
        return OnCallAnswer(at=at, contacts=contacts, from_snapshot=True)
