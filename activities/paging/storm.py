"""Sparing a person the pages of a storm: one page tells of the incidents whose pages were held."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from temporalio import activity

from activities.paging.messages import Delivery, Outcome
from definitions.impacts import CRITICAL
from records import storms
from records.bounded import acquire_within
from records.storms import Go, Hold, Line, Told

if TYPE_CHECKING:
    from activities.paging.messages import PageMessage
    from records.database import Pool

PATIENCE = 0.5
"""Seconds a page waits for PostgreSQL's word; after that it goes."""

_ARRIVED = (Outcome.SENT, Outcome.UNKNOWN)


class Storms:
    """Asks whether a page may go, and says what became of it. Without PostgreSQL every page goes."""

    def __init__(self, pool: Pool | None) -> None:
        self._pool = pool

    async def admit(self, message: PageMessage) -> Go | Hold | Told:
        """Whether the page goes now. What is critical or stands alone always does, and asks nobody."""
        if self._pool is None or not message.min_gap or not _may_be_held(message):
            return Go()
        try:
            async with acquire_within(self._pool, PATIENCE) as connection:
                return await storms.admit(connection, _line(message), message.min_gap)
        except Exception as error:  # whatever keeps us from asking, somebody has to be paged
            activity.logger.warning(
                "a page goes without asking about others: %s: %s", type(error).__name__, error
            )
            return Go()

    async def settle(self, message: PageMessage, delivery: Delivery | None) -> None:
        """Say what became of a page that went; None: it was stopped on its way."""
        arrived = delivery is not None and delivery.outcome in _ARRIVED
        if self._pool is None or not message.min_gap:
            return
        try:
            async with acquire_within(self._pool, PATIENCE) as connection:
                if _may_be_held(message):
                    await storms.settle(connection, _line(message), arrived=arrived)
                elif arrived:
                    await storms.note(connection, _line(message))
        except (
            Exception
        ) as error:  # the page has gone; others wait for a minute at most, then page on their own
            activity.logger.warning(
                "the others cannot be told of a page that went: %s: %s", type(error).__name__, error
            )


def _may_be_held(message: PageMessage) -> bool:
    return message.impact is not None and message.impact != CRITICAL and message.min_gap > timedelta(0)


def _line(message: PageMessage) -> Line:
    return Line(message.contact, message.channel.name, message.engagement_id, message.key)
