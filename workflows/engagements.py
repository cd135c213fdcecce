"""An incident's engagements: opening, stopping, and telling which have changed."""

from collections.abc import Iterator

from temporalio import workflow

from workflows.climbing import Calendar
from workflows.engagement import Engagement
from workflows.journal import Journal
from workflows.paging import Desk
from workflows.person import Words

with workflow.unsafe.imports_passed_through():
    from definitions.catalog import Catalog
    from records.engagements import EngagementRecord, EngagementStatus
    from records.incidents import IncidentRecord
    from workflows.messages import Disengage, Engage, Refusal, refuse


class Engagements:
    """Hosts the engagements of one incident. `catalog` grows with what later engagements need."""

    def __init__(
        self,
        incident: IncidentRecord,
        catalog: Catalog,
        carried: list[EngagementRecord],
        *,
        words: Words,
        desk: Desk,
        journal: Journal,
    ) -> None:
        self._incident = incident
        self._catalog = catalog
        self._words = words
        self._desk = desk
        self._journal = journal
        self._changed: set[str] = set()
        self._hosted: dict[str, Engagement] = {}
        for record in carried:
            self._host(record, Calendar({}, {}))

    def __iter__(self) -> Iterator[Engagement]:
        return iter(self._hosted.values())

    @property
    def records(self) -> list[EngagementRecord]:
        """All of them as they stand."""
        return [engagement.record for engagement in self]

    def take_changed(self, everything: bool) -> list[EngagementRecord]:
        """Those that changed since the last call, or all."""
        changed, self._changed = self._changed, set()
        return [record for record in self.records if everything or record.engagement_id in changed]

    def open(
        self,
        contact: str,
        *,
        engagement_id: str,
        sender: str,
        calendar: Calendar,
        subject: str | None = None,
        content: str | None = None,
        public_subject: str | None = None,
        public_content: str | None = None,
    ) -> Engagement:
        """Begin an engagement; it pages once its `run` is awaited."""
        record = EngagementRecord(
            engagement_id=engagement_id,
            contact=contact,
            incident_id=self._incident.incident_id,
            sender=sender,
            subject=subject or f"[impact {self._incident.impact}] {self._incident.title}",
            content=content or self._incident.summary,
            public_subject=public_subject or "",
            public_content=public_content or "",
            title=self._incident.title,
            impact=self._incident.impact,
            started_at=workflow.now(),
        )
        return self._host(record, calendar)

    def check_engage(self, message: Engage) -> None:
        """Refuse a message that does not say whom it means."""
        try:
            part = message.catalog.part_for_engagement(message.contact)
        except KeyError as error:
            raise refuse(Refusal.INVALID, f"the message has no definition of {error.args[0]!r}") from error
        if (name := self._catalog.clash(message.catalog)) is not None:
            raise refuse(Refusal.CONFLICT, f"{name!r} was something of another kind when the incident began")
        on_shift = {alias for aliases in message.on_call.values() for alias in aliases}
        if unknown := sorted(on_shift - part.contacts.keys()):
            raise refuse(Refusal.INVALID, f"the message has no definition of {unknown[0]!r}")

    def engage(self, message: Engage) -> Engagement | None:
        """Begin the engagement asked for; None if it has begun already."""
        if message.engagement_id in self._hosted:
            return None
        self._catalog.take(message.catalog)
        for name in message.catalog.contacts:
            self._catalog.silence(name, message.catalog.silent_channels.get(name, {}))
        return self.open(
            message.contact,
            engagement_id=message.engagement_id,
            sender=message.author,
            calendar=Calendar(message.on_call, message.open_hours),
            subject=message.subject,
            content=message.content,
            public_subject=message.public_subject,
            public_content=message.public_content,
        )

    def take_impact(self, impact: int) -> None:
        """Pages and conditions from now on go by the incident's new impact."""
        for engagement in self:
            engagement.take_impact(impact)
            self._changed.add(engagement.record.engagement_id)

    def is_under_way(self, contact: str) -> bool:
        """Whether an engagement of that alias still pages, or waits to."""
        return any(
            one.record.contact == contact and not one.over and one.record.status is EngagementStatus.ENGAGED
            for one in self
        )

    def check_disengage(self, message: Disengage) -> None:
        """Refuse an engagement that is not there or has been stopped."""
        if self._known(message.engagement_id).record.status is EngagementStatus.STOPPED:
            raise refuse(Refusal.CONFLICT, f"engagement {message.engagement_id} has been stopped already")

    def disengage(self, message: Disengage) -> None:
        """Stop one."""
        engagement = self._hosted[message.engagement_id]
        engagement.stop(message.reason or "disengaged", author=message.author)

    def stop_all(self, reason: str, *, author: str) -> None:
        """Stop those that still page or would."""
        for engagement in self:
            if not engagement.over:
                engagement.stop(reason, author=author)

    def record(self, engagement_id: str) -> EngagementRecord:
        """One as it stands."""
        return self._hosted[engagement_id].record

    def _known(self, engagement_id: str) -> Engagement:
        if engagement_id not in self._hosted:
            raise refuse(Refusal.NOT_FOUND, f"no engagement {engagement_id} on this incident")
        return self._hosted[engagement_id]

    def _host(self, record: EngagementRecord, calendar: Calendar) -> Engagement:
        engagement = Engagement(
            record,
            catalog=self._catalog,
            calendar=calendar,
            desk=self._desk,
            journal=self._journal,
            changed=lambda record: self._changed.add(record.engagement_id),
            words=self._words,
        )
        self._hosted[record.engagement_id] = engagement
        self._changed.add(record.engagement_id)
        self._journal.changed()
        return engagement
