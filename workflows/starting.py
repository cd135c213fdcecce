"""Starting an accepted incident's workflow: by the client that accepted it, or by the worker's sweeper."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows import search_attributes
from workflows.incident import IncidentWorkflow
from workflows.inputs import IncidentInput
from workflows.summaries import label
from workflows.timeouts import TASK_TIMEOUT

PATIENCE = timedelta(seconds=10)
"""How long one call to Temporal may take."""


async def start_incident_workflow(client: Client, given: IncidentInput, *, task_queue: str) -> None:
    """Start it unless it has been started already. Raises RPCError while Temporal is away."""
    incident = given.incident
    try:
        await client.start_workflow(
            IncidentWorkflow.run,
            given,
            id=incident.incident_id,
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=TASK_TIMEOUT,
            rpc_timeout=PATIENCE,
            static_summary=label(incident.title),
            search_attributes=search_attributes.at_start(
                status=incident.status, impact=incident.impact, plan=incident.plan
            ),
        )
    except WorkflowAlreadyStartedError:
        return


async def start_late(client: Client, given: IncidentInput, *, task_queue: str) -> None:
    """Start what was accepted a while ago: who was on shift then may not be now, so the workflow asks."""
    await start_incident_workflow(client, given.model_copy(update={"on_call": {}}), task_queue=task_queue)
