"""The whole stack: what is started, in which order, and when it counts as ready."""

import asyncio
import os
import sys
import time
from pathlib import Path

import httpx2
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from records import tokens
from records.database import connect
from settings import Settings, StackFile
from settings.stack_file import write_private
from settings.temporal import connect_temporal, connection
from worker.migrate import prepare_services
from worker.stack.errors import StackError
from worker.stack.ports import HOST, NEIGHBOURS, await_free
from worker.stack.postgres import EmbeddedPostgres
from worker.stack.processes import ChildProcess
from worker.stack.supervisor import Supervisor
from worker.stack.temporal import temporal_server

TEMPORAL_SECONDS = 30.0
READY_SECONDS = 60.0
ROUND_SECONDS = 0.1
STARTS_BEFORE_GIVING_UP = 3
FIRST_TOKEN = "api_token"  # noqa: S105 - a file name
PACKAGES = Path(__file__).resolve().parents[2]


class Stack:
    """PostgreSQL, Temporal, worker and server, less what the settings say is external.

    Call from the main thread only: the children's lives hang on it.
    """

    def __init__(self, settings: Settings, *, port: int) -> None:
        self._data = settings.data
        self._port = port
        self._settings = settings
        self._supervisor = Supervisor()
        self._postgres: EmbeddedPostgres | None = None
        self._temporal_ui: str | None = None

    def bring_up(self) -> StackFile:
        """Starts everything and returns once it serves, with the stack file written.

        Raises StackError and SETUP_ERRORS.
        """
        StackFile.remove(self._data)  # left by a stack that was killed
        await_free(self._port, 1 if self._settings.temporal_is_external else NEIGHBOURS)
        if not self._settings.temporal_is_external:
            self._start_temporal()
        if self._settings.database_url is None:
            self._start_postgres()
        token = asyncio.run(self._prepare())
        worker = self._start_own("worker")
        server = self._start_own("server")
        asyncio.run(self._wait_until_serving(worker, server))
        file = StackFile(
            server=self._server_url,
            temporal=connection(self._settings)["target_host"],
            temporal_ui=self._temporal_ui,
            database_url=self._settings.require_database_url(),
            api_token=token,
        )
        file.write(self._data)
        return file

    def watch(self) -> None:
        """Restarts what dies, until KeyboardInterrupt."""
        while True:
            self._supervisor.restart_ended()
            time.sleep(ROUND_SECONDS)

    def take_down(self) -> None:
        """Stops server, worker, Temporal, PostgreSQL in this order, and removes the stack file."""
        StackFile.remove(self._data)
        self._supervisor.stop()
        if self._postgres is not None:
            self._postgres.stop()

    @property
    def _server_url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def _logs(self) -> Path:
        return self._data / "logs"

    def _start_postgres(self) -> None:
        self._postgres = EmbeddedPostgres(self._data, log=self._logs / "postgres.log")
        self._postgres.start()
        self._postgres.wait_until_ready()
        # PostgreSQL stops last, so it is watched as if it had been started first.
        self._supervisor.adopt(self._postgres.process, first=True)
        self._settings = self._settings.model_copy(update={"database_url": self._postgres.database_url})

    def _start_temporal(self) -> None:
        port, ui_port = self._port + 1, self._port + 2
        server = temporal_server(
            port=port,
            ui_port=ui_port,
            log=self._logs / "temporal.log",
            database=self._data / "temporal.sqlite",
        )
        self._supervisor.start(server)
        self._temporal_ui = f"http://{HOST}:{ui_port}"
        self._settings = self._settings.model_copy(update={"temporal_address": f"{HOST}:{port}"})

    def _start_own(self, name: str) -> ChildProcess:
        # -P: a folder called `worker` where the user happens to stand is not ours.
        command = [sys.executable, "-P", "-m", name]
        child = ChildProcess(
            name, command, log=self._logs / f"{name}.log", environment=self._environment(), stop_seconds=20.0
        )
        self._supervisor.start(child)
        return child

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        path = [str(PACKAGES), *filter(None, [environment.get("PYTHONPATH")])]
        environment |= {
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONUNBUFFERED": "1",
            "TOCSIN_DATA": str(self._data),
            "TOCSIN_HOST": HOST,
            "TOCSIN_PORT": str(self._port),
            "DATABASE_URL": self._settings.require_database_url(),
        }
        if self._settings.temporal_address is not None:
            environment["TOCSIN_TEMPORAL_ADDRESS"] = self._settings.temporal_address
        if "public_url" not in self._settings.model_fields_set:
            environment["TOCSIN_PUBLIC_URL"] = self._server_url
        return environment

    async def _prepare(self) -> str:
        """Schema, search attributes and the API token: the kept one, or a new one."""
        await prepare_services(self._settings, patience=TEMPORAL_SECONDS)
        kept = read_token(self._data)
        database = await connect(self._settings.require_database_url())
        try:
            if kept is not None and await tokens.verify(database, kept) is not None:
                return kept
            token = await tokens.create(database, "tocsin up")
        finally:
            await database.close()
        write_private(self._data / FIRST_TOKEN, token + "\n")
        return token

    async def _wait_until_serving(self, worker: ChildProcess, server: ChildProcess) -> None:
        deadline = time.monotonic() + READY_SECONDS
        temporal = await connect_temporal(self._settings, patience=TEMPORAL_SECONDS)
        async with httpx2.AsyncClient(base_url=self._server_url, trust_env=False, timeout=3.0) as http:
            while not (await self._polls(temporal, worker) and await _is_healthy(http)):
                self._supervisor.restart_ended()
                for child in (worker, server):
                    if self._supervisor.failures(child) >= STARTS_BEFORE_GIVING_UP:
                        raise StackError(
                            f"the {child.name} {child.ending}, see {child.log}:{child.log_tail()}"
                        )
                if time.monotonic() > deadline:
                    raise StackError(f"not ready after {READY_SECONDS:.0f} s, see the logs in {self._logs}")
                await asyncio.sleep(ROUND_SECONDS)

    async def _polls(self, temporal: Client, worker: ChildProcess) -> bool:
        """Whether this very worker process asks Temporal for work."""
        answer = await temporal.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=temporal.namespace,
                task_queue=TaskQueue(name=self._settings.task_queue),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            )
        )
        return any(poller.identity.startswith(f"{worker.pid}@") for poller in answer.pollers)


def read_token(data: Path) -> str | None:
    """The first API token in plain text, kept so that every run of the stack hands out the same."""
    try:
        return (data / FIRST_TOKEN).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


async def _is_healthy(http: httpx2.AsyncClient) -> bool:
    try:
        answer = await http.get("/health")
    except httpx2.HTTPError:
        return False
    return answer.status_code == 200
