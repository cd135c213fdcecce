"""The demo as a newcomer runs it, and as they interrupt it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.stack.running import descendants, eventually

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "-m", "examples.demo"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder whose path is short enough for PostgreSQL's socket in a folder below."""
    with TemporaryDirectory(prefix="t-") as path:
        yield Path(path)


@contextmanager
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A running demo that keeps its temporary files under `folder`."""
    process = subprocess.Popen(
        DEMO,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), "DATABASE_URL": "postgresql://nowhere.invalid/other"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.timeout(170)
def test_the_demo_tells_the_whole_story_and_every_part_of_it_holds(folder: Path) -> None:
    with demo(folder) as process:
        story, _ = process.communicate(timeout=150)
    assert process.returncode == 0, story
    lines = [
        r"tocsin\s+is up: http://127\.0\.0\.1:\d+",
        r"page\s+(Ana|Ben)'s mail: \[impact 1\] The shop is down",
        r"runbook\s+restart-shop: LookAtServer is Success \(.*State running",
        r"runbook\s+restart-shop: AskFirst is Waiting",
        r"kill -9\s+ends the worker, process \d+",
        r"tocsin\s+has started another worker, process \d+, \d+\.\d s after stage 2 was due",
        r"page\s+Carla's mail: \[impact 1\] The shop is down",
        r"carla\s+acknowledges",
        r"carla\s+approves",
        r"runbook\s+restart-shop: StartServer is Success",
        r"AWS\s+the shop's server was (\S+) and is (?!\1)\S+: restarted",
        r"carla\s+lowers the impact to 4",
        r"carla\s+resolves",
        r"carla\s+completes the analysis",
        r"Analysis End\s+analysis COMPLETED",
        r"tocsin\s+the \d+ events in the records are the same",
        r"demo\s+every part held",
    ]
    for line in lines:
        assert re.search(line, story), f"{line}\n\n{story}"
    assert not list(folder.glob("tocsin-demo-*"))


@pytest.mark.timeout(90)
def test_an_interrupted_demo_leaves_no_process_and_no_file_behind(folder: Path) -> None:
    with demo(folder) as process:
        assert eventually(lambda: len(descendants(process.pid)) >= 4, seconds=40)
        started = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        story, _ = process.communicate(timeout=40)
    assert process.returncode == 130, story
    assert "was interrupted" in story
    assert not [seen.command for seen in started if seen.alive]
    assert not list(folder.glob("tocsin-demo-*"))
