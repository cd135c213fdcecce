"""Plans that begin again and again: a few rounds of them show everything."""

from collections.abc import Sequence

from definitions.catalog import Catalog
from definitions.escalation_plans import UNTIL_ACKNOWLEDGED
from records.engagements import EngagementRecord, EngagementStatus
from records.timeline import EventType, TimelineEvent
from worker.rehearsal.recording import Recording

ROUNDS = 3
"""Rounds that are rehearsed of a plan that has no last one."""


class Endless:
    """Tells engagements that have nothing new to show: they repeat until somebody acknowledges."""

    def __init__(self, catalog: Catalog, recording: Recording) -> None:
        self._catalog = catalog
        self._recording = recording

    def goes_on_alike(self, record: EngagementRecord) -> bool:
        """Whether the third round of what repeats for ever is over, and so is everything else."""
        if record.status is not EngagementStatus.ENGAGED:
            return False
        if self.repeats_for_ever(record.contact):
            return self.cut(record) is not None
        nested = [climb for climb in record.nested if not climb.settled]
        endless = {number for number, climb in enumerate(record.nested) if self.repeats_for_ever(climb.plan)}
        others = [one for one in record.people.values() if one.climb not in endless]
        return (
            record.stage >= record.stage_count
            and all(one.finished for one in others)
            and self.cut(record) is not None
            and all(
                climb.stage >= climb.stage_count
                or (self.repeats_for_ever(climb.plan) and climb.round >= ROUNDS)
                for climb in nested
            )
        )

    def cut(self, record: EngagementRecord) -> TimelineEvent | None:
        """The event with which the fourth round began of what was engaged, or last of the plans within it."""
        plans = [record.contact] if self.repeats_for_ever(record.contact) else []
        plans = plans or [climb.plan for climb in record.nested if self.repeats_for_ever(climb.plan)]
        cuts = [events[0] for plan in plans if (events := self.round(record, plan, ROUNDS))]
        return max(cuts, key=lambda event: event.position, default=None)

    def round(self, record: EngagementRecord, plan: str, number: int) -> Sequence[TimelineEvent]:
        """The events of one round (0 first) of a plan, in their order."""
        return sorted(
            (
                event
                for event in self._recording.events.values()
                if event.event_type is EventType.ENGAGEMENT_STAGE
                and event.data.get("engagementId") == record.engagement_id
                and event.data.get("plan", record.contact) == plan
                and event.data.get("round", 0) == number
                and "fallback" not in event.data
            ),
            key=lambda event: event.position,
        )

    def repeats_for_ever(self, alias: str) -> bool:
        """Whether it is a plan without a last round."""
        plan = self._catalog.escalation_plans.get(alias)
        return plan is not None and plan.repeat == UNTIL_ACKNOWLEDGED

    def has_rounds(self, alias: str) -> bool:
        """Whether it is a plan with several rounds."""
        plan = self._catalog.escalation_plans.get(alias)
        return plan is not None and bool(plan.repeat)

    def first_targets(self, alias: str) -> Sequence[str]:
        """Whom the first stage of a plan is for."""
        return [target.contact for target in self._catalog.escalation_plans[alias].stages[0].targets]
