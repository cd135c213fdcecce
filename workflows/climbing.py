"""An escalation plan going from stage to stage: its timers, conditions, repetitions, and whom it engages."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import workflow

from workflows.paging import Desk
from workflows.summaries import label

with workflow.unsafe.imports_passed_through():
    from activities.on_call import HoursQuestion, OnCallQuestion
    from definitions.catalog import Catalog
    from definitions.contacts import Contact
    from definitions.escalation_plans import (
        SHORTEST_ROUND,
        UNTIL_ACKNOWLEDGED,
        EscalationPlan,
        EscalationStage,
        EscalationTarget,
        OnEssentialAck,
        Otherwise,
        StageCondition,
    )
    from records.engagements import Climb, EngagementRecord
    from records.timeline import EventType


class Host(Protocol):
    """What a climb asks of the engagement it belongs to."""

    record: EngagementRecord

    def engage_person(
        self, contact: Contact, target: EscalationTarget, way: list[str], by: "Climber"
    ) -> bool:
        """Page someone; False if they cannot be paged."""

    def engage_plan(self, plan: EscalationPlan, target: EscalationTarget, by: "Climber") -> "Climber":
        """Let a plan within the plan climb on its own."""

    def note_change(self) -> None:
        """Have the record written down as it stands."""

    def note(self, event_type: EventType, data: Mapping[str, object]) -> None:
        """Put an event of the engagement on the timeline."""


class Calendar:
    """What was known of calendars when the engagement was asked for: its first stage needs no activity."""

    def __init__(self, on_call: dict[str, list[str]], open_hours: dict[str, bool]) -> None:
        self._on_call = on_call
        self._open_hours = open_hours
        self._asked_at = workflow.now()

    def on_shift(self, schedule: str, climb: Climb) -> list[str] | None:
        """Who was on shift, if this is the first stage of all."""
        return self._on_call.pop(schedule, None) if climb.stage == 0 else None

    def is_open(self, hours: str) -> bool | None:
        """Whether it was within working hours, unless time has passed since."""
        return self._open_hours.get(hours) if workflow.now() == self._asked_at else None


class Climber:
    """Takes one plan through its stages. Its state is `climb`, which belongs to the engagement's record.

    `path` leads from what was engaged to this plan, `number` is the climb's place among the nested ones (None: the
    engagement's own). `settled` says that no further stage is wanted.
    """

    def __init__(
        self,
        climb: Climb,
        *,
        number: int | None,
        alias: str,
        path: list[str],
        host: Host,
        catalog: Catalog,
        calendar: Calendar,
        desk: Desk,
        settled: Callable[[], bool],
    ) -> None:
        self.climb = climb
        self.number = number
        self.alias = alias
        self.path = path
        engageable = catalog.engageable(alias)
        self.plan = engageable if isinstance(engageable, EscalationPlan) else None
        self.stages = self.plan.stages if self.plan else (_alone(alias),)
        climb.stage_count = len(self.stages)
        self._host = host
        self._catalog = catalog
        self._calendar = calendar
        self._desk = desk
        self._settled = settled
        self._to_ask: list[EscalationTarget] = []
        self._within: list[Climber] = []
        self._running = False
        climb.round_began_at = climb.round_began_at or workflow.now()

    @property
    def climbing(self) -> bool:
        """Whether stages are still to come, or one is under way."""
        return not self._settled() and self.climb.stage < self.climb.stage_count

    @property
    def silences_all(self) -> bool:
        """Whether an essential acknowledgement stops the paging of everybody else."""
        return self.plan is not None and self.plan.on_essential_ack is OnEssentialAck.SILENCE_ALL

    async def run(self) -> None:
        """Climb until settled or at the top; goes on where the record stands."""
        if self._running:
            return
        self._running = True
        try:
            while self.climbing:
                await self._one_stage()
        finally:
            self._running = False

    def begin_at_once(self) -> None:
        """Begin the first stage, unless its condition must be asked for."""
        if self._stage.when is None:
            self._begin()

    def adopt(self, inner: "Climber") -> None:
        """Take a plan within this one for its own, after continue-as-new."""
        self._within.append(inner)

    def begin_again(self) -> None:
        """Have the stage that is under way begin anew; at the top there is none."""
        self.climb.stage_ends_at = None
        self.climb.waits_until = None

    def move_on(self) -> None:
        """Have the stage that is under way end now."""
        if self.climb.stage_ends_at is not None:
            self.climb.stage_ends_at = workflow.now()

    def start_the_clock_anew(self) -> None:
        """Give the stage that is under way its whole duration from now on."""
        if self.climb.stage < self.climb.stage_count and self.climb.stage_ends_at is not None:
            self.climb.stage_ends_at = workflow.now() + self._stage.duration

    @property
    def reached_nobody(self) -> bool:
        """Whether the climb has engaged no one so far who can be paged."""
        return not self.climb.heard and all(inner.reached_nobody for inner in self._within)

    @property
    def _stage(self) -> EscalationStage:
        return self.stages[self.climb.stage]

    async def _one_stage(self) -> None:
        if self.climb.waits_until is not None:
            await self._wait(self.climb.waits_until, lambda: self.climb.waits_until is None)
            self.climb.waits_until = None
            return
        if self.climb.stage_ends_at is None and not await self._may_begin():
            return
        await asyncio.gather(*(self._ask(target) for target in self._to_ask))
        self._to_ask = []
        if self.climb.reached_nobody and not self._within_this_stage() and self.climbing:
            self._skip(self._why_nobody())
        elif not await self._stage_is_over():
            return
        self._next()

    async def _may_begin(self) -> bool:
        """Begin the stage if its condition holds; else skip it, or wait for its hours."""
        if self._stage.when is not None:
            refused = await self._refused_by(self._stage.when)
            if refused is not None or not self.climbing or self.climb.waits_until is not None:
                if refused is not None and self.climbing:
                    self._skip(refused)
                    self._next()
                return False
        self._begin()
        return True

    async def _refused_by(self, when: StageCondition) -> str | None:
        """Why the stage is not for now; None if it is, or waits until it is."""
        impact = self._host.record.impact
        if when.impact and impact is not None and impact not in when.impact:
            return f"it is for impact {', '.join(map(str, when.impact))}, this is {impact}"
        hours, wanted = (when.during, True) if when.during is not None else (when.outside, False)
        if hours is None:
            return None
        known, changes_at = self._calendar.is_open(hours), None
        if known is None or (known is not wanted and when.otherwise is Otherwise.WAIT):
            snapshot = Catalog.of([self._catalog.working_hours[hours]])
            answer = await self._desk.is_it_working_hours(
                HoursQuestion(hours=hours, snapshot=snapshot, at=workflow.now())
            )
            known, changes_at = answer.open, answer.changes_at
        if known is wanted:
            return None
        words = f"it is {'outside' if wanted else 'within'} {hours}"
        if when.otherwise is Otherwise.SKIP or changes_at is None:
            return words
        self.climb.waits_until = changes_at
        self._tell({"waitsUntil": changes_at.isoformat(), "reason": words})
        return None

    def _begin(self) -> None:
        """Begin a stage: engage at once whoever needs no asking for."""
        number, stage = self.climb.stage, self._stage
        self.climb.stage_ends_at = workflow.now() + stage.duration
        if number or self.climb.stage_count > 1 or self.climb.round or self.number is not None:
            self._tell({"contacts": [target.contact for target in stage.targets]})
        self.climb.reached_nobody = bool(stage.targets)
        self._to_ask = [target for target in stage.targets if not self._engage_known(target)]

    def _engage_known(self, target: EscalationTarget) -> bool:
        """Engage whom no calendar need be asked for; False if it must."""
        engageable = self._catalog.engageable(target.contact)
        if isinstance(engageable, Contact):
            self._engage(engageable, target, [target.contact])
            return True
        if isinstance(engageable, EscalationPlan):
            inner = self._host.engage_plan(engageable, target, self)
            self._within = [other for other in self._within if other.number != inner.number]
            self._within.append(inner)
            return True
        on_shift = self._calendar.on_shift(target.contact, self.climb)
        if on_shift is None:
            return False
        self._engage_shift(target, [self._catalog.contacts[alias] for alias in on_shift])
        return True

    async def _ask(self, target: EscalationTarget) -> None:
        """Engage whoever is on shift now (AWS: resolved when the target is reached, not when the incident began)."""
        snapshot = self._catalog.part_for_engagement(target.contact)
        answer = await self._desk.who_is_on_call(
            OnCallQuestion(schedule=target.contact, snapshot=snapshot, at=workflow.now())
        )
        self._catalog.take(answer.contacts)
        for name, silent in answer.silent_channels.items():
            self._catalog.silence(name, silent)
        self._engage_shift(target, [self._catalog.contacts[contact.name] for contact in answer.contacts])

    def _engage_shift(self, target: EscalationTarget, on_shift: list[Contact]) -> None:
        for contact in on_shift:
            self._engage(contact, target, [target.contact, contact.name])

    def _engage(self, contact: Contact, target: EscalationTarget, way: list[str]) -> None:
        if self._host.engage_person(contact, target, way, self):
            self.climb.reached_nobody = False
            self.climb.heard = True

    def _within_this_stage(self) -> bool:
        """Whether a plan within this stage may still reach somebody."""
        nested = self._host.record.nested
        return any(
            inner.climbing or not inner.reached_nobody
            for inner in self._within
            if inner.number is not None and nested[inner.number].parent_stage == self.climb.stage
        )

    async def _stage_is_over(self) -> bool:
        """Wait for the stage to end; False if the climb was settled before, or the stage is to begin anew."""
        while True:
            ends_at = self.climb.stage_ends_at or workflow.now()
            timed_out = await self._wait(ends_at, self._something_else_than(ends_at))
            if not self.climbing or self.climb.stage_ends_at is None:
                return False
            if timed_out or self.climb.stage_ends_at <= workflow.now():
                return True
            if self.climb.reached_nobody and not self._within_this_stage():
                self._skip(self._why_nobody())
                return True

    def _something_else_than(self, ends_at: datetime) -> Callable[[], bool]:
        """Whether the stage ends at another time by now, or turns out to reach nobody."""
        return lambda: (
            self.climb.stage_ends_at != ends_at
            or (self.climb.reached_nobody and not self._within_this_stage())
        )

    async def _wait(self, until: datetime, ready: Callable[[], bool]) -> bool:
        """Wait for an instant, or for the climb to be settled or `ready`; whether the instant came first."""
        try:
            await workflow.wait_condition(
                lambda: not self.climbing or ready(),
                timeout=max(until - workflow.now(), timedelta(0)),
                timeout_summary=label(f"stage {self.climb.stage} of {self.alias}"),
            )
        except TimeoutError:
            # An acknowledgement in the same task as the timer wins: what counts is the state, not who woke us.
            await workflow.wait_condition(lambda: not self._desk.closing)
            return True
        return False

    def _next(self) -> None:
        """Go to the next stage, or to the first one of the next round."""
        self.climb.stage += 1
        self.climb.stage_ends_at = None
        self.climb.reached_nobody = False
        if self.climb.stage == self.climb.stage_count and self._repeats():
            self._next_round()
        self._host.note_change()

    def _repeats(self) -> bool:
        repeat = self.plan.repeat if self.plan else 0
        return repeat == UNTIL_ACKNOWLEDGED or self.climb.round < int(repeat)

    def _next_round(self) -> None:
        now, began_at = workflow.now(), self.climb.round_began_at or workflow.now()
        if now - began_at < SHORTEST_ROUND:  # every stage was skipped: a round takes its time all the same
            whole = sum((stage.duration for stage in self.stages), timedelta(0))
            self.climb.waits_until = began_at + max(whole, SHORTEST_ROUND)
        self.climb.round_began_at = self.climb.waits_until or now
        self.climb.round += 1
        self.climb.stage = 0

    def _why_nobody(self) -> str:
        people = self._host.record.people.values()
        engaged = any(
            (person.climb, person.escalation_stage) == (self.number, self.climb.stage) for person in people
        )
        return "nobody in it can be paged" if engaged else "nobody is on call"

    def _skip(self, reason: str) -> None:
        self._tell({"skipped": reason})

    def _tell(self, data: dict[str, object]) -> None:
        where: dict[str, object] = {"stage": self.climb.stage}
        if self.climb.round:
            where["round"] = self.climb.round
        if self.number is not None:
            where["plan"] = self.alias
        self._host.note(EventType.ENGAGEMENT_STAGE, where | data)


def _alone(alias: str) -> EscalationStage:
    """The one stage of a contact or schedule that is engaged directly."""
    return EscalationStage(duration=timedelta(0), targets=(EscalationTarget(contact=alias),))
