"""What a rehearsal has shown, as a person wants to know it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from activities.paging.messages import Delivery, PageMessage
from definitions.durations import Duration
from records.base import Record
from records.engagements import EngagementRecord, EngagementStatus
from records.timeline import EventType, TimelineEvent
from worker.rehearsal.clock import Clock
from worker.rehearsal.recording import Recording

SLACK = 2
"""Seconds."""


class RehearsedPage(Record):
    """One page that would go out. `after` counts from the start; `send` is 0 for the first on its channel."""

    after: Duration
    at: datetime
    contact: str
    channel: str
    channel_type: str
    address: str
    engaged: str
    stage: int
    send: int


class Remark(Record):
    """Anything else that would happen: a stage that begins, is skipped or waits, an answer, the end."""

    after: Duration
    at: datetime
    engaged: str
    words: str


class UnheardStage(Record):
    """A stage in which nobody would be paged, and why."""

    after: Duration
    engaged: str
    stage: int
    reason: str


class Ending(Record):
    """How an engagement would end: `acknowledged`, `ran out` or `still going`, and when."""

    engaged: str
    how: str
    after: Duration | None = None
    by: str | None = None


class Rehearsal(Record):
    """What would happen if the plan were needed at `at`."""

    plan: str
    at: datetime
    pages: list[RehearsedPage]
    remarks: list[Remark]
    unheard: list[UnheardStage]
    endings: list[Ending]


class Teller:
    """Turns what was recorded into what a person wants to know.

    `at` is the time that was rehearsed, `began` the same instant on the workflow's clock.
    """

    def __init__(self, at: datetime, clock: Clock, began: datetime) -> None:
        self._at = at
        self._clock = clock
        self._began = began

    def whole(
        self,
        name: str,
        recording: Recording,
        engagements: list[EngagementRecord],
        refused: Sequence[tuple[timedelta, str]],
        longest: timedelta,
    ) -> Rehearsal:
        events = sorted(recording.events.values(), key=lambda event: event.position)
        engaged = {record.engagement_id: record.contact for record in engagements}
        pages = [self._page(*sent, engaged) for sent in recording.pages]
        remarks = [self._remark(event) for event in events if words(event)]
        remarks += [self._refused(after, said) for after, said in refused]
        return Rehearsal(
            plan=name,
            at=self._at,
            pages=sorted(pages, key=lambda page: (page.after, page.contact, page.channel)),
            remarks=sorted(remarks, key=lambda remark: remark.after),
            unheard=self._unheard(events, pages),
            endings=[self._ending(record, events, longest) for record in engagements],
        )

    def _since(self, at: datetime) -> timedelta:
        """Whole seconds, and minutes where it is a matter of two: the machine takes a little time for its work."""
        seconds = max(int((self._clock.when_due(at) - self._began).total_seconds()), 0)
        return timedelta(seconds=seconds - seconds % 60 if seconds % 60 <= SLACK else seconds)

    def _page(self, message: PageMessage, delivery: Delivery, engaged: dict[str, str]) -> RehearsedPage:
        after = self._since(delivery.at)
        return RehearsedPage(
            after=after,
            at=self._at + after,
            contact=message.contact,
            channel=message.channel.name,
            channel_type=message.channel.type,
            address=message.channel.address,
            engaged=engaged[message.engagement_id],
            stage=message.stage,
            send=message.send,
        )

    def _remark(self, event: TimelineEvent) -> Remark:
        after = self._since(event.event_time)
        engaged = str(event.data.get("engaged", ""))
        return Remark(after=after, at=self._at + after, engaged=engaged, words=words(event))

    def _refused(self, after: timedelta, said: str) -> Remark:
        return Remark(after=after, at=self._at + after, engaged="", words=said)

    def _unheard(self, events: Sequence[TimelineEvent], pages: Sequence[RehearsedPage]) -> list[UnheardStage]:
        """Stages that were skipped, and those in which no page goes out."""
        unheard = []
        stages = [event for event in events if event.event_type is EventType.ENGAGEMENT_STAGE]
        last = {
            event.data["engaged"]: event for event in events if event.event_type is EventType.ENGAGEMENT_END
        }
        for engaged in dict.fromkeys(event.data["engaged"] for event in stages):
            own = [event for event in stages if event.data["engaged"] == engaged]
            for event, following in pairwise([*own, last.get(engaged)]):
                if event is None:
                    continue
                start = self._since(event.event_time)
                end = self._since(following.event_time) if following else timedelta.max
                heard = any(page.engaged == engaged and start <= page.after < end for page in pages)
                skipped = event.data.get("skipped")
                if skipped or (event.data.get("contacts") and not heard and end > start):
                    reason = str(skipped or "no page goes out in it")
                    stage = int(event.data.get("stage", 0))
                    unheard.append(UnheardStage(after=start, engaged=engaged, stage=stage, reason=reason))
        return unheard

    def _ending(
        self, record: EngagementRecord, events: Sequence[TimelineEvent], longest: timedelta
    ) -> Ending:
        if record.status is EngagementStatus.ACKNOWLEDGED and record.acknowledged_at is not None:
            after = self._since(record.acknowledged_at)
            by = record.acknowledged_by
            return Ending(engaged=record.contact, how="acknowledged", after=after, by=by)
        for event in events:
            own = event.data.get("engagementId") == record.engagement_id
            if own and event.event_type is EventType.ENGAGEMENT_END:
                return Ending(engaged=record.contact, how="ran out", after=self._since(event.event_time))
        return Ending(engaged=record.contact, how="still going", after=longest)


def words(event: TimelineEvent) -> str:
    """An event in words; empty for pages, which have a list of their own, and for what nobody need know."""
    data = event.data
    match event.event_type:
        case EventType.ENGAGEMENT_STAGE:
            return _stage_words(data)
        case EventType.PAGE_FAILURE:
            return f"{data['contact']} is not paged on {data['channel']}: {data['reason']}"
        case EventType.ACKNOWLEDGEMENT:
            return f"{data['contact']} acknowledges"
        case EventType.PAGE_DECLINE:
            return f"{data['contact']} declines"
        case EventType.ENGAGEMENT_END:
            return str(data["reason"])
    return ""


def _stage_words(data: dict[str, Any]) -> str:
    if "fallback" in data:
        return f"nobody was reached: the fallback, {data['fallback']}, is engaged"
    where = f"stage {data['stage'] + 1}" + (f" of {data['plan']}" if "plan" in data else "")
    if "round" in data:
        where += f", round {data['round'] + 1}"
    if "skipped" in data:
        return f"{where} is skipped: {data['skipped']}"
    if "waitsUntil" in data:
        return f"{where} waits: {data['reason']}"
    return f"{where} begins: {', '.join(data['contacts']) or 'a wait'}"
