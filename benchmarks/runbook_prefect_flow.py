"""The mixture, and equal steps, as Prefect flows. Run by Prefect's own Python; knows nothing of Tocsin.

Given as JSON: the mixture, how many equal tasks of each kind, how many flow runs of the mixture at once.
Prints JSON.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from importlib.metadata import version
from typing import Any

import boto3
import httpx  # type: ignore[import-not-found]
from prefect import flow, task  # type: ignore[import-not-found] # it is not installed beside us

ECHO = "import json, sys; print(json.dumps(json.load(sys.stdin)))"
QUEUES = boto3.client("sqs")


@task  # type: ignore[untyped-decorator]
async def nothing() -> Any:
    """What a branch or a variable comes to."""
    return {}


@task  # type: ignore[untyped-decorator]
async def call_api() -> Any:
    """The AWS API, in a thread."""
    answer = await asyncio.to_thread(QUEUES.list_queues)
    return {"QueueUrls": answer.get("QueueUrls", [])}


@task  # type: ignore[untyped-decorator]
async def run_script() -> Any:
    """Python in a process of its own, JSON in and out."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ECHO, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    printed, _ = await process.communicate(b'{"n": 1}')
    return json.loads(printed)


@task  # type: ignore[untyped-decorator]
async def ask() -> Any:
    """A plain request."""
    async with httpx.AsyncClient() as http:
        return (await http.get(os.environ["BENCH_ENDPOINT"])).json()


@task  # type: ignore[untyped-decorator]
async def sleep() -> None:
    """No time at all."""
    await asyncio.sleep(0)


TASKS = {
    "script": run_script,
    "api": call_api,
    "http": ask,
    "sleep": sleep,
    "branch": nothing,
    "variable": nothing,
}


@flow  # type: ignore[untyped-decorator]
async def run(kinds: list[str], steps: list[float]) -> None:
    """One task after the other; the seconds of each are added to `steps`."""
    for kind in kinds:
        began = time.monotonic()
        await TASKS[kind]()
        steps.append(time.monotonic() - began)


async def _life(kinds: list[str]) -> float:
    """The seconds of a whole flow run."""
    began = time.monotonic()
    # As a copy, Prefect would hand the list to the flow: it checks what a flow is given.
    await run.with_options(validate_parameters=False)(kinds, [])
    return time.monotonic() - began


async def _steps(kinds: list[str]) -> list[float]:
    """The seconds of each task of a flow run."""
    seconds: list[float] = []
    await run.with_options(validate_parameters=False)(kinds, seconds)
    return seconds[1:]


async def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Equal tasks alone, then the mixture, so many flow runs at once."""
    await _life(order["mix"])
    steps = {kind: await _steps([kind] * many) for kind, many in order["equal"].items()}
    began = time.monotonic()
    lives = await asyncio.gather(*(_life(order["mix"]) for _ in range(order["at_once"])))
    seconds = time.monotonic() - began
    return {"version": version("prefect"), "steps": steps, "seconds": seconds, "lives": lives}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(json.loads(sys.argv[1])))))
