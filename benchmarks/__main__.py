"""`python -m benchmarks`: bursts of incidents against the floor, in about seven minutes."""

import argparse
import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.escalations import escalate_all
from benchmarks.machine import load, machine
from benchmarks.receiver import Receiver
from benchmarks.report import show, write
from benchmarks.rounds import Bench
from benchmarks.services import Services, services
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
            escalated = await escalate_all(TocsinSubject(tocsin), receiver, temporal, _pid(running))
        facts = machine(running.postgres) | {"load before": load_before, "load after": load()}
    show(results, escalated, console)
    path = write(results, escalated, facts, what=what, at=at)
    console.print(f"written to {path.parent.name}/{path.name}")


def _pid(running: Services) -> int:
    pid = running.tocsin_worker.pid
    if pid is None:
        raise RuntimeError("the worker has not been started")
    return pid


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each burst is measured (default 3)")
    parser.add_argument("--what", default="bursts", help="second part of the results' file name")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        asyncio.run(bench(Path(folder), arguments.rounds, arguments.what, Console()))


if __name__ == "__main__":
    main()
