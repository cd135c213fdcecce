"""Published documents run for real: through the engine, against an account whose state is looked at afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner

from definitions.automation import coerce_parameters, load_document
from records.database import open_pool
from settings import Settings
from tests.aws.cloud import Cloud
from tests.aws.published import commands, databases, instances, storage  # noqa: F401 - they register cases
from tests.aws.published.cases import APPROVER, CASES, Case, State, load
from tests.aws.published.commands import BOSS
from tests.aws.published.functions import answer_invocations
from tests.aws.published.of_aws import OF_AWS
from worker.host import make_worker
from worker.stack.postgres import EmbeddedPostgres
from workflows.automation import AutomationWorkflow
from workflows.automation_messages import Decide
from workflows.inputs import AutomationInput

pytestmark = pytest.mark.xdist_group("published")
"""All in one process, where they run at the same time."""

PATIENCE = 40


@dataclass(frozen=True)
class Running:
    """An execution on its way, and its story, which waits for the end."""

    case: Case
    story: Generator[dict[str, Any], State, None]
    handle: WorkflowHandle[Any, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def worker(
    whole_cloud: Cloud,
    postgres: EmbeddedPostgres,
    template_database: str,
    temporal: Client,
    temporal_address: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[str]:
    """The task queue of a worker with a database of its own."""
    name, queue = f"test_{uuid4().hex}", f"test-{uuid4()}"
    admin = await asyncpg.connect(postgres.url_of("postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    settings = Settings(
        data=tmp_path_factory.mktemp("published"),
        database_url=postgres.url_of(name),
        temporal_address=temporal_address,
        task_queue=queue,
    )
    pool = await open_pool(settings.require_database_url())
    async with (
        httpx2.AsyncClient() as http,
        make_worker(temporal, pool, settings, http, workflow_runner=UnsandboxedWorkflowRunner()),
    ):
        yield queue
    await pool.close()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def executions(
    request: pytest.FixtureRequest, whole_cloud: Cloud, worker: str, temporal: Client
) -> dict[str, Running]:
    """All cases that are asked for, each with its own things in one account, begun at the same time."""
    asked = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    whole_cloud.reset()
    await asyncio.to_thread(fill, whole_cloud)
    running = {}
    for case in CASES:
        if case not in asked:
            continue
        story = case.story(whole_cloud)
        parameters = await asyncio.to_thread(next, story)
        document = load(case.document)
        coerce_parameters(load_document(document), parameters)
        execution = AutomationInput(
            execution_id=str(uuid4()),
            document_name=Path(case.document).stem,
            document=document,
            parameters=parameters,
            started_by="dora",
        )
        handle = await temporal.start_workflow(
            AutomationWorkflow.run, execution, id=execution.execution_id, task_queue=worker
        )
        running[case.name] = Running(case, story, handle)
    return running


def fill(cloud: Cloud) -> None:
    """What all documents find, and what moto lacks."""
    cloud.role()
    answer_invocations(cloud)
    cloud.front.say_command_outcome()
    node = {"PingStatus": "Online", "PlatformType": "Linux", "PlatformName": "Debian", "AgentVersion": "3"}
    cloud.front.say("DescribeInstanceInformation", {"InstanceInformationList": [node]})
    cloud.front.say("DescribeInstancePatchStatesForPatchGroup", {"InstancePatchStates": []})
    for name, document in OF_AWS.items():
        content = json.dumps(document | {"schemaVersion": "0.3"})
        cloud.client("ssm").create_document(Name=name, DocumentType="Automation", Content=content)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_published_document_does_what_it_says(
    case: Case, executions: dict[str, Running], whole_cloud: Cloud
) -> None:
    running = executions[case.name]
    async with asyncio.timeout(PATIENCE):
        if case.approved:
            await approve(running.handle)
        await running.handle.result()
        state = await running.handle.query("state")
    assert state["status"] == case.ends, state["failure_message"]
    await asyncio.to_thread(see_how_it_ended, running, state)


def see_how_it_ended(running: Running, state: State) -> None:
    with pytest.raises(StopIteration):
        running.story.send(state)


async def approve(handle: WorkflowHandle[Any, Any]) -> None:
    """Say yes as soon as somebody is asked."""
    while True:
        state = await handle.query("state")
        waiting = [step for step in state.get("steps", []) if step["status"] == "Waiting"]
        if waiting:
            break
        await asyncio.sleep(0.1)
    author = BOSS if BOSS in waiting[0]["inputs"]["Approvers"] else APPROVER
    await handle.execute_update("approve", Decide(author=author))


def test_most_of_the_published_documents_are_run() -> None:
    assert len({case.document for case in CASES}) >= 30
