"""Prefect beside us: the same steps as tasks, on its own server with SQLite, in an environment of its own."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.runbook_documents import LONG, MIX
from worker.stack.ports import HOST, choose_port
from worker.stack.processes import ChildProcess

REQUIREMENTS = ("prefect==3.9.1", "boto3")
ANY_VERSION = "certifi\n"
"""What Prefect may have in any version: it asks for certificates newer than some mirrors have."""

FLOW = Path(__file__).with_name("runbook_prefect_flow.py")
AT_ONCE = 10
"""Flow runs: twenty of them take a minute and more."""

INSTALL_SECONDS, START_SECONDS, RUN_SECONDS = 240.0, 60.0, 150.0


class NoPrefectError(Exception):
    """Prefect cannot be measured here; says why."""


@dataclass(frozen=True)
class PrefectCost:
    """Seconds of each step by its kind, alone; of all flow runs at once, and of each."""

    version: str
    steps: dict[str, list[float]]
    seconds: float
    lives: list[float]

    @property
    def steps_per_second(self) -> float:
        """Of all flow runs at once."""
        return len(self.lives) * len(MIX) / self.seconds


def install() -> Path:
    """Prefect's own Python, with what it needs, kept in the user's cache; raises NoPrefectError."""
    folder = user_cache_path("tocsin-bench") / REQUIREMENTS[0].replace("==", "-")
    python, done = folder / "bin" / "python", folder / "installed"
    if done.exists():
        return python
    uv = Path(sys.executable).with_name("uv")
    override = folder / "any-version.txt"
    try:
        _run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, folder])
        override.write_text(ANY_VERSION, encoding="utf-8")
        _run([uv, "pip", "install", "--quiet", "--python", python, "--override", override, *REQUIREMENTS])
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", None) or str(error)
        raise NoPrefectError(f"Prefect could not be installed: {str(told).strip()[-500:]}") from error
    done.touch()
    return python


def _run(command: list[str | Path]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)  # noqa: S603 - ours


async def measure_prefect(python: Path, data: Path, environment: Mapping[str, str]) -> PrefectCost:
    """Start its server, run the flows, stop it; raises NoPrefectError. Call from the main thread."""
    home = data / "prefect"
    home.mkdir()
    port = choose_port(0)
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        **environment,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_API_URL": f"http://{HOST}:{port}/api",
        "DO_NOT_TRACK": "1",
    }
    command: list[str | Path] = [
        python,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        HOST,
        "--port",
        str(port),
        "--no-ui",
    ]
    server = ChildProcess("prefect", command, log=data / "logs" / "prefect.log", environment=variables)
    server.start()
    try:
        await _await_healthy(server, f"http://{HOST}:{port}/api/health")
        return await _measure(python, variables)
    finally:
        server.stop()


async def _await_healthy(server: ChildProcess, url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not await asyncio.to_thread(_answers, url):
        if not server.running or time.monotonic() > until:
            raise NoPrefectError(f"Prefect's server does not answer: {server.log_tail(3)}")
        await asyncio.sleep(0.3)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False


async def _measure(python: Path, variables: Mapping[str, str]) -> PrefectCost:
    order = {"mix": MIX, "equal": LONG, "at_once": AT_ONCE}
    flows = await asyncio.create_subprocess_exec(
        python,
        FLOW,
        json.dumps(order),
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(RUN_SECONDS):
            printed, complaints = await flows.communicate()
    except TimeoutError as error:
        raise NoPrefectError(f"Prefect's flows were not done within {RUN_SECONDS:.0f} s") from error
    finally:
        if flows.returncode is None:
            flows.kill()
            await flows.wait()
    if flows.returncode != 0:
        raise NoPrefectError(f"Prefect's flows failed: {complaints.decode(errors='replace').strip()[-500:]}")
    return PrefectCost(**json.loads(printed.splitlines()[-1]))
