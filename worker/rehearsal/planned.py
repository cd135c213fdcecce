"""When things were due by the plan: the machine does them a little later, and each delay puts off all that follows."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.history.v1 import HistoryEvent as Event

from worker.rehearsal.clock import Clock

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Timer:
    """A timer that runs: when its clock lets it fire, and when it is due by the plan, since the start."""

    fires_at: datetime
    planned: timedelta


class PlannedTimes:
    """The planned time of everything that a workflow does.

    All it does follows at once upon its start, a timer or an answer, and all timers of a plan take whole seconds: so
    what is lost between a timer's due time and its work is known, and does not add up.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._instants: list[datetime] = []
        self._planned: list[timedelta] = []
        self._timers: dict[str, Timer] = {}
        self._run = ""
        self._read = 0
        self._looking = asyncio.Lock()

    def of(self, at: datetime) -> timedelta:
        """When something that happened at `at` was due, since the start."""
        return self._planned[max(bisect_right(self._instants, at) - 1, 0)] if self._planned else timedelta(0)

    def delay(self, at: datetime) -> timedelta:
        """How much later than planned the timer or answer that led to `at` came, since the start."""
        index = max(bisect_right(self._instants, at) - 1, 0)
        return self._instants[index] - self._instants[0] - self._planned[index]

    def follows_from(self, at: datetime, planned: timedelta) -> None:
        """What happens from `at` on is due at `planned`."""
        self._instants.append(at)
        self._planned.append(planned)

    async def timers(self) -> Sequence[Timer]:
        """Those that run now, after reading what has happened since the last look."""
        await self.look()
        return list(self._timers.values())

    async def look(self) -> None:
        """Read what has happened since the last look, in every run."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        unread: list[tuple[str, Sequence[Event]]] = []
        wanted = ""
        while True:
            events = await self._clock.history(wanted)
            about = events[0].workflow_execution_started_event_attributes
            unread.append((about.original_execution_run_id, events))
            wanted = about.continued_execution_run_id
            if not wanted or about.original_execution_run_id == self._run:
                break
        for run, events in reversed(unread):
            if run != self._run:
                self._run, self._read = run, 0
                self._timers.clear()
            for event in events[self._read :]:
                self._take(event)
            self._read = len(events)

    def _take(self, event: Event) -> None:
        at = event.event_time.ToDatetime(tzinfo=UTC)
        match event.event_type:
            case HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED if not self._instants:
                self.follows_from(at, timedelta(0))
            case HistoryEvent.EVENT_TYPE_TIMER_STARTED:
                timer = event.timer_started_event_attributes
                lasts = timer.start_to_fire_timeout.ToTimedelta()
                due = at - self._instants[0] - self.delay(at) + lasts
                self._timers[timer.timer_id] = Timer(at + lasts, round(due / SECOND) * SECOND)
            case HistoryEvent.EVENT_TYPE_TIMER_FIRED:
                fired = self._timers.pop(event.timer_fired_event_attributes.timer_id)
                self.follows_from(at, fired.planned)
            case HistoryEvent.EVENT_TYPE_TIMER_CANCELED:
                del self._timers[event.timer_canceled_event_attributes.timer_id]
