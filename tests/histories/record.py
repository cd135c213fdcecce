"""Records the histories that `test_replay.py` replays: `python -m tests.histories.record`.

Run it when workflows gain a behaviour that no recorded history shows; it replaces what was recorded here before. Move
the old files into a folder of their version once that has been released: incidents that it started are still open
somewhere, and folders in here are replayed too. Takes about two minutes. `--into FOLDER` writes elsewhere; names
of scenes record only those.
"""

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from temporalio.client import WorkflowHistory

from client import Tocsin
from client.history import history_runs
from records.database import open_pool
from records.migrations import migrate
from settings import Settings
from settings.temporal import connect_temporal
from tests.engagement.outage import Outage
from tests.histories.scenes import DEFINITIONS, SCENES
from tests.histories.stage import Stage
from tests.mailbox import MailServer
from worker.host import make_worker, sandbox
from worker.search_attributes import register_search_attributes
from worker.stack.ports import HOST, choose_port
from worker.stack.postgres import EmbeddedPostgres
from worker.stack.temporal import temporal_server

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent

NOT_OURS = re.compile(r'"(identity|stackTrace)":\s*"(?:[^"\\]|\\.)*"')
"""Names of machines, and traces full of paths; no workflow sees either."""


async def record(folder: Path, wanted: Sequence[str]) -> list[Path]:
    """Play the scenes (all, unless some are wanted) and write the history of each run; the files written."""
    written = []
    with tempfile.TemporaryDirectory(prefix="tocsin-histories-") as scratch:
        async with _stage(Path(scratch)) as stage:
            for scene in SCENES:
                if wanted and scene.__name__ not in wanted:
                    continue
                workflow_ids = await scene(stage)
                _forget(folder, scene.__name__)
                numbers: Counter[str] = Counter()
                for workflow_id in workflow_ids:
                    for _, history in await history_runs(stage.tocsin.temporal, workflow_id):
                        written.append(_write(folder, scene.__name__, numbers, history))
    return written


def _forget(folder: Path, scene: str) -> None:
    """What was recorded before may have had more runs."""
    for old in folder.glob(f"{scene}-*.json"):
        old.unlink()


def _write(folder: Path, scene: str, numbers: Counter[str], history: WorkflowHistory) -> Path:
    workflow = history.events[0].workflow_execution_started_event_attributes.workflow_type.name
    path = folder / f"{scene}-{workflow}-{numbers[workflow]}.json"
    numbers[workflow] += 1
    events = NOT_OURS.sub(r'"\1": ""', history.to_json())
    kept = {"workflowId": history.workflow_id, **json.loads(events)}
    path.write_text(json.dumps(kept, separators=(",", ":")) + "\n")
    return path


@asynccontextmanager
async def _stage(scratch: Path) -> AsyncIterator[Stage]:
    """PostgreSQL, Temporal, a worker and a mail server of their own, gone afterwards."""
    (scratch / "postgres").mkdir()
    postgres = EmbeddedPostgres(scratch / "postgres")
    port, mail = choose_port(0), MailServer()
    temporal = temporal_server(port=port, log=scratch / "temporal.log")
    try:
        postgres.start()
        temporal.start()
        await mail.start()
        postgres.wait_until_ready()
        await migrate(postgres.database_url)
        settings = Settings(
            data=scratch,
            database_url=postgres.database_url,
            temporal_address=f"{HOST}:{port}",
            smtp_url=mail.url,
            mail_from="tocsin@shop.example",
        )
        async with _worker(settings) as tocsin:
            definitions = scratch / "definitions.yaml"
            definitions.write_text(DEFINITIONS)
            await tocsin.apply([definitions])
            outage = Outage(postgres.database_url, postgres.url_of("template1"))
            yield Stage(tocsin, mail.mailbox, outage, settings.task_queue)
    finally:
        await mail.stop()
        temporal.stop()
        postgres.stop()


@asynccontextmanager
async def _worker(settings: Settings) -> AsyncIterator[Tocsin]:
    temporal = await connect_temporal(settings, patience=20)
    await register_search_attributes(temporal)
    pool = await open_pool(settings.require_database_url())
    try:
        async with (
            httpx2.AsyncClient() as http,
            make_worker(temporal, pool, settings, http, workflow_runner=sandbox()),
        ):
            yield Tocsin(pool=pool, temporal=temporal, author="chi", task_queue=settings.task_queue)
    finally:
        await pool.close()


def main() -> None:
    """Record, and say what was written."""
    arguments = argparse.ArgumentParser(prog="python -m tests.histories.record", description=__doc__)
    arguments.add_argument("--into", type=Path, default=FOLDER, metavar="FOLDER")
    arguments.add_argument("scenes", nargs="*", metavar="SCENE")
    given = arguments.parse_args()
    for path in asyncio.run(record(given.into, given.scenes)):
        print(path.name)


if __name__ == "__main__":
    main()
