"""What people say to being paged, as the handlers that an incident and a stand-alone engagement have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from temporalio import workflow

from workflows.engagement import Engagement
from workflows.journal import Journal
from workflows.signals import read_signal

with workflow.unsafe.imports_passed_through():
    from records.base import Record
    from records.engagements import EngagementStatus
    from records.timeline import EventType
    from workflows.messages import (
        Acknowledge,
        Answer,
        DeactivateChannel,
        Decline,
        DeliveryReport,
        HandOver,
        Refusal,
        RefusedAnswer,
        Snooze,
        Unacknowledge,
        refuse,
    )

MOST_REFUSALS = 20
"""Refused answers that go on the timeline in one run: somebody who guesses must not fill a history."""


class Answering(ABC):
    """A workflow that takes answers. Its subclass says to which engagements, and what it answers in turn."""

    _journal: Journal
    _refusals = 0

    @abstractmethod
    def _answerable(self) -> Iterable[Engagement]:
        """The engagements that hear answers."""

    @abstractmethod
    def _must_take_answers(self) -> None:
        """Refuse any answer if it is too late for all of them."""

    @abstractmethod
    def _must_page(self) -> None:
        """Refuse answers that would page somebody, if nobody is paged any more."""

    def _hears_signals(self) -> bool:
        """Whether the released workflow of that name listened as well."""
        return True

    @abstractmethod
    async def _answer(self) -> Record:
        """What an update answers, once it is written down."""

    @workflow.update
    async def acknowledge(self, message: Acknowledge) -> Any:
        """A contact has it."""
        self._acknowledge(message)
        return await self._answer()

    @acknowledge.validator
    def _check_acknowledge(self, message: Acknowledge) -> None:
        self._must_take_answers()
        self._asked(message)

    @workflow.signal(name="acknowledge")
    def acknowledge_by_signal(self, given: Any = None, *more: Any) -> None:
        """`--input '{"contact": "ana"}'` or just `'"ana"'`."""
        if not self._hears_signals():
            return
        given = {"contact": given} if isinstance(given, str) else given
        message = read_signal(self._journal, "acknowledge", Acknowledge, given, self._check_acknowledge)
        if message:
            self._acknowledge(message)

    @workflow.update
    async def decline(self, message: Decline) -> Any:
        """A contact cannot: the next stage begins at once."""
        for engagement in self._taken(message):
            engagement.decline(message.contact, author=message.author, note=message.note)
        return await self._answer()

    @decline.validator
    def _check_decline(self, message: Decline) -> None:
        self._must_page()
        if all(one.record.people[message.contact].declined_at for one in self._asked(message)):
            raise refuse(Refusal.CONFLICT, f"{message.contact!r} has declined already")

    @workflow.update
    async def unacknowledge(self, message: Unacknowledge) -> Any:
        """A contact does not have it after all: they are paged anew."""
        for engagement in self._taken(message):
            if _has_answered(engagement, message.contact):
                engagement.unacknowledge(message.contact, author=message.author, note=message.note)
        return await self._answer()

    @unacknowledge.validator
    def _check_unacknowledge(self, message: Unacknowledge) -> None:
        self._must_page()
        if not any(_has_answered(one, message.contact) for one in self._asked(message)):
            raise refuse(
                Refusal.CONFLICT, f"{message.contact!r} has given no answer that could be taken back"
            )

    @workflow.update
    async def snooze(self, message: Snooze) -> Any:
        """A contact has it for a while, and is paged anew after that."""
        for engagement in _concerned(self._taken(message), message.contact):
            engagement.snooze(message)
        return await self._answer()

    @snooze.validator
    def _check_snooze(self, message: Snooze) -> None:
        self._must_page()
        if all(one.record.status is EngagementStatus.STOPPED for one in self._asked(message)):
            raise refuse(Refusal.CONFLICT, "the engagement has been stopped: nobody is paged any more")

    @workflow.update
    async def hand_over(self, message: HandOver) -> Any:
        """A contact gives it to another, who is paged in their place."""
        for engagement in self._taken(message):
            if _can_hand_over(engagement, message.contact):
                engagement.take_in(message.catalog)
                engagement.hand_over(message)
        return await self._answer()

    @hand_over.validator
    def _check_hand_over(self, message: HandOver) -> None:
        self._must_page()
        if message.to == message.contact:
            raise refuse(Refusal.INVALID, "nobody hands over to themselves; name another contact")
        if message.to not in message.catalog.contacts:
            raise refuse(Refusal.INVALID, f"the message has no definition of {message.to!r}")
        asked = self._asked(message)
        for engagement in asked:
            engagement.check_take_in(message.catalog)
        if any(_can_hand_over(engagement, message.contact) for engagement in asked):
            return
        taker = next((to for one in asked if (to := one.record.people[message.contact].handed_over_to)), None)
        if taker is not None:
            raise refuse(Refusal.CONFLICT, f"{message.contact!r} has handed over to {taker!r} already")
        raise refuse(Refusal.CONFLICT, "the engagement has been stopped: nobody is paged any more")

    @workflow.signal
    def report_delivery(self, given: Any = None, *more: Any) -> None:
        """A provider tells what became of a page that it took."""
        message = read_signal(self._journal, "report_delivery", DeliveryReport, given)
        if message:
            for engagement in self._answerable():
                engagement.take_report(message)

    @workflow.signal
    def deactivate_channel(self, given: Any = None, *more: Any) -> None:
        """A channel is not to be paged any more: its owner said so, or somebody for them."""
        message = read_signal(self._journal, "deactivate_channel", DeactivateChannel, given)
        if message:
            for engagement in self._answerable():
                engagement.silence(message.contact, message.channel, message.reason)

    @workflow.signal
    def refused_answer(self, given: Any = None, *more: Any) -> None:
        """An answer that did not get this far: a wrong code, a used link, a stranger."""
        message = read_signal(self._journal, "refused_answer", RefusedAnswer, given)
        if message and self._refusals < MOST_REFUSALS:
            self._refusals += 1
            told = {"answer": message.answer, "contact": message.contact, "reason": message.reason}
            self._journal.note(EventType.REFUSED_ANSWER, told, author=message.author)

    def _acknowledge(self, message: Acknowledge) -> None:
        for engagement in self._taken(message):
            engagement.acknowledge(message.contact, author=message.author, note=message.note)

    def _asked(self, message: Answer) -> list[Engagement]:
        """The engagements that an answer is for; refused if there are none, or if its link has done its work."""
        of = [one for one in self._answerable() if message.engagement_id in (None, one.record.engagement_id)]
        if not of and message.engagement_id is not None:
            raise refuse(Refusal.NOT_FOUND, f"no engagement {message.engagement_id} here")
        found = [one for one in of if one.engages(message.contact)]
        if not found:
            engaged = sorted({name for one in self._answerable() for name in one.record.people})
            raise refuse(
                Refusal.CONFLICT,
                f"{message.contact!r} has not been engaged; engaged so far: {', '.join(engaged) or 'nobody'}",
            )
        if any(message.link in one.record.people[message.contact].used_links for one in found):
            raise refuse(
                Refusal.CONFLICT, "this link has been used; answer by `tocsin`, or by a newer page's link"
            )
        return found

    def _taken(self, message: Answer) -> list[Engagement]:
        """The same, once the answer has been accepted: its link has done its work now."""
        found = [
            one
            for one in self._answerable()
            if message.engagement_id in (None, one.record.engagement_id) and one.engages(message.contact)
        ]
        for engagement in found:
            if message.link is not None:
                engagement.record.people[message.contact].used_links.append(message.link)
        return found


def _concerned(engagements: list[Engagement], contact: str) -> list[Engagement]:
    """Those in which the contact is being paged or has answered; if there are none, all that were not stopped."""
    going = [one for one in engagements if one.record.status is not EngagementStatus.STOPPED]
    return [one for one in going if not one.over or _has_answered(one, contact)] or going


def _can_hand_over(engagement: Engagement, contact: str) -> bool:
    stopped = engagement.record.status is EngagementStatus.STOPPED
    return not stopped and engagement.record.people[contact].handed_over_to is None


def _has_answered(engagement: Engagement, contact: str) -> bool:
    person = engagement.record.people[contact]
    return person.acknowledged_at is not None or person.declined_at is not None
