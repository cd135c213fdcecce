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
