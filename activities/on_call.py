"""The calendar, asked from a workflow when a stage begins: who is on call, and whether people are at work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from temporalio import activity

from definitions.catalog import Catalog
from definitions.contacts import Contact
from definitions.on_call_schedules import OnCallSchedule
from definitions.opening_hours import is_open, next_closing, next_opening
from definitions.shifts import on_call
from records.base import Record
from records.bounded import acquire_within
from records.definitions import read_catalog

if TYPE_CHECKING:
    from records.database import Pool

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds to wait for the definitions in force; after that the incident's own snapshot answers."""


class OnCallQuestion(Record):
    """A schedule, the definitions that the incident took with it, and the instant (default: now)."""

    schedule: str
    snapshot: Catalog
    at: datetime | None = None


class OnCallAnswer(Record):
    """The contacts on shift, whole, in rotation order, and which of their channels must not be paged, and why.

    `from_snapshot` when the definitions in force could not be read.
    """

    at: datetime
    contacts: list[Contact]
    from_snapshot: bool
    silent_channels: dict[str, dict[str, str]] = {}


class HoursQuestion(Record):
    """Working hours by name, the definition that the incident took with it, and the instant."""

    hours: str
    snapshot: Catalog
    at: datetime


class HoursAnswer(Record):
    """Whether it is within the hours, and when that changes (None: not within a year)."""

    open: bool
    changes_at: datetime | None


def contacts_on_call(schedule: OnCallSchedule, catalog: Catalog, at: datetime) -> list[Contact]:
    """Everybody on shift in any rotation of the schedule at that instant, each once."""
    aliases: dict[str, None] = {}
    for name in schedule.rotations:
        aliases |= dict.fromkeys(on_call(catalog.rotations[name], at))
    return [catalog.contacts[alias] for alias in aliases]


def _who(question: OnCallQuestion, catalog: Catalog) -> OnCallAnswer:
    at = question.at or datetime.now(UTC)
    contacts = contacts_on_call(catalog.on_call_schedules[question.schedule], catalog, at)
    silent = {one.name: catalog.silent_channels.get(one.name, {}) for one in contacts}
    return OnCallAnswer(
        at=at,
        contacts=contacts,
        from_snapshot=catalog is question.snapshot,
        silent_channels=silent,
    )


def _hours(question: HoursQuestion, catalog: Catalog) -> HoursAnswer:
    hours = catalog.working_hours[question.hours]
    within = is_open(hours, question.at)
    changes_at = next_closing(hours, question.at) if within else next_opening(hours, question.at)
    return HoursAnswer(open=within, changes_at=changes_at)


class OnCall:
    """Activities that consult the calendar, by the definitions in force or, if they are away, by the snapshot.

    Without a pool the snapshot is all there is.
    """

    def __init__(self, pool: Pool | None) -> None:
        self._pool = pool

    @activity.defn
    async def who_is_on_call(self, question: OnCallQuestion) -> OnCallAnswer:
        """Resolve a schedule at an instant. Never fails: whatever cannot be told, the next stage must begin."""
        nobody = OnCallAnswer(at=question.at or datetime.now(UTC), contacts=[], from_snapshot=True)
        return await self._ask(lambda catalog: _who(question, catalog), question.snapshot, nobody)

    @activity.defn
    async def is_it_working_hours(self, question: HoursQuestion) -> HoursAnswer:
        """Look at working hours at an instant. Never fails: hours that cannot be told are not working hours."""
        unknown = HoursAnswer(open=False, changes_at=None)
        return await self._ask(lambda catalog: _hours(question, catalog), question.snapshot, unknown)

    async def _ask(self, answer: Callable[[Catalog], T], snapshot: Catalog, otherwise: T) -> T:
        if self._pool is not None:
            try:
                async with acquire_within(self._pool, PATIENCE) as connection:
                    catalog = await read_catalog(connection)
                return answer(catalog)
            except Exception as error:  # whatever keeps us from re-reading, somebody has to be paged
                activity.logger.warning("calendar from the snapshot: %s: %s", type(error).__name__, error)
        try:
            return answer(snapshot)
        except (KeyError, ValueError):
            activity.logger.exception("the calendar cannot be told")
            return otherwise
