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
        self._tasks: list[asyncio.Task[None]] = []
        self._running = False
        self._to_ask: list[EscalationTarget] = []
        self._reached_nobody = False
        record.stage_count = len(self._stages)
        for engaged in record.people.values():
            self._people[engaged.contact] = self._person(engaged)
        if not record.people and record.stage == 0 and record.stage_ends_at is None:
            self._note(EventType.ENGAGEMENT_START, {"subject": record.subject}, author=record.sender)
            self._begin()  # here, so that an acknowledgement that comes with the start finds whom it names

    async def run(self) -> None:
        """Page until the plan is over or the engagement ends; goes on where the record stands."""
        self._running = True
        self._tasks += [asyncio.create_task(self._page(person)) for person in self._people.values()]
        await self._climb()
        await workflow.wait_condition(lambda: self._broken or all(task.done() for task in self._tasks))
        for task in self._tasks:
            if task.done():
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

    @property
    def _broken(self) -> bool:
        """Whether a person's task ended with an exception: a bug, which must not be lost."""
        return any(task.done() and task.exception() is not None for task in self._tasks)

    async def _climb(self) -> None:
        while self.record.climbing and not self._broken:
            if self.record.stage_ends_at is None:
                self._begin()
            await asyncio.gather(*(self._ask(target) for target in self._to_ask))
            self._to_ask = []
            if self._reached_nobody and self.record.climbing:
                self._note(
                    EventType.ENGAGEMENT_STAGE, {"stage": self.record.stage, "skipped": "nobody is on call"}
                )
            elif await self._settled_by_the_end_of_the_stage():
                return
            self._reached_nobody = False
            self.record.stage += 1
            self.record.stage_ends_at = None
            self._changed(self.record)

    def _begin(self) -> None:
        """Begin a stage: engage at once whoever needs no asking for."""
        number, stage = self.record.stage, self._stages[self.record.stage]
        self.record.stage_ends_at = workflow.now() + stage.duration
        if number or self.record.stage_count > 1:
            contacts = [target.contact for target in stage.targets]
            self._note(EventType.ENGAGEMENT_STAGE, {"stage": number, "contacts": contacts})
        self._reached_nobody = bool(stage.targets)
        self._to_ask = [target for target in stage.targets if not self._engage_known(target)]

    def _engage_known(self, target: EscalationTarget) -> bool:
        """Engage a contact, or a schedule whose shift came with the start; False if the calendar must be asked."""
        contact = self._catalog.contacts.get(target.contact)
        if contact is not None:
            self._engage_person(contact, target, [target.contact])
            return True
        on_shift = self._on_call.pop(target.contact, None) if self.record.stage == 0 else None
        if on_shift is None:
            return False
        self._engage_shift(target, [self._catalog.contacts[alias] for alias in on_shift])
        return True

    async def _ask(self, target: EscalationTarget) -> None:
        """Engage whoever is on shift now (AWS: resolved when the target is reached, not when the incident began)."""
        snapshot = self._catalog.part_for_engagement(target.contact)
        answer = await self._desk.who_is_on_call(OnCallQuestion(schedule=target.contact, snapshot=snapshot))
        self._catalog.take(contact for contact in answer.contacts)
        self._engage_shift(target, [self._catalog.contacts[contact.name] for contact in answer.contacts])

    def _engage_shift(self, target: EscalationTarget, on_shift: list[Contact]) -> None:
        for contact in on_shift:
            self._engage_person(contact, target, [target.contact, contact.name])

    def _engage_person(self, contact: Contact, target: EscalationTarget, way: list[str]) -> None:
        """Start paging someone, again if their plan ran out unanswered in an earlier stage.

        Who is essential in one of the stages that engaged them stays so: their answer stops the plan.
        """
        self._reached_nobody = False
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
        person = self._people[contact.name] = self._person(self.record.people[contact.name])
        if self._running:
            self._tasks.append(asyncio.create_task(self._page(person)))

    async def _page(self, person: Person) -> None:
        await person.run()
        self._changed(self.record)
        self._journal.changed()

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
                lambda: not self.record.climbing or self._broken,
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
