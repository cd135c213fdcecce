"""The floor: what Temporal itself takes to hand one page over, with nothing around it.

A workflow runs one activity, which mails by the same function as Tocsin's pager, and waits. Its worker is a
process of the same kind as Tocsin's: `python -m benchmarks.floor`, configured by the same environment.
"""

import asyncio
import signal
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

with workflow.unsafe.imports_passed_through():
    from activities.paging import email
    from activities.paging.messages import Delivery, PageMessage
    from activities.paging.pages import page_letter
    from settings import Settings, SmtpServer
    from settings.temporal import connect_temporal
    from worker.host import STICKY

TASK_QUEUE = "floor"


class BarePager:
    """The activity, without heartbeats, channels or secrets."""

    def __init__(self, smtp: SmtpServer, sender: str) -> None:
        self._smtp = smtp
        self._sender = sender

    @activity.defn
    async def hand_over(self, message: PageMessage) -> Delivery:
        """Mail the page."""
        return await email.send(page_letter(message, None, "")[0], self._smtp, self._sender)


@workflow.defn
class FloorWorkflow:
    """Pages once, then waits to be ended."""

    def __init__(self) -> None:
        self._ended = False

    @workflow.run
    async def run(self, message: PageMessage) -> None:
        """Hand the page over and wait for `end`."""
        await workflow.execute_activity_method(
            BarePager.hand_over, message, start_to_close_timeout=timedelta(seconds=60)
        )
        await workflow.wait_condition(lambda: self._ended)

    @workflow.signal
    def end(self) -> None:
        """Stop waiting."""
        self._ended = True


async def host() -> None:
    """Run the floor's worker until SIGTERM."""
    settings = Settings.load()
    if settings.smtp is None:
        raise SystemExit("the floor's worker needs TOCSIN_SMTP_URL")
    told_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.set)
    client = await connect_temporal(settings, patience=60.0)
    pager = BarePager(settings.smtp, settings.mail_from)
    async with Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[FloorWorkflow],
        activities=[pager.hand_over],
        workflow_runner=UnsandboxedWorkflowRunner(),
        sticky_queue_schedule_to_start_timeout=STICKY,
    ):
        await told_to_stop.wait()


if __name__ == "__main__":
    asyncio.run(host())
