"""The benchmark of incidents: bursts of them against the floor, and crowds that escalate."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.escalations import escalate_all
from benchmarks.machine import load, machine
from benchmarks.receiver import Receiver
from benchmarks.report import escalation_grid, grids, show, verdicts, write
from benchmarks.rounds import Bench
from benchmarks.services import process_id, services
from benchmarks.subjects import TocsinSubject
from client import Tocsin
from settings.temporal import connect_temporal

DEFINITIONS = Path(__file__).with_name("definitions.yaml")


async def bench(data: Path, rounds: int, what: str, console: Console) -> None:
    """Measure, print and write down."""
    at, load_before = datetime.now(UTC), load()
    async with Receiver() as receiver, services(data, receiver.url) as running:
        temporal = await connect_temporal(running.tocsin, patience=20.0)
        async with await Tocsin.connect(running.tocsin, author="bench") as tocsin:
            await tocsin.apply([DEFINITIONS])
            subjects = Bench(tocsin, temporal, receiver, console.print)
            await subjects.warm_up()
            results = await subjects.run(rounds)
            pid = process_id(running.tocsin_worker)
            escalated = await escalate_all(TocsinSubject(tocsin), receiver, temporal, pid)
        facts = machine(running.postgres) | {"load before": load_before, "load after": load()}
    tables, told = [*grids(results), escalation_grid(escalated)], verdicts(results, escalated)
    show(tables, told, console)
    numbers = {"bursts": [asdict(one) for one in results], "escalations": [asdict(one) for one in escalated]}
    path = write(tables, told, numbers, facts, what=what, at=at)
    console.print(f"written to {path.parent.name}/{path.name}")
