"""The worker: hosts workflows and activities on one task queue."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.activation import ActivationCodes
from activities.archive import Archive
from activities.automation.effects import Outside, step_activities
from activities.automation.executions import Executions
from activities.automation.lookups import Lookups
from activities.hand_offs import HandOffs
from activities.http_client import http_client
from activities.on_call import OnCall
from activities.paging.pager import Pager
from activities.record_keeping import RecordKeeping
from records.database import Pool, open_pool
from settings import Settings
from settings.temporal import connect_temporal
from worker.hand_offs import keep_watching
from worker.sweeper import sweep
from workflows.automation import AutomationWorkflow
from workflows.hand_offs import HandOffsWorkflow
from workflows.incident import IncidentWorkflow
from workflows.notices import ActivationWorkflow, NoticeWorkflow
from workflows.rate_control import RateControlWorkflow
from workflows.stand_alone import EngagementWorkflow

WORKFLOWS = [
    IncidentWorkflow,
    EngagementWorkflow,
    AutomationWorkflow,
    RateControlWorkflow,
    NoticeWorkflow,
    ActivationWorkflow,
    HandOffsWorkflow,
]

PASSED_THROUGH = (
    "activities",
    "definitions",
    "records",
    "workflows.automation_messages",
    "workflows.inputs",
    "workflows.messages",
    "workflows.search_attributes",
    "pydantic",
    "pydantic_core",
    "httpx2",
    "regex",
    "jsonpath",
)
"""Models, pure modules, and modules that workflows use only the signatures of: loaded once.

Every other module is run anew for each workflow by the sandbox, and making one pydantic model takes milliseconds.
"""

STICKY = timedelta(seconds=2)
"""How long a workflow waits for the worker that knows it, before any other takes over."""

WRITERS = 4
"""Batches of facts written at the same time: in a burst, pages must not wait for a hundred writers' processor time."""

DRAIN = timedelta(seconds=10)
"""How long pages that are being handed over may take when the worker is asked to stop."""

LAST_WORDS = 5.0
"""Seconds that PostgreSQL may take at the end, in case it hangs."""


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox that keeps workflow code deterministic: the suite runs every workflow in it.

    Production does not: it triples the processor time of an incident (docs/decisions/0004).
    """
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


def make_worker(
    client: Client,
    pool: Pool,
    settings: Settings,
    http: httpx2.AsyncClient,
    *,
    workflow_runner: WorkflowRunner,
) -> Worker:
    """A worker with every workflow and activity, wired to the outside."""
    pager, records, calendar = Pager(settings, http, pool), RecordKeeping(pool), OnCall(pool)
    codes = ActivationCodes(pool, pager)
    lookups, executions = Lookups(), Executions(pool)
    outside = Outside(http=http, read_secret=settings.secret, records=pool)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=[
            pager.send_page,
            pager.send_notice,
            codes.send_activation_code,
            records.write_down,
            records.save_records,
            calendar.who_is_on_call,
            calendar.is_it_working_hours,
            HandOffs(pool).look_at_hand_offs,
            Archive(pool, client).archive_history,
            lookups.identify_account,
            lookups.read_parameter_store,
            lookups.resolve_targets,
            lookups.find_aws_document,
            lookups.tell_approvers,
            executions.find_runbook,
            executions.read_execution,
            *step_activities(outside),
        ],
        workflow_runner=workflow_runner,
        sticky_queue_schedule_to_start_timeout=STICKY,
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        max_concurrent_local_activities=WRITERS,
        graceful_shutdown_timeout=DRAIN,
    )


@asynccontextmanager
async def hosting(settings: Settings) -> AsyncIterator[Worker]:
    """A running worker with its connections, all closed at the end."""
    client = await connect_temporal(settings, patience=60.0)
    pool = await open_pool(settings.require_database_url())
    try:
        async with (
            http_client() as http,
            make_worker(client, pool, settings, http, workflow_runner=UnsandboxedWorkflowRunner()) as worker,
        ):
            rounds = {
                asyncio.create_task(sweep(client, pool, task_queue=settings.task_queue)),
                asyncio.create_task(keep_watching(client, pool, task_queue=settings.task_queue)),
            }
            try:
                yield worker
            finally:
                for task in rounds:
                    task.cancel()
                await asyncio.wait(rounds, timeout=LAST_WORDS)
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await pool.close()


async def run_worker(settings: Settings) -> None:
    """Host until cancelled; what is being handed over is finished first."""
    async with hosting(settings):
        await asyncio.Event().wait()
