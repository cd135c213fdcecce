"""The benchmark of runbooks: what a step costs, many executions at once, and Prefect beside them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.machine import load, machine
from benchmarks.report import show, write
from benchmarks.runbook_bursts import BurstCost, measure_bursts
from benchmarks.runbook_documents import MIX, Kind, write_runbooks
from benchmarks.runbook_floor import ENDPOINT
from benchmarks.runbook_prefect import NoPrefectError, PrefectCost, install, measure_prefect
from benchmarks.runbook_report import tables, verdicts
from benchmarks.runbook_steps import KindResult, measure_steps
from benchmarks.runbook_subjects import BareRunner, TocsinRunner
from benchmarks.services import ROOT, Services, process_id, services
from client import Tocsin
from settings.temporal import connect_temporal
from worker.stack.ports import HOST, choose_port
from worker.stack.processes import ChildProcess

FLOOR_WORKER = ("-m", "benchmarks.runbook_floor")
NO_MAIL = f"smtp://{HOST}:9?starttls=never"
BURST_ROUNDS = 2
"""At most: a burst is long enough to be steady."""

AS_CODE = tuple(kind for kind in MIX if kind not in (Kind.BRANCH, Kind.VARIABLE))
"""The mixture as somebody would write it by hand: branches and variables are Python."""


async def bench(data: Path, rounds: int, what: str, console: Console) -> None:
    """Measure, print and write down."""
    at, load_before = datetime.now(UTC), load()
    with _endpoint(data) as endpoint:
        environment = {
            ENDPOINT: endpoint,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        # Installed before anything is measured, and run when all else has ended.
        python = _prefect_python(console)
        async with services(data, NO_MAIL, floor_worker=FLOOR_WORKER, environment=environment) as running:
            steps, bursts = await _measure(running, write_runbooks(data, endpoint), rounds, console)
            facts = machine(running.postgres) | {"load before": load_before, "load after": load()}
        beside = await _prefect(python, data, environment)
    grids, told = tables(steps, bursts, beside), verdicts(steps, bursts)
    show(grids, told, console)
    numbers = {
        "steps": [asdict(one) for one in steps],
        "bursts": [asdict(one) for one in bursts],
        "prefect": beside if isinstance(beside, str) else asdict(beside),
    }
    path = write(grids, told, numbers, facts, what=what, at=at)
    console.print(f"written to {path.parent.name}/{path.name}")


async def _measure(
    running: Services, runbooks: Path, rounds: int, console: Console
) -> tuple[list[KindResult], list[BurstCost]]:
    temporal = await connect_temporal(running.tocsin, patience=20.0)
    async with await Tocsin.connect(running.tocsin, author="bench") as tocsin:
        await tocsin.apply([runbooks])
        bare = process_id(running.floor_worker)
        floor = BareRunner("floor", temporal, bare, MIX)
        by_hand = BareRunner("floor without activities that do nothing", temporal, bare, AS_CODE)
        ours = TocsinRunner(tocsin, process_id(running.tocsin_worker))
        steps = await measure_steps(ours, floor, temporal, rounds=rounds, say=console.print)
        burst_rounds = min(rounds, BURST_ROUNDS)
        bursts = await measure_bursts([floor, by_hand, ours], rounds=burst_rounds, say=console.print)
    return steps, bursts


def _prefect_python(console: Console) -> Path | NoPrefectError:
    console.print("Prefect is installed, if it is not yet")
    try:
        return install()
    except NoPrefectError as error:
        return error


async def _prefect(
    python: Path | NoPrefectError, data: Path, environment: dict[str, str]
) -> PrefectCost | str:
    if isinstance(python, NoPrefectError):
        return str(python)
    try:
        return await measure_prefect(python, data, environment)
    except NoPrefectError as error:
        return str(error)


@contextmanager
def _endpoint(data: Path) -> Iterator[str]:
    """The address of the far end, while it runs."""
    port = choose_port(0)
    far_end = ChildProcess(
        "endpoint",
        [sys.executable, "-m", "benchmarks.runbook_endpoint", str(port)],
        log=data / "logs" / "endpoint.log",
        environment={"PYTHONPATH": str(ROOT)},
    )
    far_end.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        far_end.stop()
