"""Starting the watch over a schedule's hand-offs, and telling it that definitions have changed."""

from collections.abc import Collection
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from definitions.catalog import Catalog
from workflows.hand_offs import HandOffsWorkflow, WatchHandOffs
from workflows.timeouts import TASK_TIMEOUT

PATIENCE = timedelta(seconds=3)
"""How long one call to Temporal may take."""

CHANGED = "definitions_changed"


def workflow_id(schedule: str) -> str:
    """The id of the workflow that watches a schedule."""
    return f"hand-offs-{schedule}"


def notifying(catalog: Catalog, names: Collection[str] | None = None) -> set[str]:
    """The schedules whose people are told of hand-offs; with `names` those for which one of these matters."""
    found = set()
    for schedule in catalog.on_call_schedules.values():
        rotations = [catalog.rotations[name] for name in schedule.rotations]
        people = {alias for rotation in rotations for alias in rotation.contacts}
        people |= {alias for one in rotations for override in one.overrides for alias in override.contacts}
        concerned = {schedule.name, *schedule.rotations, *people}
        if schedule.notify_hand_offs and (names is None or not concerned.isdisjoint(names)):
            found.add(schedule.name)
    return found


async def watch(client: Client, schedule: str, *, task_queue: str) -> None:
    """Have a schedule watched, if it is not yet. Raises RPCError while Temporal is away."""
    await client.start_workflow(
        HandOffsWorkflow.run,
        WatchHandOffs(schedule=schedule),
        id=workflow_id(schedule),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        task_timeout=TASK_TIMEOUT,
        rpc_timeout=PATIENCE,
        static_summary=f"hand-offs of {schedule}"[:200],
    )


async def tell_definitions_changed(client: Client, schedule: str, *, begin: bool, task_queue: str) -> None:
    """Have the watch look again at once; with `begin` it is started if it is not there. Raises RPCError."""
    if begin:
        await watch(client, schedule, task_queue=task_queue)
    try:
        await client.get_workflow_handle(workflow_id(schedule)).signal(CHANGED, rpc_timeout=PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
