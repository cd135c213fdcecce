"""What a workflow knows to have happened, and getting it written down without ever holding up a page."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from workflows.inputs import JournalState

with workflow.unsafe.imports_passed_through():
    from activities.record_keeping import RecordKeeping, WriteDown
    from records.batches import RecordBatch
    from records.timeline import SYSTEM, EventType, TimelineEvent

MAX_BATCH = 100
MAX_BATCH_BYTES = 150_000
"""Events in one batch, and their bytes (as far as text goes), so that its payload stays small."""

MAX_CARRIED_BYTES = 400_000
"""Of events that PostgreSQL missed, in the state that a new run starts with. Any more are in the history alone."""

PAGE_FIRST = timedelta(seconds=1)
"""How long somebody who waits for an answer waits for pages that leave in the same workflow task."""


class Journal:
    """Collects facts and writes them in batches.

    A local activity puts the events into the history and, when PostgreSQL answers, into the records. When it
    does not, the journal is *behind*: facts still reach the history at once, and an ordinary activity, which holds
    up nothing, is retried until the records have caught up.

    `records(everything)` gives rows as a batch without events: those that changed since the last call, or all.
    """

    def __init__(self, subject_id: str, state: JournalState, records: Callable[[bool], RecordBatch]) -> None:
        self.state = state
        self._subject = subject_id
        self.timeline: list[TimelineEvent] = []
        self._records = records
        self._fresh: list[TimelineEvent] = []
        self._changes = 0
        self._written = 0
        self._callers = 0
        self._pages_leaving: Callable[[], bool] = lambda: False

    def hold_for(self, pages_leaving: Callable[[], bool]) -> None:
        """Let pages that leave in the same task go first.

        The commands of one workflow task reach the server together, and only when its local activities are done.
        """
        self._pages_leaving = pages_leaving

    def note(
        self,
        event_type: EventType,
        data: Mapping[str, Any],
        *,
        author: str = SYSTEM,
        at: datetime | None = None,
        references: list[str] | None = None,
        event_id: str | None = None,
        deleted: bool = False,
    ) -> TimelineEvent:
        """Put an event on the timeline, happening at `at` (default: now).

        With the id of an event that is there already it is that event's new version; `deleted` takes it off.
        """
        self.state.position += 1
        event = TimelineEvent(
            event_id=event_id or str(workflow.uuid4()),
            event_type=event_type,
            event_time=at or workflow.now(),
            updated_time=workflow.now(),
            author=author,
            data={name: _storable(value) for name, value in data.items()},
            references=references or [],
            position=self.state.position,
            deleted=deleted,
        )
        self.timeline.append(event)
        self._fresh.append(event)
        self.changed()
        return event

    def changed(self) -> None:
        """Say that something which `records` tells has changed."""
        self._changes += 1

    @property
    def settled(self) -> bool:
        """Whether every fact is in the history."""
        return self._written == self._changes

    async def written(self) -> None:
        """Wait until all facts so far are written down: into the records too, unless PostgreSQL is away."""
        self._callers += 1
        try:
            await _until_everybody_has_acted()
            mark = self._changes
            await workflow.wait_condition(lambda: self._written >= mark)
        finally:
            self._callers -= 1

    async def saved(self) -> None:
        """Wait until the records hold everything, however long PostgreSQL stays away."""
        await workflow.wait_condition(lambda: self.settled and not self.state.behind)

    async def keep(self) -> None:
        """Write facts down as they come, for as long as the workflow lives."""
        while True:
            await workflow.wait_condition(lambda: not self.settled)
            await _until_everybody_has_acted()
            if self._pages_leaving():
                await self._let_pages_leave()
            await self._write_batch()

    async def _let_pages_leave(self) -> None:
        """Wait for the next workflow task: the outcome of a page at the latest, or `PAGE_FIRST` if somebody waits."""
        if not self._callers:
            await workflow.wait_condition(lambda: not self._pages_leaving())
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: not self._pages_leaving(), timeout=PAGE_FIRST)

    async def catch_up(self) -> None:
        """Save what PostgreSQL missed, whenever it was away."""
        while True:
            await workflow.wait_condition(lambda: self.state.behind)
            mark, events = self._changes, _first(self.state.unsaved, MAX_BATCH_BYTES)[:MAX_BATCH]
            batch = self._batch(events, self._records(True))
            try:
                await workflow.execute_activity_method(
                    RecordKeeping.save_records,
                    batch,
                    start_to_close_timeout=timedelta(seconds=10),
                    retry_policy=RetryPolicy(
                        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=5)
                    ),
                    summary=f"save {len(events)} events that PostgreSQL missed",
                )
            except ActivityError:
                continue
            self.state.unsaved = self.state.unsaved[len(events) :]
            self.state.behind = bool(self.state.unsaved) or self._changes > mark

    def carried(self) -> JournalState:
        """What a new run goes on with."""
        return self.state.model_copy(update={"unsaved": _first(self.state.unsaved, MAX_CARRIED_BYTES)})

    async def _write_batch(self) -> None:
        mark, events = self._changes, _first(self._fresh, MAX_BATCH_BYTES)[:MAX_BATCH]
        self._fresh = self._fresh[len(events) :]
        behind = self.state.behind
        rows = RecordBatch(subject_id=self._subject) if behind else self._records(False)
        written = await workflow.execute_local_activity_method(
            RecordKeeping.write_down,
            WriteDown(batch=self._batch(events, rows), try_database=not behind),
            start_to_close_timeout=timedelta(seconds=5),
            summary=f"{len(events)} timeline events",
        )
        if not written.saved:
            self.state.unsaved += events
            self.state.behind = True
        if not self._fresh:
            self._written = mark

    def _batch(self, events: list[TimelineEvent], rows: RecordBatch) -> RecordBatch:
        # By the clock, in microseconds: a worker may die between saving a batch and ending its workflow task, and
        # then the task is done anew, maybe with another outcome, which must win over what was saved.
        self.state.batches = max(self.state.batches + 1, int(workflow.now().timestamp() * 1_000_000))
        return rows.model_copy(update={"number": self.state.batches, "events": events})


async def _until_everybody_has_acted() -> None:
    """Let every coroutine that runs in this workflow task come to its next wait.

    Conditions are looked at when nothing else is left to run, so one that holds already is a way to be last.
    """
    await workflow.wait_condition(lambda: True)


def _first(events: list[TimelineEvent], most_bytes: int) -> list[TimelineEvent]:
    """The first events that fit, and at least one."""
    size = 0
    for number, event in enumerate(events):
        size += 300 + len(str(event.data).encode())
        if size > most_bytes and number:
            return events[:number]
    return events


def _storable(value: Any) -> Any:
    """The value without NUL characters, so that history and records hold the same (PostgreSQL stores none)."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value
