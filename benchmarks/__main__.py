"""`python -m benchmarks`: bursts of incidents, then steps of runbooks, against their floors; about eleven minutes."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path

from rich.console import Console

from benchmarks import incident_bench, runbook_bench

PARTS: dict[str, Callable[[Path, int, str, Console], Coroutine[None, None, None]]] = {
    "bursts": incident_bench.bench,
    "runbooks": runbook_bench.bench,
}


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="measure this alone")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument("--what", default="", help="put behind the results' file names")
    arguments = parser.parse_args()
    for name in [arguments.only] if arguments.only else PARTS:
        what = f"{name}-{arguments.what}" if arguments.what else name
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            asyncio.run(PARTS[name](Path(folder), arguments.rounds, what, Console()))


if __name__ == "__main__":
    main()
