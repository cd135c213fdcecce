"""`tocsin up`: what it promises about its processes, its data folder and its files."""

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import asyncpg
import httpx2
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from settings import Settings, StackFile
from settings.temporal import connect_temporal
from tests.stack.running import RunningStack, descendants, eventually
from worker.stack.postgres import find_binaries
from worker.stack.sockets import LONGEST_FOLDER, SocketFolder

pytestmark = pytest.mark.timeout(90)

RunStack = Callable[..., RunningStack]


@pytest.fixture
def run_stack() -> Iterator[RunStack]:
    """Starts stacks; whatever is left of them at the end of the test is ended."""
    started: list[RunningStack] = []

    def run(data: Path, *, port: int = 0, environment: dict[str, str] | None = None) -> RunningStack:
        started.append(RunningStack(data, port=port, environment=environment))
        return started[-1]

    yield run
    for stack in started:
        stack.end()


@pytest.fixture(scope="module")
def standing_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack for tests that only look at it."""
    stack = RunningStack(tmp_path_factory.mktemp("standing") / "data")
    stack.wait_until_up()
    yield stack
    stack.end()


async def sql(file: StackFile, statement: str) -> object:
    connection = await asyncpg.connect(file.database_url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def client_of(file: StackFile, data: Path) -> Client:
    return await connect_temporal(Settings(data=data, temporal_address=file.temporal))


def health(file: StackFile) -> int:
    return httpx2.get(f"{file.server}/health", trust_env=False).status_code


async def test_up_stop_and_up_again_keeps_data_and_token(data: Path, run_stack: RunStack) -> None:
    first_run = run_stack(data)
    first = first_run.wait_until_up()
    assert health(first) == 200
    assert httpx2.get(str(first.temporal_ui), trust_env=False, follow_redirects=True).status_code == 200
    await sql(first, "CREATE TABLE kept AS SELECT 42 AS n")
    client = await client_of(first, data)
    await client.start_workflow("Waits", id="open-incident", task_queue="nobody")
    children = descendants(first_run.process.pid)

    assert first_run.interrupt() == 0
    assert not (data / "stack.json").exists()
    assert [seen.command for seen in children if seen.alive] == []

    second_run = run_stack(data)
    second = second_run.wait_until_up()
    assert second.api_token == first.api_token
    assert await sql(second, "SELECT n FROM kept") == 42
    described = await (await client_of(second, data)).get_workflow_handle("open-incident").describe()
    assert described.status is WorkflowExecutionStatus.RUNNING


async def test_a_killed_up_leaves_no_orphan_and_the_next_up_has_lost_nothing(
    data: Path, run_stack: RunStack
) -> None:
    killed = run_stack(data)
    file = killed.wait_until_up()
    client = await client_of(file, data)
    await client.start_workflow("Waits", id="open-incident", task_queue="nobody")
    await sql(file, "CREATE TABLE kept AS SELECT 42 AS n")
    children = descendants(killed.process.pid)
    assert len(children) > 4

    killed.kill()
    next_run = run_stack(data)  # at once: the old PostgreSQL may still hold its lock file
    assert eventually(lambda: not any(seen.alive for seen in children))
    next_file = next_run.wait_until_up()
    assert await sql(next_file, "SELECT n FROM kept") == 42
    described = await (await client_of(next_file, data)).get_workflow_handle("open-incident").describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert next_file.api_token == file.api_token
    assert next_file.server != file.server


async def test_whatever_dies_is_started_again(data: Path, run_stack: RunStack) -> None:
    stack = run_stack(data)
    file = stack.wait_until_up()
    for program in ("-m worker", "-m server", "temporal server", "bin/postgres"):
        victim = stack.child(program)
        os.kill(victim.pid, signal.SIGKILL)
        assert eventually(partial(stack.replaced, victim, program)), program

    async def healthy() -> bool:
        try:
            answer = await asyncio.to_thread(health, file)
        except httpx2.HTTPError:
            return False
        return answer == 200 and await sql(file, "SELECT 1") == 1

    for _ in range(100):
        if await healthy():
            break
        await asyncio.sleep(0.1)
    assert await healthy()
    assert "worker was ended by SIGKILL; starting it again" in stack.output
    assert stack.interrupt() == 0


def test_a_second_up_on_the_same_folder_is_refused_and_the_first_runs_on(
    standing_stack: RunningStack, run_stack: RunStack
) -> None:
    data = standing_stack.data
    file = StackFile.read(data)
    second = run_stack(data)
    assert second.process.wait(20) == 1
    assert f"a stack already runs on {data} (process {standing_stack.process.pid})" in second.output
    assert file is not None
    assert StackFile.read(data) == file
    assert health(file) == 200


def test_the_data_folder_is_private(standing_stack: RunningStack) -> None:
    data = standing_stack.data
    open_to_others = [
        path for path in data.rglob("*") if not path.is_socket() and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "stack.json").stat().st_mode & 0o777 == 0o600


def test_the_stack_file_names_every_address_and_the_token(standing_stack: RunningStack) -> None:
    addresses = json.loads((standing_stack.data / "stack.json").read_text())
    assert list(addresses) == ["server", "temporal", "temporal_ui", "database_url", "api_token"]
    for text in (
        addresses["server"],
        addresses["temporal"],
        addresses["temporal_ui"],
        addresses["api_token"],
    ):
        assert text in standing_stack.output


def test_psql_understands_the_database_url(standing_stack: RunningStack) -> None:
    file = StackFile.read(standing_stack.data)
    assert file is not None
    done = subprocess.run(
        [find_binaries() / "psql", file.database_url, "-Atc", "SELECT name FROM api_tokens"],
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert done.stdout == "tocsin up\n"


def test_with_external_services_only_worker_and_server_start(
    data: Path, run_stack: RunStack, database_url: str, temporal: Client
) -> None:
    address = temporal.service_client.config.target_host
    stack = run_stack(data, environment={"DATABASE_URL": database_url, "TEMPORAL_ADDRESS": address})
    file = stack.wait_until_up()
    assert (file.database_url, file.temporal, file.temporal_ui) == (database_url, address, None)
    assert len(descendants(stack.process.pid)) == 2
    assert stack.has_child("-m worker")
    assert stack.has_child("-m server")
    assert stack.interrupt() == 0


def test_a_taken_port_is_named_and_nothing_stays_behind(data: Path, run_stack: RunStack) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run_stack(data, port=port)
        assert refused.process.wait(30) == 1
    assert f"port {port} is in use" in refused.output
    assert not (data / "stack.json").exists()


def test_an_external_database_that_is_away_is_said_to_be_away(data: Path, run_stack: RunStack) -> None:
    refused = run_stack(data, environment={"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/tocsin"})
    assert refused.process.wait(30) == 1
    assert "PostgreSQL does not answer" in refused.output
    assert "hunter2" not in refused.output
    assert not (data / "stack.json").exists()


def test_a_folder_whose_name_means_something_to_postgresql_gets_a_plain_socket_folder() -> None:
    assert SocketFolder(Path("/srv/tocsin")).path == Path("/srv/tocsin/run")
    for name in ("/srv/one,two", "/srv/o'clock", "/srv/my data", "/srv/glöckchen"):
        assert SocketFolder(Path(name)).path.name.startswith("tocsin-")


def test_a_deep_data_folder_gets_a_short_private_socket_folder(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    folder = SocketFolder(deep)
    folder.prepare()
    assert len(str(folder.path)) <= LONGEST_FOLDER
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert SocketFolder(deep).path == folder.path
    folder.remove()
    assert not folder.path.exists()
