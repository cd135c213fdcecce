"""Watching one on-call schedule, so that people hear when their shift begins and when it has ended."""

import asyncio
import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.paging import hand_over_notice

with workflow.unsafe.imports_passed_through():
    from activities.hand_offs import HandOffAnswer, HandOffQuestion, HandOffs, Telling
    from activities.paging.messages import Notice, Outcome
    from records.base import Record

ROUNDS = 200
"""About a week, looking once an hour."""

TRIES = 5
FIRST_PAUSE = timedelta(minutes=1)
"""How often a notice that is not taken is handed over, and the first pause, which doubles each time."""

LONGEST_PAUSE = timedelta(minutes=30)
"""The most patience that a provider gets."""

SLOWEST_LOOK = timedelta(seconds=20)
LOOKING = RetryPolicy(maximum_interval=timedelta(seconds=30))


class WatchHandOffs(Record):
    """The schedule to watch, and who has been told to be on call (None: nobody has looked yet).

    `rounds` is the number of looks after which the workflow continues as new.
    """

    schedule: str
    on_call: list[str] | None = None
    rounds: int = ROUNDS


@workflow.defn
class HandOffsWorkflow:
    """Looks at the calendar whenever it changes, tells those who come and go, and ends when nobody wants that."""

    @workflow.init
    def __init__(self, given: WatchHandOffs) -> None:
        """The signal may come before `run`."""
        self._given = given
        self._changed = False
        self._telling: set[asyncio.Task[None]] = set()

    @workflow.run
    async def run(self, given: WatchHandOffs) -> None:
        """Look, tell, sleep until somebody comes or goes, an hour has passed, or definitions have changed."""
        looks = 0
        while looks < given.rounds or self._telling:  # others come and go while somebody is told
            looks += 1
            self._changed = False
            answer = await self._look()
            if not answer.watched:
                await self._all_told()
                if not self._changed:
                    return
                continue
            self._given.on_call = answer.on_call
            for telling in answer.tellings:
                task = asyncio.create_task(self._tell(telling))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
            if workflow.info().is_continue_as_new_suggested():
                break
            await self._sleep(answer)
        await self._all_told()
        workflow.continue_as_new(self._given)

    @workflow.signal
    def definitions_changed(self) -> None:
        """The schedule, one of its rotations or somebody's channels may be others now."""
        self._changed = True

    async def _look(self) -> HandOffAnswer:
        question = HandOffQuestion(
            schedule=self._given.schedule, at=workflow.now(), on_call=self._given.on_call
        )
        return await workflow.execute_activity_method(
            HandOffs.look_at_hand_offs,
            question,
            start_to_close_timeout=SLOWEST_LOOK,
            retry_policy=LOOKING,
        )

    async def _sleep(self, answer: HandOffAnswer) -> None:
        again = answer.look_again_at or workflow.now()
        pause = max(again - workflow.now(), timedelta(0))
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._changed, timeout=pause, timeout_summary="somebody may come or go"
            )

    async def _tell(self, telling: Telling) -> None:
        """Tell one person, on the first channel that takes it. A shift begins all the same if none does."""
        for notice in telling.notices:
            if await self._send(notice):
                return
        workflow.logger.warning("%s could not be told of a hand-off", telling.contact)

    async def _send(self, notice: Notice) -> bool:
        pause = FIRST_PAUSE
        for _ in range(TRIES):
            delivery = await hand_over_notice(notice)
            if delivery.outcome not in (Outcome.RETRY, Outcome.HELD):
                return delivery.outcome is not Outcome.REJECTED
            await workflow.sleep(max(pause, min(delivery.retry_after or pause, LONGEST_PAUSE)))
            pause *= 2
        return False

    async def _all_told(self) -> None:
        await workflow.wait_condition(lambda: not self._telling)
