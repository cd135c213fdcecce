"""Running `tocsin`: in this process, or as the process a user starts."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from client.cli import run_command

ROOT = Path(__file__).resolve().parents[2]
START = [sys.executable, "-m", "client.cli"]


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its answer, which must be JSON and nothing else; it must have gone well."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    def fails(self, code: int, *words: str) -> None:
        """It ended with `code` and said so in one clear message on stderr, with all of `words` in it."""
        assert self.code == code, (self.code, self.err, self.out)
        assert self.out == ""
        assert self.err.startswith("tocsin: ")
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err


class Command:
    """`tocsin` against the services that the environment names."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def __call__(self, *arguments: str) -> Ended:
        """Run it in this process, in a thread, so that the test's own worker goes on."""
        self._capsys.readouterr()
        code = await asyncio.to_thread(run_command, list(arguments))
        said = self._capsys.readouterr()
        return Ended(code, said.out, said.err)

    async def process(self, *arguments: str, stdin: str = "") -> Ended:
        """Run it as a process of its own."""
        started = await asyncio.create_subprocess_exec(
            *START,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            async with asyncio.timeout(30):
                out, err = await started.communicate(stdin.encode())
        finally:
            if started.returncode is None:
                started.kill()
                await started.wait()
        return Ended(started.returncode or 0, out.decode(), err.decode())

    async def start(self, plan: str = "shop-down", *options: str) -> str:
        """Start an incident; its id."""
        started = await self("start", plan, *options, "-o", "json")
        return str(started.json["incident"]["incident_id"])

    async def close(self, incident: str) -> None:
        """Resolve an incident and skip its analysis."""
        assert (await self("resolve", incident)).code == 0
        assert (await self("analysis", "skip", incident, "--reason", "a test")).code == 0

    async def until(self, *arguments: str, shows: str) -> Ended:
        """Run it again and again until its answer has `shows` in it."""
        async with asyncio.timeout(20):
            while True:
                ended = await self(*arguments)
                if ended.code == 0 and shows in ended.out:
                    return ended
                await asyncio.sleep(0.1)
