"""Moving one workflow's time on: on a Temporal server whose workflows have clocks of their own."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.history.v1 import HistoryEvent as Event
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from worker.search_attributes import register_search_attributes
from worker.stack.temporal import find_temporal

MARGIN = timedelta(seconds=3)
"""Clocks are moved this far beyond what is due, so that it is done, in real time, before the clock stands: the server
would jump on to the next timer otherwise."""

PATIENCE = 15.0
"""Real seconds that what is due may take."""

PAUSE = 0.01
"""Real seconds between looks at a workflow that is busy."""

HOLDS_NOTHING_UP = frozenset({"save_records", "archive_history"})
"""Activities that go on for as long as PostgreSQL is away."""

SERVER_OPTIONS = (
    # Clocks that run ahead are off unless asked for; with the default shift each skip would cost a second.
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',
    # The pause before a next run is counted by the real clock, and would be skipped as hours of the workflow's.
    'history.workflowIdReuseMinimalInterval="0s"',
)


class StuckError(Exception):
    """A workflow did not come to rest; the message says what it was busy with."""


@asynccontextmanager
async def server_with_clocks() -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server in memory whose workflows' clocks stand until they are moved."""
    with _stdout_to_nowhere():
        env = await WorkflowEnvironment.start_time_skipping_v2(
            dev_server_existing_path=str(find_temporal()),
            dev_server_log_level="error",
            dev_server_extra_args=[
                word for one in SERVER_OPTIONS for word in ("--dynamic-config-value", one)
            ],
            dev_server_startup_timeout=timedelta(seconds=30),
            data_converter=pydantic_data_converter,
            ts_config=TimeSkippingConfig(enabled=False),
        )
    try:
        await register_search_attributes(env.client)
        yield env
    finally:
        await env.shutdown()


@contextlib.contextmanager
def _stdout_to_nowhere() -> Iterator[None]:
    """The server greets on the standard output that it inherits, which is for answers."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class Clock:
    """The clock of one workflow, through all its runs."""

    def __init__(self, env: WorkflowEnvironment, workflow_id: str) -> None:
        self._env = env
        self._id = workflow_id
        self._began: datetime | None = None

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The workflow, whichever run it is in."""
        return self._env.client.get_workflow_handle(self._id)

    async def began(self) -> datetime:
        """When the workflow's first run started."""
        if self._began is None:
            about = await self.handle.describe()
            first = about.raw_description.workflow_execution_info.first_run_id
            run = self._env.client.get_workflow_handle(self._id, run_id=first)
            async for event in run.fetch_history_events(page_size=1):
                self._began = event.event_time.ToDatetime(tzinfo=UTC)
                break
        assert self._began is not None  # noqa: S101 - every history has a first event
        return self._began

    async def now(self) -> timedelta:
        """How much of the workflow's time has passed since."""
        return await self._env.get_current_time(self.handle) - await self.began()

    async def over(self) -> bool:
        """Whether the workflow has ended."""
        return (await self.handle.describe()).close_time is not None

    async def history(self, run_id: str = "") -> Sequence[Event]:
        """What has happened in a run; in the latest one unless said."""
        run = self._env.client.get_workflow_handle(self._id, run_id=run_id or None)
        return list((await run.fetch_history()).events)

    async def move_to(self, when: timedelta, *, margin: timedelta = MARGIN) -> None:
        """Let time pass until `when` after the start (or the end), and everything that is due by then happen.

        The clock is moved from timer to timer: a timer that comes due while another one's work is going on would be
        jumped over by a longer move, and fire with the next.
        """
        while await self.step(when, margin=margin):
            pass

    async def step(self, limit: timedelta, *, margin: timedelta = MARGIN) -> bool:
        """Move on to the next timer, or to `limit` if that is sooner; False if there is nowhere to go."""
        target = await self.began() + limit + margin
        await self.settled()
        if await self.over() or (now := await self._env.get_current_time(self.handle)) >= target:
            return False
        stop = min([target, *(due + MARGIN for due in await self._timers() if due > now)])
        await self.jump(stop)
        return True

    async def instant(self) -> datetime:
        """What the workflow's clock shows."""
        return await self._env.get_current_time(self.handle)

    async def jump(self, to: datetime) -> None:
        """Set the clock to `to`, and let everything that is due by then happen."""
        now = await self.instant()
        if to > now:
            with contextlib.suppress(TimeoutError), _suppress_end():
                await self._env.fast_forward(self.handle, to - now)
        await self.settled()

    async def settled(self) -> None:
        """Wait until the workflow waits for nothing but time and people; raises StuckError."""
        deadline = time.monotonic() + PATIENCE
        while busy := await self._busy():
            if time.monotonic() >= deadline:
                raise StuckError(f"still busy: {', '.join(sorted(busy))}")
            await asyncio.sleep(PAUSE)

    async def _busy(self) -> set[str]:
        about = (await self.handle.describe()).raw_description
        busy = {activity.activity_type.name for activity in about.pending_activities} - HOLDS_NOTHING_UP
        if about.HasField("pending_workflow_task"):
            busy.add("a workflow task")
        if not busy and not about.workflow_execution_info.HasField("close_time"):
            now = await self._env.get_current_time(self.handle)
            busy |= {f"the timer of {due}" for due in await self._timers() if due <= now}
        return busy

    async def _timers(self) -> Sequence[datetime]:
        """When the timers that run now will fire."""
        due: dict[str, datetime] = {}
        for event in await self.history():
            at = event.event_time.ToDatetime(tzinfo=UTC)
            if event.event_type == HistoryEvent.EVENT_TYPE_TIMER_STARTED:
                timer = event.timer_started_event_attributes
                due[timer.timer_id] = at + timer.start_to_fire_timeout.ToTimedelta()
            elif event.event_type == HistoryEvent.EVENT_TYPE_TIMER_FIRED:
                del due[event.timer_fired_event_attributes.timer_id]
            elif event.event_type == HistoryEvent.EVENT_TYPE_TIMER_CANCELED:
                del due[event.timer_canceled_event_attributes.timer_id]
        return list(due.values())


@contextlib.contextmanager
def _suppress_end() -> Any:
    """The workflow may end while its clock is about to be moved."""
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
