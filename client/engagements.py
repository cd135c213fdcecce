"""Engagements: paging someone, for an incident or without one, and asking who is on call."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from client.connection import build
from client.definitions import Definitions
from client.errors import NotFoundError
from client.incidents import hours_now, on_shift
from definitions.catalog import Catalog
from records.engagements import EngagementRecord
from records.reading import read_engagement
from workflows.inputs import EngagementInput
from workflows.messages import Acknowledge, Disengage, Engage
from workflows.stand_alone import EngagementWorkflow


class Engagements(Definitions):
    """What can be done with engagements."""

    async def engage(
        self,
        incident_id: str,
        contact: str,
        *,
        subject: str | None = None,
        content: str | None = None,
        public_subject: str | None = None,
        public_content: str | None = None,
    ) -> EngagementRecord:
        """Page a contact, escalation plan or on-call schedule for an open incident.

        The public texts are for channels that others can read (AWS: PublicSubject, PublicContent).
        Raises NotFoundError for an unknown alias or incident, ConflictError if it is not open.
        """
        part = await self._part_for(contact)
        now = datetime.now(UTC)
        message = build(
            Engage,
            engagement_id=str(uuid.uuid4()),
            contact=contact,
            author=self.author,
            catalog=part,
            on_call=on_shift(part, now),
            open_hours=hours_now(part, now),
            subject=subject,
            content=content,
            public_subject=public_subject,
            public_content=public_content,
        )
        return await self._update(await self.full_id(incident_id), "engage", message, EngagementRecord)

    async def disengage(self, incident_id: str, engagement_id: str, *, reason: str = "") -> EngagementRecord:
        """Stop an engagement of an incident."""
        message = build(
            Disengage, engagement_id=await self.full_id(engagement_id), author=self.author, reason=reason
        )
        return await self._update(await self.full_id(incident_id), "disengage", message, EngagementRecord)

    async def page(
        self,
        contact: str,
        *,
        subject: str,
        content: str = "",
        public_subject: str = "",
        public_content: str = "",
    ) -> EngagementRecord:
        """Page without an incident. Raises NotFoundError, or UnavailableError: then nobody will be paged."""
        part = await self._part_for(contact)
        now = datetime.now(UTC)
        record = build(
            EngagementRecord,
            engagement_id=str(uuid.uuid4()),
            contact=contact,
            sender=self.author,
            subject=subject,
            content=content,
            public_subject=public_subject,
            public_content=public_content,
            started_at=now,
        )
        given = EngagementInput(
            engagement=record,
            catalog=part,
            on_call=on_shift(part, now),
            open_hours=hours_now(part, now),
        )
        await self._start(
            EngagementWorkflow.run,
            given,
            id_=record.engagement_id,
            summary=subject,
            otherwise="nobody is paged",
        )
        return record

    async def get_engagement(self, engagement_id: str) -> EngagementRecord:
        """One engagement; raises NotFoundError."""
        full = await self.full_id(engagement_id)
        async with self._database() as database:
            record = await read_engagement(database, full)
        if record is None:
            raise NotFoundError(f"no engagement {full}")
        return record

    async def acknowledge_page(self, engagement_id: str, contact: str, *, note: str = "") -> EngagementRecord:
        """Say that a contact has it, of an engagement that stands alone."""
        message = build(Acknowledge, contact=contact, author=self.author, note=note)
        return await self._update(await self.full_id(engagement_id), "acknowledge", message, EngagementRecord)

    async def stop_page(self, engagement_id: str, *, reason: str = "") -> EngagementRecord:
        """Stop an engagement that stands alone."""
        full = await self.full_id(engagement_id)
        message = build(Disengage, engagement_id=full, author=self.author, reason=reason)
        return await self._update(full, "disengage", message, EngagementRecord)

    async def _part_for(self, contact: str) -> Catalog:
        catalog = await self.catalog()
        try:
            return catalog.part_for_engagement(contact)
        except KeyError:
            known = [*catalog.contacts, *catalog.escalation_plans, *catalog.on_call_schedules]
            raise NotFoundError(
                f"nobody to engage as {contact!r}; known: {', '.join(sorted(known))}"
            ) from None
