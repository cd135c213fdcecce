"""Handing pages over from a workflow, and knowing which are on their way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from workflows.summaries import label
from workflows.timeouts import SENDER_LOST

with workflow.unsafe.imports_passed_through():
    from activities.on_call import HoursAnswer, HoursQuestion, OnCall, OnCallAnswer, OnCallQuestion
    from activities.paging.messages import Delivery, Notice, Outcome, PageMessage
    from activities.paging.pager import Pager

Q = TypeVar("Q")
A = TypeVar("A")

SLOWEST_SEND = timedelta(seconds=60)

SENDING = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=1.5,
    maximum_interval=timedelta(seconds=5),
    maximum_attempts=3,
)
"""Only a lost worker or a bug gets here: every outcome of a send is a result, repeated by the engagement. After these
attempts the outcome is unknown, so that the person's next channel has its turn and nothing waits for this one."""


async def hand_over_notice(notice: Notice) -> Delivery:
    """Hand a notice over; its key is the same for every attempt."""
    try:
        return await workflow.execute_activity_method(
            Pager.send_notice,
            notice,
            start_to_close_timeout=SLOWEST_SEND,
            heartbeat_timeout=SENDER_LOST,
            retry_policy=SENDING,
            summary=label(f"tell {notice.contact} on {notice.channel.name}"),
        )
    except ActivityError as error:  # it may have arrived, and once is enough
        return Delivery(outcome=Outcome.UNKNOWN, at=workflow.now(), detail=str(error.cause or error)[:500])


class Desk:
    """The place pages leave from. Counts those on their way, and lets none leave once it is closing."""

    def __init__(self) -> None:
        self.closing = False
        self._under_way = 0
        self._last_left_at_length = -1

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return self._under_way == 0

    def leaving_now(self) -> bool:
        """Whether a page left in the workflow task that runs now, so that nothing may delay this task's end."""
        return self._last_left_at_length == workflow.info().get_current_history_length()

    async def send(self, message: PageMessage) -> Delivery:
        """Hand a page over; raises asyncio.CancelledError when it was stopped before it left."""
        self._under_way += 1
        self._last_left_at_length = workflow.info().get_current_history_length()
        try:
            return await workflow.execute_activity_method(
                Pager.send_page,
                message,
                activity_id=f"page-{message.key}",
                start_to_close_timeout=SLOWEST_SEND,
                heartbeat_timeout=SENDER_LOST,
                retry_policy=SENDING,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=label(f"page {message.contact} on {message.channel.name}"),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from error
            return Delivery(
                outcome=Outcome.UNKNOWN, at=workflow.now(), detail=str(error.cause or error)[:500]
            )
        finally:
            self._under_way -= 1

    async def send_notice(self, notice: Notice) -> Delivery:
        """Hand over a message that asks for no answer; it is never stopped."""
        self._under_way += 1
        try:
            return await hand_over_notice(notice)
        finally:
            self._under_way -= 1

    async def who_is_on_call(self, question: OnCallQuestion) -> OnCallAnswer:
        """Ask the calendar, with retries until it answers: it needs nothing but a worker."""
        return await self._ask(OnCall.who_is_on_call, question, f"who is on call for {question.schedule}")

    async def is_it_working_hours(self, question: HoursQuestion) -> HoursAnswer:
        """Ask whether people are at work, likewise."""
        return await self._ask(OnCall.is_it_working_hours, question, f"is it within {question.hours}")

    async def _ask(self, method: Callable[[OnCall, Q], Awaitable[A]], question: Q, summary: str) -> A:
        self._under_way += 1
        try:
            return await workflow.execute_activity_method(
                method,
                question,
                start_to_close_timeout=timedelta(seconds=10),
                heartbeat_timeout=None,
                retry_policy=RetryPolicy(
                    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=5)
                ),
                summary=label(summary),
            )
        finally:
            self._under_way -= 1
