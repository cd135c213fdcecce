"""An engagement: who is being paged, what they answer, and what that means for everybody else.

A plain deterministic class that a workflow hosts. Its whole state is its record, so that it goes on after
continue-as-new where it stood. `workflows.climbing` takes its plan from stage to stage.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from workflows.climbing import Calendar, Climber
from workflows.journal import Journal
from workflows.paging import Desk
from workflows.person import Person, Words, usable_channels
from workflows.settling import Settlement
from workflows.summaries import label

with workflow.unsafe.imports_passed_through():
    from definitions.catalog import Catalog
    from definitions.contacts import Contact
    from definitions.escalation_plans import EscalationPlan, EscalationTarget
    from definitions.impacts import CRITICAL
    from definitions.on_call_schedules import OnCallSchedule
    from records.engagements import EngagedPerson, EngagementRecord, EngagementStatus, NestedClimb, Page
    from records.timeline import SYSTEM, EventType
    from workflows.messages import DeliveryReport, HandOver, Refusal, Snooze, refuse


class Engagement:
    """Runs one engagement of a contact, an escalation plan or an on-call schedule.

    `catalog` holds all that the engaged alias can reach. `calendar` is what was known of shifts and working hours when
    the engagement was asked for. `changed` is called with every change.
    """

    def __init__(
        self,
        record: EngagementRecord,
        *,
        catalog: Catalog,
        calendar: Calendar,
        desk: Desk,
        journal: Journal,
        changed: Callable[[EngagementRecord], None],
        words: Words = Words(),  # noqa: B008 - frozen
    ) -> None:
        self.record = record
        self._catalog = catalog
        self._calendar = calendar
        self._desk = desk
        self._journal = journal
        self._changed = changed
        self._words = words
        self._people: dict[str, Person] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._running = False
        self._falling_back: asyncio.Task[None] | None = None
        self._settlement = Settlement(record, climber_of=self._climber_of, stop=self._stop_person)
        is_new = not record.people and record.stage == 0 and record.stage_ends_at is None
        is_new = is_new and not record.round and not record.waits_until
        self._top = self._climber(record, number=None, alias=record.contact, path=[record.contact])
        self._nested: list[Climber] = []
        for number, climb in enumerate(record.nested):
            self._nested.append(self._within(climb, number))
            self._climber_of(climb.parent).adopt(self._nested[number])
        for engaged in record.people.values():
            self._people[engaged.contact] = self._person(engaged)
        if is_new:
            self.note(EventType.ENGAGEMENT_START, {"subject": record.subject}, author=record.sender)
            self._top.begin_at_once()  # here, so that an acknowledgement that comes with the start finds whom it names

    async def run(self) -> None:
        """Page until the plan is over or the engagement ends, and again whenever an answer is taken back."""
        self._running = True
        for person in self._people.values():
            self._spawn(self._page(person))
        for engaged in self.record.people.values():
            if engaged.snoozed_until is not None:
                self._spawn(self._end_snooze(engaged.contact, engaged.snoozed_until))
        for climber in self._nested:
            self._spawn(climber.run())
        self._look_to_the_fallback()
        await self._top.run()
        while True:
            await workflow.wait_condition(lambda: self._broken or (self._quiet and self._undecided))
            for task in self._tasks:
                if task.done():
                    task.result()
            self._tasks = [task for task in self._tasks if not task.done()]
            self._end()

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way and nothing will be, unless somebody says something."""
        return self._running and (self._broken or (self._quiet and not self._undecided))

    @property
    def over(self) -> bool:
        """Whether nobody will be paged any more, by what is known now."""
        return not any(climber.climbing for climber in self._climbers) and all(
            person.finished and person.snoozed_until is None and not self._people[person.contact].is_ending
            for person in self.record.people.values()
        )

    def engages(self, contact: str) -> bool:
        """Whether the contact has been engaged here."""
        return contact in self.record.people

    def page(self, page_id: str) -> Page | None:
        """The page of that id, if it is one of this engagement's."""
        pages = [page for person in self.record.people.values() for page in person.pages]
        return next((page for page in pages if page.page_id == page_id), None)

    # What people answer.

    def acknowledge(self, contact: str, *, author: str, note: str = "") -> None:
        """The contact has it: their paging stops, and if they are essential no further stage begins.

        Late acknowledgements count. AWS: IsEssential stops later stages, others keep being paged.
        """
        person = self.record.people[contact]
        if person.acknowledged_at is not None and person.snoozed_until is None:
            return
        self._take_it(person, info=note)
        self.note(
            EventType.ACKNOWLEDGEMENT,
            {
                "contact": contact,
                "isEssential": person.is_essential,
                "note": note,
                "stage": person.escalation_stage,
            },
            author=author,
        )

    def snooze(self, message: Snooze) -> None:
        """The contact has it for a while; unless they acknowledge in the meantime, they are paged anew."""
        person = self.record.people[message.contact]
        self._take_it(person, info=message.note or "snoozed")
        until = person.snoozed_until = workflow.now() + message.duration
        data = {"contact": message.contact, "until": until.isoformat(), "note": message.note}
        self.note(EventType.PAGE_SNOOZE, data, author=message.author)
        if self._running:
            self._spawn(self._end_snooze(message.contact, until))

    def unacknowledge(self, contact: str, *, author: str, note: str = "") -> None:
        """The contact does not have it after all: they are paged anew, and the plan goes on where it stood."""
        person = self.record.people[contact]
        data = {"contact": contact, "note": note, "stage": person.escalation_stage}
        person.acknowledged_at = person.snoozed_until = person.declined_at = person.handed_over_to = None
        if self.record.status is not EngagementStatus.STOPPED:
            self._settlement.unsettle(person)
        self.note(EventType.PAGE_UNACKNOWLEDGEMENT, data, author=author)
        if self.record.status is not EngagementStatus.STOPPED:
            self._page_anew(person)

    def decline(self, contact: str, *, author: str, note: str = "") -> None:
        """The contact cannot: their paging stops, and if the plan counts on them its next stage begins at once."""
        person = self.record.people[contact]
        person.declined_at = workflow.now()
        person.acknowledged_at = person.snoozed_until = None
        self._people[contact].stop("declined", read=False, info=note)
        if self.record.status is EngagementStatus.ACKNOWLEDGED:
            self._settlement.unsettle(person, begin_again=False)
        climb = self._climber_of(person.climb)
        current = (climb.climb.stage, climb.climb.round) == (person.escalation_stage, person.round)
        if current and person.is_essential:
            climb.move_on()
        data = {"contact": contact, "note": note, "stage": person.escalation_stage}
        self.note(EventType.PAGE_DECLINE, data, author=author)
        self._climb_on()

    def hand_over(self, message: HandOver) -> None:
        """The contact gives it to another, who is paged in their place and has the stage's whole time to answer."""
        person = self.record.people[message.contact]
        person.handed_over_to = message.to
        person.acknowledged_at = person.snoozed_until = None
        self._people[message.contact].stop(f"handed over to {message.to}", read=False, info=message.note)
        data = {"contact": message.contact, "to": message.to, "note": message.note}
        self.note(EventType.PAGE_HAND_OVER, data, author=message.author)
        if self.record.status is EngagementStatus.STOPPED:
            return
        if self.record.status is EngagementStatus.ACKNOWLEDGED:
            self._settlement.unsettle(person, begin_again=False)
        self._climber_of(person.climb).start_the_clock_anew()
        if message.to in self.record.people:  # whoever is asked by name is asked again
            self.record.people[message.to].declined_at = None
            self.record.people[message.to].handed_over_to = None
        self._engage(
            self._catalog.contacts[message.to],
            path=[*person.path[:-1], message.to] if len(person.path) > 1 else [message.contact, message.to],
            stage=person.escalation_stage,
            climb=person.climb,
            is_essential=person.is_essential,
        )
        taken = self.record.people[message.to]
        if taken.acknowledged_at is not None:
            self._settlement.settle(taken)
        self._climb_on()

    def stop(self, reason: str, *, author: str = SYSTEM) -> None:
        """Page nobody any more (AWS: StopEngagement)."""
        if self.record.stopped_at is not None:
            return
        self.record.status = EngagementStatus.STOPPED
        self.record.stopped_at = workflow.now()
        self.record.stop_reason = reason
        for person in self._people.values():
            person.stop(reason, read=False)
        for engaged in self.record.people.values():
            engaged.snoozed_until = None
        self.note(EventType.ENGAGEMENT_STOP, {"reason": reason}, author=author)

    def take_impact(self, impact: int) -> None:
        """Pages and conditions from now on go by the new impact; what is critical is held no longer."""
        self.record.impact = impact
        if impact == CRITICAL:
            for person in self.record.people.values():
                for page in person.pages:
                    if page.held and page.next_at is not None:
                        page.next_at = workflow.now()

    def check_take_in(self, catalog: Catalog) -> None:
        """Refuse definitions that would turn a name into something else under way."""
        if (name := self._catalog.clash(catalog)) is not None:
            raise refuse(Refusal.CONFLICT, f"{name!r} was something of another kind when this began")

    def take_in(self, catalog: Catalog) -> None:
        """Learn of definitions that came with a message."""
        self._catalog.take(catalog)
        for name in catalog.contacts:
            self._catalog.silence(name, catalog.silent_channels.get(name, {}))

    # What channels tell.

    def take_report(self, report: DeliveryReport) -> None:
        """What a provider says of a page that it took."""
        page = self.page(report.page_id)
        if page is not None:
            self._people[page.contact].take_report(page, report)

    def silence(self, contact: str, channel: str, reason: str) -> None:
        """A channel is not to be paged any more."""
        self._catalog.silent_channels.setdefault(contact, {})[channel] = reason
        if contact in self._people:
            data = {"contact": contact, "channel": channel, "reason": reason}
            self.note(EventType.CHANNEL_DEACTIVATION, data)
            self._people[contact].silence(channel, reason)

    # What climbs ask for.

    def engage_person(self, contact: Contact, target: EscalationTarget, way: list[str], by: Climber) -> bool:
        """Start paging someone for a stage; False if that reaches nobody."""
        return self._engage(
            contact,
            path=way if way[0] == self.record.contact else [*by.path, *way],
            stage=by.climb.stage,
            climb=by.number,
            is_essential=target.is_essential,
        )

    def engage_plan(self, plan: EscalationPlan, target: EscalationTarget, by: Climber) -> Climber:
        """Let a plan within the plan climb on its own; one that did so before begins anew once it is over."""
        number = next(
            (
                number
                for number, climb in enumerate(self.record.nested)
                if (climb.plan, climb.parent, climb.parent_stage) == (plan.name, by.number, by.climb.stage)
            ),
            None,
        )
        if number is not None and (self._nested[number].climbing or self.record.nested[number].settled):
            return self._nested[number]
        climb = NestedClimb(
            plan=plan.name,
            path=[*by.path, plan.name],
            parent=by.number,
            parent_stage=by.climb.stage,
            is_essential=target.is_essential,
        )
        if number is None:
            number = len(self.record.nested)
            self.record.nested.append(climb)
            self._nested.append(self._within(climb, number))
        else:
            self.record.nested[number] = climb
            self._nested[number] = self._within(climb, number)
        climber = self._nested[number]
        climber.begin_at_once()
        if self._running:
            self._spawn(climber.run())
        return climber

    def note_change(self) -> None:
        """Have the record written down as it stands."""
        self._changed(self.record)

    def note(
        self,
        event_type: EventType,
        data: Mapping[str, object],
        *,
        author: str = SYSTEM,
        at: datetime | None = None,
    ) -> None:
        """Put an event of the engagement on the timeline."""
        self._changed(self.record)
        who = {"engagementId": self.record.engagement_id, "engaged": self.record.contact}
        self._journal.note(event_type, who | dict(data), author=author, at=at)

    # What answers do.

    def _take_it(self, person: EngagedPerson, *, info: str) -> None:
        person.acknowledged_at = workflow.now()
        person.snoozed_until = person.declined_at = person.handed_over_to = None
        self._people[person.contact].stop("acknowledged", read=True, info=info)
        self._settlement.settle(person)

    def _stop_person(self, contact: str, reason: str) -> None:
        self._people[contact].stop(reason, read=False)

    async def _end_snooze(self, contact: str, until: datetime) -> None:
        person = self.record.people[contact]
        try:
            await workflow.wait_condition(
                lambda: self.record.people[contact].snoozed_until != until,
                timeout=max(until - workflow.now(), timedelta(0)),
                timeout_summary=label(f"snooze of {contact}"),
            )
        except TimeoutError:
            await workflow.wait_condition(lambda: not self._desk.closing)
        person = self.record.people[contact]
        if person.snoozed_until != until or self.record.status is EngagementStatus.STOPPED:
            return
        others = [other for other in self.record.people.values() if other is not person]
        if any(other.is_essential and other.acknowledged_at and not other.snoozed_until for other in others):
            person.acknowledged_at = person.snoozed_until = None
            self._settlement.unsettle(person)
            if self.record.status is EngagementStatus.ACKNOWLEDGED:
                data = {
                    "contact": contact,
                    "note": f"the snooze is over, and {self.record.acknowledged_by} has it",
                }
                self.note(EventType.PAGE_UNACKNOWLEDGEMENT, data | {"stage": person.escalation_stage})
                return
        self.unacknowledge(contact, author=SYSTEM, note="the snooze is over")

    # Paging.

    def _engage(
        self, contact: Contact, *, path: list[str], stage: int, climb: int | None, is_essential: bool
    ) -> bool:
        """Start paging someone, again if their plan ran out unanswered in an earlier stage.

        Who is essential in one of the stages that engaged them stays so: their answer stops the plan.
        """
        known = self.record.people.get(contact.name)
        if self.record.status is EngagementStatus.STOPPED:
            return True
        round_ = self._climber_of(climb).climb.round
        if known is not None:
            known.is_essential = is_essential = is_essential or known.is_essential
        if known is not None and (known.declined_at or known.handed_over_to):
            return False
        if known is not None and known.climb == climb:  # the latest stage that names them counts on them
            latest = max((known.round, known.escalation_stage), (round_, stage))
            known.round, known.escalation_stage = latest
        if known is not None and known.acknowledged_at is not None:
            return True
        if known is not None and not known.finished and not self._has_run_out(known, round_):
            return self._can_be_paged(contact)
        self.record.people[contact.name] = EngagedPerson(
            contact=contact.name,
            path=path,
            escalation_stage=stage,
            climb=climb,
            round=round_,
            is_essential=is_essential,
            engaged_at=workflow.now(),
            pages=known.pages if known else [],
            used_links=known.used_links if known else [],
        )
        self._start(self.record.people[contact.name])
        return self._can_be_paged(contact)

    def _has_run_out(self, known: EngagedPerson, round_: int) -> bool:
        """Whether somebody's own plan ends in this very moment: then it is over, and they are engaged anew."""
        if not self._people[known.contact].runs_out_now:
            return False
        # Before plans could repeat, such a plan counted as running on.
        return round_ > 0 or workflow.patched("who-runs-out-as-a-stage-begins-is-engaged-anew")

    def _can_be_paged(self, contact: Contact) -> bool:
        """Whether a stage of this contact alone is worth waiting for."""
        silent = self._catalog.silent_channels.get(contact.name, {})
        return bool(usable_channels(contact, silent)) or not workflow.patched("skip-who-cannot-be-paged")

    def _page_anew(self, person: EngagedPerson) -> None:
        """Page someone by their plan from its start."""
        person.stage, person.stage_ends_at, person.finished = 0, None, False
        for page in person.pages:
            page.failures, page.next_at = 0, None
        self._start(person)
        self._climb_on()

    def _start(self, engaged: EngagedPerson) -> None:
        if engaged.contact in self._people:
            self._people[engaged.contact].let_go()
        person = self._people[engaged.contact] = self._person(engaged)
        if self._running:
            self._spawn(self._page(person))

    async def _page(self, person: Person) -> None:
        await person.run()
        self._changed(self.record)
        self._journal.changed()

    def _person(self, engaged: EngagedPerson) -> Person:
        return Person(
            engaged,
            contact=self._catalog.contacts[engaged.contact],
            silent=self._catalog.silent_channels.setdefault(engaged.contact, {}),
            words=self._words,
            engagement=self.record,
            desk=self._desk,
            note=self.note,
        )

    # The climbs.

    @property
    def _climbers(self) -> list[Climber]:
        return [self._top, *self._nested]

    def _climber_of(self, number: int | None) -> Climber:
        return self._top if number is None else self._nested[number]

    def _climber(
        self,
        climb: EngagementRecord | NestedClimb,
        *,
        number: int | None,
        alias: str,
        path: list[str],
    ) -> Climber:
        return Climber(
            climb,
            number=number,
            alias=alias,
            path=path,
            host=self,
            catalog=self._catalog,
            calendar=self._calendar,
            desk=self._desk,
            settled=lambda: self._settlement.is_settled(number) or self._broken,
        )

    def _within(self, climb: NestedClimb, number: int) -> Climber:
        return self._climber(climb, number=number, alias=climb.plan, path=climb.path)

    def _climb_on(self) -> None:
        """Have every climb that is not settled go on."""
        if self._running:
            for climber in self._climbers:
                if climber.climbing:
                    self._spawn(climber.run())
            self._look_to_the_fallback()

    def _look_to_the_fallback(self) -> None:
        """See to it that the fallback is engaged if it comes to that; an answer taken back may bring it about."""
        if self._fallback is None or not self._undecided:
            return
        if self._falling_back is None or self._falling_back.done():
            work = self._fall_back(self._fallback, rounds=self.record.round)
            self._falling_back = asyncio.create_task(work)
            self._tasks.append(self._falling_back)

    # How it ends.

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    @property
    def _broken(self) -> bool:
        """Whether a task ended with an exception: a bug, which must not be lost."""
        return any(task.done() and task.exception() is not None for task in self._tasks)

    @property
    def _quiet(self) -> bool:
        return all(task.done() for task in self._tasks)

    @property
    def _undecided(self) -> bool:
        return self.record.status is EngagementStatus.ENGAGED

    def _end(self) -> None:
        self.record.status = EngagementStatus.FINISHED
        self.note(EventType.ENGAGEMENT_END, {"reason": "the plan is over and nobody has acknowledged"})

    @property
    def _fallback(self) -> str | None:
        engaged = self._catalog.engageable(self.record.contact)
        return engaged.fallback if isinstance(engaged, EscalationPlan | OnCallSchedule) else None

    async def _fall_back(self, fallback: str, *, rounds: int) -> None:
        """Engage the fallback contact after each round of the plan that has reached nobody at all.

        `rounds` is how many were over when this began.
        """
        while self._undecided:
            await workflow.wait_condition(
                lambda rounds=rounds: (  # type: ignore[misc]  # the default binds it for this turn
                    not self._undecided
                    or self._broken
                    or (
                        self._rounds_over > rounds and all(map(self._is_decided, self.record.people.values()))
                    )
                )
            )
            if not self._undecided or self._broken:
                return
            if not any(map(self._is_reached, self.record.people.values())):
                self.record.fallback_engaged = True
                self.note(EventType.ENGAGEMENT_STAGE, {"fallback": fallback, "reason": "nobody was reached"})
                self._engage(
                    self._catalog.contacts[fallback],
                    path=[self.record.contact, fallback],
                    stage=len(self._top.stages),
                    climb=None,
                    is_essential=True,
                )
            rounds = self._rounds_over
            if not self._top.climbing:
                return

    @property
    def _rounds_over(self) -> int:
        through = not any(climber.climbing for climber in self._climbers)
        return self.record.round + (1 if through else 0)

    def _is_reached(self, person: EngagedPerson) -> bool:
        refused = person.declined_at is not None or person.handed_over_to is not None
        return not refused and any(page.reached for page in person.pages)

    def _is_decided(self, person: EngagedPerson) -> bool:
        """Whether it is known if a page has got through to somebody."""
        refused = person.declined_at is not None or person.handed_over_to is not None
        reached = any(page.reached for page in person.pages)
        return refused or reached or self._people[person.contact].cannot_be_reached
