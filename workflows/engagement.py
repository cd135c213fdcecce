"""An engagement: stages, timers, repetitions and acknowledgements until somebody has it.

A plain deterministic class that a workflow hosts. Its whole state is its record, so that it goes on after
continue-as-new where it stood.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

from workflows.journal import Journal
from workflows.paging import Desk
from workflows.person import Person
from workflows.summaries import label

with workflow.unsafe.imports_passed_through():
    from activities.on_call import OnCallQuestion
    from definitions.catalog import Catalog
    from definitions.contacts import Contact
    from definitions.escalation_plans import EscalationPlan, EscalationStage, EscalationTarget
    from records.engagements import EngagedPerson, EngagementRecord, EngagementStatus
    from records.timeline import SYSTEM, EventType


class Engagement:
    """Runs one engagement of a contact, an escalation plan or an on-call schedule.

    `catalog` holds all that the engaged alias can reach. `on_call` names who was on shift, by schedule, when the
    engagement was asked for, so that the first stage needs no calendar. `changed` is called with every change.
    """

    def __init__(
        self,
        record: EngagementRecord,
        *,
        catalog: Catalog,
        on_call: dict[str, list[str]],
        desk: Desk,
        journal: Journal,
        changed: Callable[[EngagementRecord], None],
    ) -> None:
        self.record = record
        self._catalog = catalog
        self._on_call = on_call
        self._desk = desk
        self._journal = journal
        self._changed = changed
        self._stages = _stages(catalog, record.contact)
        self._people: dict[str, Person] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        record.stage_count = len(self._stages)
        for engaged in record.people.values():
            self._people[engaged.contact] = self._person(engaged)

    async def run(self) -> None:
        """Page until the plan is over or the engagement ends; goes on where the record stands."""
        if not self.record.people and self.record.stage == 0 and self.record.stage_ends_at is None:
            self._note(
                EventType.ENGAGEMENT_START, {"subject": self.record.subject}, author=self.record.sender
            )
        for person in self._people.values():
            self._tasks.add(asyncio.create_task(person.run()))
        await self._climb()
        while running := [task for task in self._tasks if not task.done()]:
            await workflow.wait(running, return_when=asyncio.FIRST_EXCEPTION)
        for task in self._tasks:
            task.result()
        if self.record.status is EngagementStatus.ENGAGED:
            self.record.status = EngagementStatus.FINISHED
            self._note(EventType.ENGAGEMENT_END, {"reason": "the plan is over and nobody has acknowledged"})

    def engages(self, contact: str) -> bool:
        """Whether the contact has been engaged here."""
        return contact in self.record.people

    def acknowledge(self, contact: str, *, author: str, note: str) -> None:
        """The contact has it: their paging stops, and if they are essential no further stage begins.

        Late acknowledgements count. AWS: IsEssential stops later stages, others keep being paged.
        """
        person = self.record.people[contact]
        if person.acknowledged_at is not None:
            return
        person.acknowledged_at = workflow.now()
        self._people[contact].stop("acknowledged", read=True, info=note)
        if person.is_essential and self.record.acknowledged_at is None:
            self.record.acknowledged_by = contact
            self.record.acknowledged_at = workflow.now()
            if self.record.status is not EngagementStatus.STOPPED:
                self.record.status = EngagementStatus.ACKNOWLEDGED
        self._note(
            EventType.ACKNOWLEDGEMENT,
            {
                "contact": contact,
                "isEssential": person.is_essential,
                "note": note,
                "stage": person.escalation_stage,
            },
            author=author,
        )

    def stop(self, reason: str, *, author: str = SYSTEM) -> None:
        """Page nobody any more (AWS: StopEngagement)."""
        if self.record.stopped_at is not None:
            return
        self.record.status = EngagementStatus.STOPPED
        self.record.stopped_at = workflow.now()
        self.record.stop_reason = reason
        for person in self._people.values():
            person.stop(reason, read=False)
        self._note(EventType.ENGAGEMENT_STOP, {"reason": reason}, author=author)

    @property
    def over(self) -> bool:
        """Whether nobody will be paged any more."""
        return not self.record.climbing and all(person.finished for person in self.record.people.values())

    async def _climb(self) -> None:
        while self.record.climbing:
            if self.record.stage_ends_at is None:
                reached = await self._begin(self._stages[self.record.stage])
                if not reached:
                    continue
            if await self._settled_by_the_end_of_the_stage():
                return
            self.record.stage += 1
            self.record.stage_ends_at = None
            self._changed(self.record)

    async def _begin(self, stage: EscalationStage) -> bool:
        """Engage a stage's targets; False if it had targets and reached nobody, so that waiting is pointless."""
        number = self.record.stage
        self.record.stage_ends_at = workflow.now() + stage.duration
        if number or self.record.stage_count > 1:
            contacts = [target.contact for target in stage.targets]
            self._note(EventType.ENGAGEMENT_STAGE, {"stage": number, "contacts": contacts})
        reached = await asyncio.gather(*(self._engage(target) for target in stage.targets))
        if any(reached) or not stage.targets or not self.record.climbing:
            return True
        self.record.stage += 1
        self.record.stage_ends_at = None
        self._note(EventType.ENGAGEMENT_STAGE, {"stage": number, "skipped": "nobody is on call"})
        return False

    async def _engage(self, target: EscalationTarget) -> bool:
        """Engage a target; False if it is a schedule on which nobody is on shift."""
        contact = self._catalog.contacts.get(target.contact)
        if contact is not None:
            self._engage_person(contact, target, [target.contact])
            return True
        on_shift = await self._on_shift(target.contact)
        for contact in on_shift:
            self._engage_person(contact, target, [target.contact, contact.name])
        return bool(on_shift)

    async def _on_shift(self, schedule: str) -> list[Contact]:
        known = self._on_call.pop(schedule, None) if self.record.stage == 0 else None
        if known is not None:
            return [self._catalog.contacts[alias] for alias in known]
        question = OnCallQuestion(schedule=schedule, snapshot=self._catalog.part_for_engagement(schedule))
        answer = await self._desk.who_is_on_call(question)
        for contact in answer.contacts:
            self._catalog.contacts.setdefault(contact.name, contact)
        return [self._catalog.contacts[contact.name] for contact in answer.contacts]

    def _engage_person(self, contact: Contact, target: EscalationTarget, way: list[str]) -> None:
        """Start paging someone, again if their plan ran out unanswered in an earlier stage.

        Who is essential in one of the stages that engaged them stays so: their answer stops the plan.
        """
        known = self.record.people.get(contact.name)
        if self.record.status is EngagementStatus.STOPPED:
            return
        is_essential = target.is_essential or (known is not None and known.is_essential)
        if known is not None and known.acknowledged_at is not None:
            return
        if known is not None and not known.finished:
            known.is_essential = is_essential
            return
        self.record.people[contact.name] = EngagedPerson(
            contact=contact.name,
            path=way if way[0] == self.record.contact else [self.record.contact, *way],
            escalation_stage=self.record.stage,
            is_essential=is_essential,
            engaged_at=workflow.now(),
            pages=known.pages if known else [],
        )
        self._people[contact.name] = self._person(self.record.people[contact.name])
        self._tasks.add(asyncio.create_task(self._people[contact.name].run()))

    def _person(self, engaged: EngagedPerson) -> Person:
        return Person(
            engaged,
            contact=self._catalog.contacts[engaged.contact],
            engagement=self.record,
            desk=self._desk,
            note=self._note,
        )

    async def _settled_by_the_end_of_the_stage(self) -> bool:
        """Wait for the stage to end; True if the engagement was settled before."""
        ends_at = self.record.stage_ends_at or workflow.now()
        remaining = max(ends_at - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(
                lambda: not self.record.climbing,
                timeout=remaining,
                timeout_summary=label(f"stage {self.record.stage} of {self.record.contact}"),
            )
        except TimeoutError:
            # An acknowledgement in the same task as the timer wins: what counts is the state, not who woke us.
            await workflow.wait_condition(lambda: not self._desk.closing)
        return not self.record.climbing

    def _note(
        self,
        event_type: EventType,
        data: dict[str, object],
        *,
        author: str = SYSTEM,
        at: datetime | None = None,
    ) -> None:
        self._changed(self.record)
        who = {"engagementId": self.record.engagement_id, "engaged": self.record.contact}
        self._journal.note(event_type, who | data, author=author, at=at)


def _stages(catalog: Catalog, alias: str) -> tuple[EscalationStage, ...]:
    """The stages of an engagement: a plan's own, or one for a contact or schedule engaged directly."""
    target = catalog.engageable(alias)
    if isinstance(target, EscalationPlan):
        return target.stages
    return (EscalationStage(duration=timedelta(0), targets=(EscalationTarget(contact=alias),)),)
