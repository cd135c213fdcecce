"""One person being paged by their own plan, until they answer or the plan is over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import workflow

from workflows.paging import Desk

with workflow.unsafe.imports_passed_through():
    from activities.paging.messages import Delivery, Outcome, PageMessage
    from definitions.contacts import ChannelTarget, ChannelType, Contact, ContactStage
    from definitions.message_templates import MessageTemplates
    from records.engagements import EngagedPerson, EngagementRecord, Page, Receipt, ReceiptType
    from records.timeline import EventType
    from workflows.messages import DeliveryReport

FIRST_RETRY = timedelta(seconds=5)
SLOWEST_RETRY = timedelta(minutes=1)
MOST_FAILURES = 60
LONGEST_PAUSE = timedelta(minutes=10)
"""A channel that failed is tried again after 5, 10, 20, 40 s and then each minute, about an hour in all.
A provider that asks for patience gets it, up to the longest pause."""


RECOGNISES_REPETITIONS = (ChannelType.EMAIL, ChannelType.WEBHOOK)
MOST_BLIND_REPETITIONS = 2
"""Mails and webhooks carry an id; elsewhere a message whose outcome nobody knows is repeated a few times at most."""


@dataclass(frozen=True)
class Words:
    """The response plan behind an engagement, and the words it puts in place of the standard ones."""

    plan: str | None = None
    templates: MessageTemplates | None = None


class Note(Protocol):
    """Puts an event of the engagement on the timeline."""

    def __call__(
        self, event_type: EventType, data: dict[str, object], *, author: str = ..., at: datetime | None = ...
    ) -> None: ...


class Person:
    """Runs one contact's plan. The state is in `engaged`, which belongs to the engagement's record.

    `silent` are the contact's channels that must not be paged, and why; `words` what replaces the standard words.
    """

    def __init__(
        self,
        engaged: EngagedPerson,
        *,
        contact: Contact,
        silent: dict[str, str],
        words: Words,
        engagement: EngagementRecord,
        desk: Desk,
        note: Note,
    ) -> None:
        self._engaged = engaged
        self._contact = contact
        self._silent = silent
        self._words = words
        self._engagement = engagement
        self._desk = desk
        self._note = note
        self._sends: dict[str, asyncio.Task[None]] = {}
        self._stopped = False
        self._ending = False
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
        self._ending = False
        if not self._stopped:  # who was stopped has finished then, and may have been begun anew since
            self._engaged.finished = True

    def stop(self, reason: str, *, read: bool, info: str = "") -> None:
        """Send nothing more: they have answered (`read`), or the engagement was stopped."""
        if self._over and not read:
            return
        self._ending = self._ending or not self._engaged.finished
        self._stopped = self._engaged.finished = True
        for task in self._sends.values():
            task.cancel()
        for page in self._engaged.pages:
            page.next_at = None
            kind = ReceiptType.READ if read else ReceiptType.STOP
            page.receive(Receipt(type=kind, time=workflow.now(), info=info or reason))

    def let_go(self) -> None:
        """Another one pages them from now on: what is still on its way here keeps its number for itself."""
        self._stopped = True
        for page in self._engaged.pages:
            if page.channel in self._sends:
                page.send += 1

    def silence(self, channel: str, reason: str) -> None:
        """Page no more on a channel; others go on, the next one at once if this was the last of its stage."""
        for page in self._engaged.pages:
            if page.channel == channel and not self._over:
                page.next_at = None
                page.receive(Receipt(type=ReceiptType.STOP, time=workflow.now(), info=reason))
                if channel in self._sends:
                    self._sends[channel].cancel()

    def take_report(self, page: Page, report: DeliveryReport) -> None:
        """The provider says what became of a page: it was delivered, or it failed after all and is sent again."""
        kind = ReceiptType.DELIVERED if report.delivered else ReceiptType.ERROR
        info = report.provider_id if report.delivered else f"{report.provider_id} {report.detail}".strip()
        if any(receipt.type is kind and receipt.info == info for receipt in page.receipts):
            return  # providers say things twice
        page.receive(Receipt(type=kind, time=workflow.now(), info=info))
        told = self._told(page) | {"providerId": report.provider_id}
        if report.delivered:
            page.undelivered = 0
            if page.failures:  # nobody knew; now we do
                page.failures, page.next_at = 0, None
            self._note(EventType.PAGE_DELIVERY, told)
            return
        if self._may_send(page):
            page.failures += 1
            page.undelivered += 1
            self._try_again(page, None)
        again = page.next_at.isoformat() if page.next_at else None
        self._note(EventType.PAGE_FAILURE, told | {"reason": report.detail, "nextAttempt": again})

    @property
    def is_ending(self) -> bool:
        """Whether they were stopped, and what was under way has not come to its end yet."""
        return self._ending

    @property
    def runs_out_now(self) -> bool:
        """Whether the last stage of their plan is at its end, and nothing of it is left to do."""
        last, ends_at = len(self._contact.plan.stages) - 1, self._engaged.stage_ends_at
        at_its_end = self._engaged.stage == last and ends_at is not None and ends_at <= workflow.now()
        return (at_its_end or self._engaged.stage > last) and not self._still_trying

    @property
    def cannot_be_reached(self) -> bool:
        """Whether every channel of the plan has been tried and nothing has been handed over."""
        if self._sends or any(page.reached for page in self._engaged.pages):
            return False
        failed = {page.channel for page in self._engaged.pages if page.failures}
        return usable_channels(self._contact, self._silent) <= failed

    @property
    def _over(self) -> bool:
        return self._stopped or self._engaged.finished or self._engaged.acknowledged_at is not None

    def _may_send(self, page: Page) -> bool:
        """Whether anything more may go out for a page; its channel may have gone with a newer definition."""
        known = any(channel.name == page.channel for channel in self._contact.channels)
        return not self._over and known and page.channel not in self._silent

    @property
    def _stage(self) -> ContactStage | None:
        stages = self._contact.plan.stages
        return stages[self._engaged.stage] if self._engaged.stage < len(stages) else None

    async def _run_stage(self, stage: ContactStage) -> None:
        if self._engaged.stage_ends_at is None:
            self._engaged.stage_ends_at = workflow.now() + stage.duration
            for target in stage.targets:
                if target.channel in self._silent:
                    self._tell_silent(target)
                else:
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
        failing = {page.channel for page in self._engaged.pages if page.failures} | self._silent.keys()
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
            public_subject=self._engagement.public_subject,
            public_content=self._engagement.public_content,
            title=self._engagement.title,
            sender=self._engagement.sender,
            impact=self._engagement.impact,
            stage=self._engaged.escalation_stage,
            send=page.send,
            plan=self._words.plan,
            templates=self._words.templates,
            min_gap=self._contact.min_page_gap,
        )
        started = workflow.now()
        try:
            delivery = await self._desk.send(message)
        except asyncio.CancelledError:
            if not self._over and page.channel not in self._silent:
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
            page.receive(Receipt(type=ReceiptType.SENT, time=delivery.at, info=delivery.provider_id))
            page.send += 1
            page.failures = 0
            page.next_at = page.next_at or self._repetition(page, started)
            page.held = False
            told["providerId"] = delivery.provider_id
            self._note(EventType.PAGE, told | _remarks(delivery), at=delivery.at)
            return
        if delivery.outcome is Outcome.HELD:
            until = None
            if self._may_send(page):
                page.held = True
                page.next_at = until = workflow.now() + (delivery.retry_after or FIRST_RETRY)
            held = {"until": until.isoformat() if until else None} | _remarks(delivery)
            self._note(EventType.PAGE_HELD, told | held, at=delivery.at)
            return
        page.receive(Receipt(type=ReceiptType.ERROR, time=delivery.at, info=delivery.detail))
        page.failures += 1
        page.held = False
        page.rejected = delivery.outcome is Outcome.REJECTED
        unknown = delivery.outcome is Outcome.UNKNOWN
        page.unknown += 1 if unknown else 0
        if self._may_send(page):
            self._try_again(page, delivery.retry_after, blindly=unknown)
        again = page.next_at.isoformat() if page.next_at else None
        self._note(
            EventType.PAGE_FAILURE, told | {"reason": delivery.detail, "nextAttempt": again}, at=delivery.at
        )

    def _try_again(self, page: Page, not_before: timedelta | None, *, blindly: bool = False) -> None:
        """Have what failed sent again, soon at first, unless it never can be.

        `blindly`: it may have arrived. Then a receiver that cannot recognise a repetition gets only a few, slowly.
        """
        blindly = blindly and page.channel_type not in RECOGNISES_REPETITIONS
        if (
            page.rejected
            or max(page.failures, page.undelivered) >= MOST_FAILURES
            or (blindly and page.unknown > MOST_BLIND_REPETITIONS)
        ):
            return
        if blindly:
            not_before = max(not_before or SLOWEST_RETRY, SLOWEST_RETRY)
        # A number that a provider takes each time and never reaches counts no less than one that is refused.
        failures = max(page.failures, page.undelivered)
        pause = min(FIRST_RETRY * 2 ** min(failures - 1, 10), SLOWEST_RETRY)
        page.next_at = workflow.now() + max(pause, min(not_before or pause, LONGEST_PAUSE))

    def _tell_silent(self, target: ChannelTarget) -> None:
        """A channel that must not be paged is passed over, and that is on the timeline."""
        channel = self._contact.channel(target.channel)
        data: dict[str, object] = {"contact": self._contact.name, "channel": channel.name}
        data |= {"channelType": channel.type, "reason": self._silent[channel.name], "nextAttempt": None}
        self._note(EventType.PAGE_FAILURE, data | {"stage": self._engaged.escalation_stage})

    def _repetition(self, page: Page, started: datetime) -> datetime | None:
        """When the page is sent again: every retry interval, but not once its stage has ended."""
        ends_at = self._engaged.stage_ends_at
        if self._stage is None or ends_at is None or not self._may_send(page):
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


def usable_channels(contact: Contact, silent: dict[str, str]) -> set[str]:
    """The channels that a contact's plan names and that may be paged."""
    return {target.channel for stage in contact.plan.stages for target in stage.targets} - silent.keys()


def _remarks(delivery: Delivery) -> dict[str, object]:
    """What a channel has to say beyond the outcome."""
    return {"detail": delivery.detail} if delivery.detail else {}


async def _wait(ready: Callable[[], bool], *, until: datetime | None) -> None:
    """Wait until `ready` or the instant, whichever comes first."""
    timeout = None if until is None else max(until - workflow.now(), timedelta(0))
    try:
        await workflow.wait_condition(ready, timeout=timeout)
    except TimeoutError:
        return
