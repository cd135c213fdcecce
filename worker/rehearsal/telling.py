"""What a rehearsal has shown, as a person wants to know it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from activities.paging.messages import Delivery, PageMessage
from definitions.durations import Duration, format_duration
from records.base import Record
from records.engagements import EngagementRecord, EngagementStatus
from records.timeline import EventType, TimelineEvent
from worker.rehearsal.endless import ROUNDS, Endless
from worker.rehearsal.planned import PlannedTimes
from worker.rehearsal.recording import Recording

MINUTE = timedelta(minutes=1)
SLACK = timedelta(seconds=2)


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
    """Turns what was recorded of a rehearsal for `at` into what a person wants to know."""

    def __init__(self, at: datetime, times: PlannedTimes, endless: Endless) -> None:
        self._at = at
        self._times = times
        self._endless = endless
        self._several = False

    def whole(
        self,
        name: str,
        recording: Recording,
        engagements: list[EngagementRecord],
        refused: Sequence[tuple[timedelta, str]],
        longest: timedelta,
    ) -> Rehearsal:
        """Everything, in the order in which it would happen; of endless plans what comes before their fourth round."""
        self._several = len(engagements) > 1
        engaged = {record.engagement_id: record.contact for record in engagements}
        cuts = {
            record.engagement_id: self._since(cut.event_time)
            for record in engagements
            if self._endless.goes_on_alike(record) and (cut := self._endless.cut(record))
        }
        events = [
            event
            for event in sorted(recording.events.values(), key=lambda event: event.position)
            if self._since(event.event_time) < cuts.get(str(event.data.get("engagementId")), timedelta.max)
        ]
        pages = [
            self._page(message, delivery, engaged)
            for message, delivery in recording.pages
            if self._since(delivery.at) < cuts.get(message.engagement_id, timedelta.max)
        ]
        remarks = [one for record in engagements for one in self._only_stages(record, events)]
        remarks += [self._remark(event) for event in events if words(event)]
        remarks += [self._said(after, said) for after, said in refused]
        remarks += [
            self._and_so_on(one, cuts[one.engagement_id]) for one in engagements if one.engagement_id in cuts
        ]
        return Rehearsal(
            plan=name,
            at=self._at,
            pages=sorted(pages, key=lambda page: (page.after, page.contact, page.channel)),
            remarks=sorted(remarks, key=lambda remark: remark.after),
            unheard=self._unheard(events, pages),
            endings=[
                self._ending(record, events, cuts.get(record.engagement_id, longest))
                for record in engagements
            ],
        )

    def _since(self, at: datetime) -> timedelta:
        """The planned time since the start; minutes where it is a matter of two seconds on no whole minute."""
        after = self._times.of(at)
        beyond = after % MINUTE
        on_the_minute = (self._at + after).second == 0
        return after - beyond if timedelta(0) < beyond <= SLACK and not on_the_minute else after

    def _only_stages(self, record: EngagementRecord, events: Sequence[TimelineEvent]) -> list[Remark]:
        """The first round of a plan of one stage, whose beginning the timeline leaves out."""
        own = [one for one in events if one.data.get("engagementId") == record.engagement_id]
        told = any(
            one.event_type is EventType.ENGAGEMENT_STAGE
            and not one.data.keys() & {"round", "plan", "fallback"}
            for one in own
        )
        if told or record.stage_count > 1 or not self._endless.has_rounds(record.contact):
            return []
        data = {"stage": 0, "round": 0, "contacts": self._endless.first_targets(record.contact)}
        said = _stage_words(data | ({"plan": record.contact} if self._several else {}))
        return [self._said(self._since(record.started_at), said, engaged=record.contact)]

    def _and_so_on(self, record: EngagementRecord, after: timedelta) -> Remark:
        cut = self._endless.cut(record)
        assert cut is not None  # noqa: S101 - there is a time of it
        before = self._endless.round(record, str(cut.data.get("plan", record.contact)), ROUNDS - 1)
        lasts = format_duration(after - self._since(before[0].event_time))
        said = f"and so on, every {lasts} until somebody acknowledges"
        return self._said(
            after, f"{record.contact}: {said}" if self._several else said, engaged=record.contact
        )

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
        engaged = str(event.data.get("engaged", ""))
        data = dict(event.data)
        if event.event_type is EventType.ENGAGEMENT_STAGE and "fallback" not in data:
            if self._endless.has_rounds(str(data.get("plan", engaged))):
                data.setdefault("round", 0)
            if self._several:
                data.setdefault("plan", engaged)
        said = words(event.model_copy(update={"data": data}))
        if self._several and (event.event_type is EventType.ENGAGEMENT_END or "fallback" in data):
            said = f"{engaged}: {said}"
        return self._said(self._since(event.event_time), said, engaged=engaged)

    def _said(self, after: timedelta, said: str, *, engaged: str = "") -> Remark:
        return Remark(after=after, at=self._at + after, engaged=engaged, words=said)

    def _unheard(self, events: Sequence[TimelineEvent], pages: Sequence[RehearsedPage]) -> list[UnheardStage]:
        """Stages that were skipped, and those in which no page goes out; each once, however often it comes."""
        unheard: dict[tuple[object, ...], UnheardStage] = {}
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
                    which = engaged, event.data.get("plan"), stage, reason
                    one = UnheardStage(after=start, engaged=engaged, stage=stage, reason=reason)
                    unheard.setdefault(which, one)
        return list(unheard.values())

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
