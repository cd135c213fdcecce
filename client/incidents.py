"""Incidents: opening, finding, acknowledging, changing, resolving."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from temporalio.service import RPCError, RPCStatusCode

from activities.on_call import contacts_on_call
from client.connection import Connection, build
from client.errors import ConflictError, InvalidInputError, NotFoundError, TocsinError, UnavailableError
from definitions.catalog import Catalog
from definitions.opening_hours import is_open
from records import incident_store
from records.base import Record
from records.batches import AutomationRecord
from records.definitions import catalog_version, read_catalog
from records.engagements import EngagementRecord
from records.incidents import IncidentRecord, IncidentStatus, RelatedItem, Trigger
from records.reading import read_automations, read_engagements
from workflows.incident import IncidentWorkflow
from workflows.inputs import IncidentInput
from workflows.messages import (
    Acknowledge,
    ChangeRelatedItem,
    Duplicate,
    Reopen,
    Resolve,
    Update,
)
from workflows.starting import PATIENCE, start_incident_workflow

if TYPE_CHECKING:
    from records.database import Connection as Database

MAX_RELATED_ITEMS_AT_START = 100
LARGEST_START = 256 * 1024
"""Bytes of an incident and its plan; workflow inputs stay small."""


class StartedIncident(Record):
    """The answer to a trigger.

    `created` is False when it was folded into an open incident with the same dedupe key. `running` is False when
    Temporal was away: the incident is stored, and starts when Temporal is back.
    """

    incident: IncidentRecord
    created: bool
    running: bool = True


class IncidentDetails(Record):
    """An incident with its engagements and runbook executions."""

    incident: IncidentRecord
    engagements: list[EngagementRecord]
    automations: list[AutomationRecord]


class Incidents(Connection):
    """What can be done with incidents."""

    _catalog: tuple[int, Catalog] | None = None

    async def start_incident(
        self,
        plan: str,
        *,
        title: str | None = None,
        impact: int | None = None,
        trigger: Trigger | None = None,
        related_items: Sequence[RelatedItem] = (),
        history_limit: int | None = None,
    ) -> StartedIncident:
        """Open an incident by a response plan, or fold the trigger into the open one with its dedupe key.

        Once this returns, the incident is stored and cannot be lost. `title` and `impact` (1-5) override the plan's.
        `history_limit`: events after which the workflow continues as new.
        Raises InvalidInputError, NotFoundError for an unknown plan, UnavailableError while PostgreSQL is away.
        """
        if len(related_items) > MAX_RELATED_ITEMS_AT_START:
            raise InvalidInputError(
                f"at most {MAX_RELATED_ITEMS_AT_START} related items, got {len(related_items)}"
            )
        async with self._database() as database:
            catalog = await self._catalog_in_force(database)
            given = self._incident_input(catalog, plan, title, impact, trigger or Trigger(), related_items)
            if history_limit is not None:
                given.history_limit = history_limit
            start = given.model_dump_json()
            size = len(start.encode())
            if size > LARGEST_START:
                raise InvalidInputError(
                    f"the incident and its plan are {size} bytes; at most {LARGEST_START} can start a workflow"
                )
            created = await incident_store.accept(database, given.incident, start)
            folded = None
            if not created:
                folded = await incident_store.fold_into_open(database, given.incident.dedupe_key)
        if created:
            return StartedIncident(
                incident=given.incident, created=True, running=await self._try_start(given)
            )
        if folded is not None:
            answer = await self._tell_duplicate(folded, given.incident)
            if answer is not None:
                return answer
        # What had the key is open no more: resolved just now, never reopened, or its workflow was ended from outside.
        async with self._database() as database:
            await incident_store.release_claims(database, given.incident.dedupe_key)
        return await self.start_incident(
            plan,
            title=title,
            impact=impact,
            trigger=trigger,
            related_items=related_items,
            history_limit=history_limit,
        )

    async def _try_start(self, given: IncidentInput) -> bool:
        try:
            await start_incident_workflow(self.temporal, given, task_queue=self._task_queue)
        except (RPCError, RuntimeError):  # RuntimeError: it cannot even be connected to
            return False
        return True

    async def _tell_duplicate(
        self, folded: incident_store.FoldedTrigger, duplicate: IncidentRecord
    ) -> StartedIncident | None:
        """Tell the open incident of its duplicate; None if it turns out to have no workflow any more."""
        id_, trigger, running = folded.incident.incident_id, duplicate.trigger, True
        message = Duplicate(
            source=trigger.source,
            trigger_arn=trigger.trigger_arn,
            raw_data=trigger.raw_data,
            author=self.author,
            count=folded.count,
        )
        try:
            await self._start_if_waiting(id_)
            if folded.to_be_noted:
                handle = self.temporal.get_workflow_handle(id_)
                await handle.signal(IncidentWorkflow.duplicate, message, rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                async with self._database() as database:
                    await incident_store.give_up(database, id_)
                return None
            running = False
        except (RuntimeError, UnavailableError):
            running = False
        return StartedIncident(incident=folded.incident, created=False, running=running)

    def _incident_input(
        self,
        catalog: Catalog,
        plan_name: str,
        title: str | None,
        impact: int | None,
        trigger: Trigger,
        related_items: Sequence[RelatedItem],
    ) -> IncidentInput:
        plan = catalog.response_plans.get(plan_name)
        if plan is None:
            known = ", ".join(sorted(catalog.response_plans)) or "none; apply some with `tocsin apply`"
            raise NotFoundError(f"no response plan {plan_name!r}; known plans: {known}")
        now = datetime.now(UTC)
        id_ = str(uuid.uuid4())
        template = plan.incident_template
        incident = build(
            IncidentRecord,
            incident_id=id_,
            plan=plan.name,
            title=title if title is not None else template.title,
            summary=template.summary,
            impact=impact if impact is not None else template.impact,
            chat_channel=plan.chat_channel,
            dedupe_key=template.dedupe_string or id_,
            trigger=trigger,
            created_by=self.author,
            created_at=now,
            modified_by=self.author,
            modified_at=now,
            tags=template.tags,
            related_items=list(related_items),
        )
        part = catalog.part_for(plan)
        return IncidentInput(
            incident=incident,
            plan=plan,
            catalog=part,
            on_call=on_shift(part, now),
            open_hours=hours_now(part, now),
        )

    async def get_incident(self, incident_id: str) -> IncidentDetails:
        """An incident with its engagements and runbook executions; raises NotFoundError."""
        full = await self.full_id(incident_id)
        async with self._database() as database:
            incident = await incident_store.find(database, full)
            if incident is None:
                raise NotFoundError(f"no incident {full}")
            return IncidentDetails(
                incident=incident,
                engagements=await read_engagements(database, full),
                automations=await read_automations(database, full),
            )

    async def list_incidents(
        self,
        *,
        status: IncidentStatus | None = None,
        impact: int | None = None,
        plan: str | None = None,
        limit: int = 50,
    ) -> list[IncidentRecord]:
        """Incidents, newest first."""
        async with self._database() as database:
            return await incident_store.list_incidents(
                database, status=status, impact=impact, plan=plan, limit=limit
            )

    async def acknowledge(
        self, incident_id: str, contact: str, *, note: str = "", engagement_id: str | None = None
    ) -> IncidentRecord:
        """Say that a contact has it, in all engagements of the incident that reached them or in one.

        Raises ConflictError if the contact has not been engaged.
        """
        message = build(
            Acknowledge, contact=contact, author=self.author, note=note, engagement_id=engagement_id
        )
        return await self._update(await self.full_id(incident_id), "acknowledge", message, IncidentRecord)

    async def resolve(self, incident_id: str, *, note: str = "") -> IncidentRecord:
        """The incident is over; paging stops and the analysis is due. Raises ConflictError if it is not open."""
        message = build(Resolve, author=self.author, note=note)
        return await self._update(await self.full_id(incident_id), "resolve", message, IncidentRecord)

    async def reopen(self, incident_id: str, *, reason: str = "") -> IncidentRecord:
        """It was not over. Raises ConflictError if it is open, closed, or another one has its dedupe key."""
        full = await self.full_id(incident_id)
        message = build(Reopen, author=self.author, reason=reason)
        async with self._database(transaction=True) as database:
            if not await incident_store.claim_reopening(database, full):
                raise ConflictError(
                    f"another open incident has the dedupe key of {full}; resolve that one first"
                )
            before = await incident_store.find(database, full)
            if before is None:
                raise NotFoundError(f"no incident {full}")
            if before.status is IncidentStatus.OPEN:
                raise ConflictError(f"incident {full} is open")
            if before.closed_at is not None:
                raise ConflictError(
                    f"incident {full} is closed: its analysis is done and nothing changes any more"
                )
        try:
            return await self._update(full, "reopen", message, IncidentRecord)
        except TocsinError:
            async with self._database() as database:
                await incident_store.release_claims(database, before.dedupe_key)
            raise

    async def update_incident(
        self,
        incident_id: str,
        *,
        title: str | None = None,
        summary: str | None = None,
        impact: int | None = None,
        chat_channel: str | None = None,
    ) -> IncidentRecord:
        """Change what is given; an empty chat channel clears it. Nobody is paged for it."""
        message = build(
            Update, author=self.author, title=title, summary=summary, impact=impact, chat_channel=chat_channel
        )
        return await self._update(await self.full_id(incident_id), "update", message, IncidentRecord)

    async def add_related_item(self, incident_id: str, item: RelatedItem) -> IncidentRecord:
        """Tie something to the incident."""
        message = build(ChangeRelatedItem, author=self.author, item=item)
        return await self._update(
            await self.full_id(incident_id), "add_related_item", message, IncidentRecord
        )

    async def remove_related_item(self, incident_id: str, item: RelatedItem) -> IncidentRecord:
        """Untie what has the same type and value; raises NotFoundError."""
        message = build(ChangeRelatedItem, author=self.author, item=item)
        return await self._update(
            await self.full_id(incident_id), "remove_related_item", message, IncidentRecord
        )

    async def _catalog_in_force(self, database: Database) -> Catalog:
        version = await catalog_version(database)
        if self._catalog is None or self._catalog[0] != version:
            self._catalog = (version, await read_catalog(database))
        return self._catalog[1]


def on_shift(catalog: Catalog, at: datetime) -> dict[str, list[str]]:
    """Who is on shift, by schedule: the first stage of an engagement then needs no calendar.

    A schedule whose calendar fails here (its time zone is unknown on this machine) is left for a worker to ask.
    """
    found = {}
    for name, schedule in catalog.on_call_schedules.items():
        with contextlib.suppress(ValueError):
            found[name] = [contact.name for contact in contacts_on_call(schedule, catalog, at)]
    return found


def hours_now(catalog: Catalog, at: datetime) -> dict[str, bool]:
    """Which working hours it is now, for stages that ask; those that cannot be told are left for a worker to ask."""
    found = {}
    for name, hours in catalog.working_hours.items():
        with contextlib.suppress(ValueError):
            found[name] = is_open(hours, at)
    return found
