"""What the numbers were measured on."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from worker.stack.postgres import EmbeddedPostgres
from worker.stack.temporal import find_temporal


def machine(postgres: EmbeddedPostgres) -> dict[str, str]:
    """Cores, system and versions, for people to read."""
    program: list[str | Path] = [find_temporal(), "--version"]
    told = subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - ours
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "temporal": told,
        "temporalio": version("temporalio"),
        "postgresql": str(postgres.major),
        "pydantic": version("pydantic"),
    }


def load() -> str:
    """How busy the machine is: runnable processes, over the last 1 and 5 minutes."""
    one, five, _ = os.getloadavg()
    return f"{one:.1f}, {five:.1f}"


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except FileNotFoundError:
        return platform.processor()
    return found[1] if found else platform.processor()


def processor_seconds(pid: int) -> float:
    """What a process and its ended children have used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def machine_seconds() -> float:
    """The processor time that everything on the machine has used (Linux)."""
    user, nice, system, _idle, _waiting, interrupts, soft = (
        int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:8]
    )
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")
