"""The parts as `tocsin up` lays them out: PostgreSQL, Temporal on SQLite, a worker process per subject."""

import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import floor
from settings import Settings
from worker.migrate import prepare_services
from worker.stack.ports import HOST, choose_port
from worker.stack.postgres import EmbeddedPostgres
from worker.stack.processes import ChildProcess
from worker.stack.temporal import temporal_server

ROOT = Path(__file__).resolve().parents[1]
TOCSIN_WORKER = ("-m", "worker")
FLOOR_WORKER = ("-m", "benchmarks.floor")
TASK_QUEUE = "bench"
MAIL_FROM = "tocsin@bench.example"


@dataclass(frozen=True)
class Services:
    """What runs, and how to reach it."""

    tocsin: Settings
    floor: Settings
    temporal: ChildProcess
    tocsin_worker: ChildProcess
    floor_worker: ChildProcess
    postgres: EmbeddedPostgres


@asynccontextmanager
async def services(
    data: Path,
    smtp_url: str,
    *,
    tocsin_worker: Sequence[str] = TOCSIN_WORKER,
    floor_worker: Sequence[str] = FLOOR_WORKER,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Services]:
    """Everything started in `data`, an empty folder, and stopped at the end.

    tocsin_worker, floor_worker: arguments for Python that run them; environment: further variables of both.
    Call from the main thread.
    """
    with ExitStack() as started:
        postgres = EmbeddedPostgres(data)
        postgres.start()
        started.callback(postgres.stop)
        postgres.wait_until_ready()
        port = choose_port(0)
        temporal = temporal_server(
            port=port, log=data / "logs" / "temporal.log", database=data / "temporal.sqlite"
        )
        temporal.start()
        started.callback(temporal.stop)
        tocsin = Settings(
            data=data,
            database_url=postgres.database_url,
            temporal_address=f"{HOST}:{port}",
            task_queue=TASK_QUEUE,
            smtp_url=smtp_url,
            mail_from=MAIL_FROM,
        )
        bare = tocsin.model_copy(update={"task_queue": floor.TASK_QUEUE})
        await prepare_services(tocsin)
        further = environment or {}
        workers = (
            _worker("worker", tocsin_worker, tocsin, further),
            _worker("floor", floor_worker, bare, further),
        )
        for worker in workers:
            worker.start()
            started.callback(worker.stop)
        yield Services(tocsin, bare, temporal, *workers, postgres)


def process_id(process: ChildProcess) -> int:
    """Of a process that has been started; RuntimeError for another."""
    if process.pid is None:
        raise RuntimeError(f"{process.name} has not been started")
    return process.pid


def _worker(
    name: str, arguments: Sequence[str], settings: Settings, further: Mapping[str, str]
) -> ChildProcess:
    own = ("TOCSIN_", "TEMPORAL_", "DATABASE_URL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "TOCSIN_DATA": str(settings.data),
        "TOCSIN_TEMPORAL_ADDRESS": str(settings.temporal_address),
        "TOCSIN_TASK_QUEUE": settings.task_queue,
        "TOCSIN_SMTP_URL": str(settings.smtp_url),
        "TOCSIN_MAIL_FROM": settings.mail_from,
        "DATABASE_URL": settings.require_database_url(),
        **further,
    }
    log = settings.data / "logs" / f"{name}.log"
    return ChildProcess(
        name, [sys.executable, "-P", *arguments], log=log, environment=environment, stop_seconds=20.0
    )
