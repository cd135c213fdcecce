"""Activities that do what the real ones do as far as a workflow can tell, and touch nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import activity

from activities.on_call import HoursAnswer, HoursQuestion, OnCall, OnCallAnswer, OnCallQuestion
from activities.paging.messages import Delivery, Outcome, PageMessage
from activities.record_keeping import WriteDown
from records.batches import RecordBatch, WrittenDown
from records.timeline import TimelineEvent
from worker.rehearsal.planned import PlannedTimes


@dataclass
class Recording:
    """What an incident that is rehearsed for `start` would have done, by the planned times."""

    start: datetime
    times: PlannedTimes
    pages: list[tuple[PageMessage, Delivery]] = field(default_factory=list)
    events: dict[str, TimelineEvent] = field(default_factory=dict)
    _calendar: OnCall = field(default_factory=lambda: OnCall(None))

    @activity.defn
    async def send_page(self, message: PageMessage) -> Delivery:
        """Record a page; it has always arrived."""
        delivery = Delivery(outcome=Outcome.SENT, at=activity.info().scheduled_time, provider_id="rehearsed")
        self.pages.append((message, delivery))
        return delivery

    @activity.defn
    async def write_down(self, request: WriteDown) -> WrittenDown:
        """Keep the events."""
        self.events.update({event.event_id: event for event in request.batch.events})
        return WrittenDown(events=request.batch.events, saved=True)

    @activity.defn
    async def save_records(self, batch: RecordBatch) -> None:
        """Nothing is ever behind."""

    @activity.defn
    async def archive_history(self, *given: object) -> None:
        """Nothing is kept."""

    @activity.defn
    async def who_is_on_call(self, question: OnCallQuestion) -> OnCallAnswer:
        """Look at the calendar of the time that is rehearsed."""
        at = self.start + await self._planned(question.at) if question.at else None
        return await self._calendar.who_is_on_call(question.model_copy(update={"at": at}))

    @activity.defn
    async def is_it_working_hours(self, question: HoursQuestion) -> HoursAnswer:
        """Likewise; the answer is in the clock's time again."""
        at = self.start + await self._planned(question.at)
        answer = await self._calendar.is_it_working_hours(question.model_copy(update={"at": at}))
        changes_at = question.at + (answer.changes_at - at) if answer.changes_at else None
        return answer.model_copy(update={"changes_at": changes_at})

    async def _planned(self, at: datetime) -> timedelta:
        await self.times.look()
        return self.times.of(at)
