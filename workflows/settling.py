"""What acknowledgements mean for the stages still to come: of a plan, and of the plans it is part of."""

from collections.abc import Callable

from temporalio import workflow

from workflows.climbing import Climber

with workflow.unsafe.imports_passed_through():
    from records.engagements import EngagedPerson, EngagementRecord, EngagementStatus


class Settlement:
    """Keeps which climbs of an engagement have their answer; all of it is in the engagement's record.

    `climber_of` gives a climb by its place among the nested ones (None: the engagement's own), `stop` ends the paging
    of a contact for a reason.
    """

    def __init__(
        self,
        record: EngagementRecord,
        *,
        climber_of: Callable[[int | None], Climber],
        stop: Callable[[str, str], None],
    ) -> None:
        self._record = record
        self._climber_of = climber_of
        self._stop = stop

    def is_settled(self, number: int | None) -> bool:
        """Whether a plan's further stages are not wanted: it, or one that it is part of, has its answer."""
        while number is not None:
            climb = self._record.nested[number]
            if climb.settled:
                return True
            number = climb.parent
        return self._record.status is not EngagementStatus.ENGAGED

    def settle(self, person: EngagedPerson, *, silence: bool = True) -> None:
        """Stop the stages that an acknowledgement makes needless: of its plan, and of those the plan is part of."""
        if not person.is_essential:
            return
        number, stage = person.climb, person.escalation_stage
        while self._stage_is_answered(number, stage):
            if silence:
                self._silence_others(self._climber_of(number), person.contact)
            if number is None:
                if self._record.acknowledged_at is not None:
                    return
                self._record.acknowledged_by = person.contact
                self._record.acknowledged_at = person.acknowledged_at
                if self._record.status is not EngagementStatus.STOPPED:
                    self._record.status = EngagementStatus.ACKNOWLEDGED
                return
            climb = self._record.nested[number]
            climb.settled = True
            if not climb.is_essential:
                return
            number, stage = climb.parent, climb.parent_stage

    def _stage_is_answered(self, number: int | None, stage: int) -> bool:
        """Whether the acknowledgements of a stage are enough to stop its plan."""
        climber = self._climber_of(number)
        if stage >= len(climber.stages) or not climber.stages[stage].all_must_acknowledge:
            return True
        people = [
            person.acknowledged_at is not None
            for person in self._record.people.values()
            if (person.climb, person.escalation_stage) == (number, stage)
            and person.is_essential
            and person.handed_over_to is None
        ]
        plans = [
            climb.settled
            for climb in self._record.nested
            if (climb.parent, climb.parent_stage) == (number, stage) and climb.is_essential
        ]
        return all(people) and all(plans)

    def _silence_others(self, climber: Climber, contact: str) -> None:
        if not climber.silences_all:
            return
        for other in self._record.people.values():
            beneath = climber.number is None or self._is_beneath(other.climb, climber.number)
            if beneath and other.contact != contact and other.acknowledged_at is None:
                self._stop(other.contact, f"acknowledged by {contact}")

    def _is_beneath(self, number: int | None, top: int) -> bool:
        while number is not None and number != top:
            number = self._record.nested[number].parent
        return number == top

    def unsettle(self, person: EngagedPerson, *, begin_again: bool = True) -> None:
        """Let plans go on that have their answer no more, now that this person's does not count."""
        if not person.is_essential:
            return
        for climb in self._record.nested:
            climb.settled = False
        self._record.acknowledged_by = self._record.acknowledged_at = None
        self._record.status = EngagementStatus.ENGAGED
        others = [other for other in self._record.people.values() if other.acknowledged_at is not None]
        for other in sorted(others, key=lambda other: other.acknowledged_at or self._record.started_at):
            self.settle(other, silence=False)
        if begin_again and not self.is_settled(person.climb):
            self._climber_of(person.climb).begin_again()
