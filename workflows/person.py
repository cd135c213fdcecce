"""One person being paged by their own plan, until they answer or the plan is over."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import workflow

from workflows.paging import Desk

with workflow.unsafe.imports_passed_through():
    from activities.paging.messages import Delivery, Outcome, PageMessage
    from definitions.contacts import ChannelTarget, Contact, ContactStage
    from records.engagements import EngagedPerson, EngagementRecord, Page, Receipt, ReceiptType
    from records.timeline import EventType

FIRST_RETRY = timedelta(seconds=5)
SLOWEST_RETRY = timedelta(minutes=1)
MOST_FAILURES = 60
"""A channel that failed is tried again after 5, 10, 20, 40 s and then each minute, about an hour in all."""


class Note(Protocol):
    """Puts an event of the engagement on the timeline."""

    def __call__(
        self, event_type: EventType, data: dict[str, object], *, author: str = ..., at: datetime | None = ...
    ) -> None: ...


class Person:
    """Runs one contact's plan. The state is in `engaged`, which belongs to the engagement's record."""

    def __init__(
        self,
        engaged: EngagedPerson,
        *,
        contact: Contact,
        engagement: EngagementRecord,
        desk: Desk,
        note: Note,
    ) -> None:
        self._engaged = engaged
        self._contact = contact
        self._engagement = engagement
        self._desk = desk
        self._note = note
        self._sends: dict[str, asyncio.Task[None]] = {}
        self._stopped = False
        channels = {channel.name for channel in contact.channels}
        for page in engaged.pages:
            if page.channel not in channels:  # the contact was changed since, and continues as new
                page.next_at = None

    async def run(self) -> None:
        """Page by the plan's stages, then keep trying channels that never got through."""
        while not self._over and self._stage is not None:
            await self._run_stage(self._stage)
        while not self._over and self._still_trying:
            await self._send_what_is_due(until=None, hurry=lambda: False)
        await workflow.wait_condition(lambda: not self._sends)
        self._engaged.finished = True

    def stop(self, reason: str, *, read: bool, info: str = "") -> None:
        """Send nothing more: they have answered (`read`), or the engagement was stopped."""
        if self._over and not read:
            return
        self._stopped = True
        for task in self._sends.values():
            task.cancel()
        for page in self._engaged.pages:
            page.next_at = None
            kind = ReceiptType.READ if read else ReceiptType.STOP
            page.receipts.append(Receipt(type=kind, time=workflow.now(), info=info or reason))

    @property
    def _over(self) -> bool:
        return self._stopped or self._engaged.finished or self._engaged.acknowledged_at is not None

    @property
    def _stage(self) -> ContactStage | None:
        stages = self._contact.plan.stages
        return stages[self._engaged.stage] if self._engaged.stage < len(stages) else None

    async def _run_stage(self, stage: ContactStage) -> None:
        if self._engaged.stage_ends_at is None:
            self._engaged.stage_ends_at = workflow.now() + stage.duration
            for target in stage.targets:
                self._page_on(target).next_at = workflow.now()
        until = self._engaged.stage_ends_at
        await self._send_what_is_due(until=until, hurry=self._next_channel_must_not_wait)
        if workflow.now() >= until or self._next_channel_must_not_wait():
            self._engaged.stage += 1
            self._engaged.stage_ends_at = None

    async def _send_what_is_due(self, *, until: datetime | None, hurry: Callable[[], bool]) -> None:
        """Start the sends that are due, then wait for the next one, an answer, a need to hurry, or `until`."""
        if self._desk.closing:
            await workflow.wait_condition(lambda: self._over or not self._desk.closing)
        now = workflow.now()
        for page in self._engaged.pages:
            due = page.next_at is not None and page.next_at <= now
            if due and page.channel not in self._sends and not self._over:
                page.next_at = None
                self._sends[page.channel] = asyncio.create_task(self._send(page))
        wake = min([*self._times_due(), *([until] if until else [])], default=None)
        await _wait(
            lambda: (
                self._over
                or hurry()
                or any(wake is None or time < wake for time in self._times_due())
                or (until is None and not self._still_trying)
            ),
            until=wake,
        )

    def _times_due(self) -> list[datetime]:
        """When pages that are not being sent right now are due."""
        return [
            page.next_at for page in self._engaged.pages if page.next_at and page.channel not in self._sends
        ]

    def _next_channel_must_not_wait(self) -> bool:
        """Whether every channel that was paged last has failed while a later stage has one that has not.

        A pure wait gives time to answer the page before it; when that failed there is nothing to wait for.
        """
        failing = {page.channel for page in self._engaged.pages if page.failures}
        stages, now_at = self._contact.plan.stages, self._engaged.stage
        paged = next((stage for stage in reversed(stages[: now_at + 1]) if stage.targets), None)
        names = {target.channel for target in paged.targets} if paged else set()
        later = {target.channel for after in stages[now_at + 1 :] for target in after.targets}
        return bool(names) and names <= failing and not names & self._sends.keys() and bool(later - failing)

    @property
    def _still_trying(self) -> bool:
        """Whether a send is on its way or due again."""
        return bool(self._sends) or any(page.next_at is not None for page in self._engaged.pages)

    def _page_on(self, target: ChannelTarget) -> Page:
        for page in self._engaged.pages:
            if page.channel == target.channel:
                return page
        channel = self._contact.channel(target.channel)
        page = Page(
            page_id=str(workflow.uuid4()),
            contact=self._contact.name,
            channel=channel.name,
            channel_type=channel.type,
        )
        self._engaged.pages.append(page)
        return page

    async def _send(self, page: Page) -> None:
        message = PageMessage(
            key=f"{page.page_id}-{page.send}",
            page_id=page.page_id,
            engagement_id=self._engagement.engagement_id,
            incident_id=self._engagement.incident_id,
            contact=self._contact.name,
            display_name=self._contact.display_name,
            channel=self._contact.channel(page.channel),
            subject=self._engagement.subject,
            content=self._engagement.content,
        )
        started = workflow.now()
        try:
            delivery = await self._desk.send(message)
        except asyncio.CancelledError:
            if not self._over:
                raise
            self._note(
                EventType.PAGE_STOP,
                self._told(page) | {"reason": "stopped on its way; it may still have arrived"},
            )
        else:
            self._take(page, delivery, started)
        finally:
            self._sends.pop(page.channel, None)

    def _take(self, page: Page, delivery: Delivery, started: datetime) -> None:
        told = self._told(page) | {"outcome": delivery.outcome}
        if delivery.outcome is Outcome.SENT:
            page.receipts.append(Receipt(type=ReceiptType.SENT, time=delivery.at, info=delivery.provider_id))
            page.send += 1
            page.failures = 0
            page.next_at = page.next_at or self._repetition(page, started)
            self._note(EventType.PAGE, told | {"providerId": delivery.provider_id}, at=delivery.at)
            return
        page.receipts.append(Receipt(type=ReceiptType.ERROR, time=delivery.at, info=delivery.detail))
        page.failures += 1
        page.rejected = delivery.outcome is Outcome.REJECTED
        if not page.rejected and page.failures < MOST_FAILURES and not self._over:
            page.next_at = workflow.now() + min(FIRST_RETRY * 2 ** min(page.failures - 1, 10), SLOWEST_RETRY)
        again = page.next_at.isoformat() if page.next_at else None
        self._note(
            EventType.PAGE_FAILURE, told | {"reason": delivery.detail, "nextAttempt": again}, at=delivery.at
        )

    def _repetition(self, page: Page, started: datetime) -> datetime | None:
        """When the page is sent again: every retry interval, but not once its stage has ended."""
        ends_at = self._engaged.stage_ends_at
        if self._stage is None or ends_at is None or self._over:
            return None
        for target in self._stage.targets:
            if target.channel == page.channel and target.retry_interval:
                again = started + target.retry_interval
                return again if again < ends_at else None
        return None

    def _told(self, page: Page) -> dict[str, object]:
        return {
            "contact": page.contact,
            "channel": page.channel,
            "channelType": page.channel_type,
            "pageId": page.page_id,
            "send": page.send,
            "stage": self._engaged.escalation_stage,
        }


async def _wait(ready: Callable[[], bool], *, until: datetime | None) -> None:
    """Wait until `ready` or the instant, whichever comes first."""
    timeout = None if until is None else max(until - workflow.now(), timedelta(0))
    try:
        await workflow.wait_condition(ready, timeout=timeout)
    except TimeoutError:
        return
