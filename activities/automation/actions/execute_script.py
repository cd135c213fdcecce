"""aws:executeScript: a Python function in a process of its own."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from activities.automation.effects import Outside, effect
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage

MAX_LOG = 64 * 1024
"""Bytes of printed text that are kept, the last ones."""

_RUNNER = Path(__file__).parent.parent / "script_runner.py"


@effect("aws:executeScript")
async def execute_script(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Run the script's handler with InputPayload; {"Payload": its return value, "ExecutionLog": what it printed}.

    Not repeated by Temporal: a script whose worker dies fails its step, and only maxAttempts runs it again.
    """
    inputs = attempt.inputs
    runtime, handler, script = (str(inputs.get(name) or "") for name in ("Runtime", "Handler", "Script"))
    if not runtime.lower().startswith("python"):
        raise step_failed(
            f"Runtime {runtime!r} cannot run here; use python3.x", stage=FailureStage.INPUT_VALIDATION
        )
    if not handler or not script:
        raise step_failed("aws:executeScript needs Handler and Script", stage=FailureStage.INPUT_VALIDATION)
    request = {
        "script": script,
        "handler": handler.rpartition(".")[2],
        "events": inputs.get("InputPayload") or {},
        "context": {
            "automation:EXECUTION_ID": attempt.key.partition(":")[0],
            "global:REGION": attempt.system.region,
            "global:ACCOUNT_ID": attempt.system.account_id,
            "global:AWS_PARTITION": attempt.system.partition,
        },
    }
    with tempfile.TemporaryDirectory(prefix="tocsin-script-") as folder:
        log, code, result = await _run(request, Path(folder), attempt.system.region)
    return _response(log, code, result)


async def _run(request: dict[str, Any], folder: Path, region: str) -> tuple[str, int, str]:
    """Printed text, exit code, and what the runner wrote about the result."""
    result = folder / "result.json"
    log = folder / "log"
    with log.open("wb") as printed:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_RUNNER),
            str(os.getpid()),
            str(result),
            stdin=asyncio.subprocess.PIPE,
            stdout=printed,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env=_environment(folder, region),
            start_new_session=True,
        )
    try:
        await process.communicate(json.dumps(request).encode())
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return _tail(log), process.returncode or 0, result.read_text() if result.exists() else ""


def _environment(folder: Path, region: str) -> dict[str, str]:
    """Nothing of ours but the way to AWS, which is found by AWS's own variables."""
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    plain = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }
    return plain | {"AWS_DEFAULT_REGION": region} | aws


def _tail(log: Path) -> str:
    with log.open("rb") as printed:
        printed.seek(max(0, log.stat().st_size - MAX_LOG))
        return printed.read().decode(errors="replace")


def _response(log: str, code: int, result: str) -> dict[str, Any]:
    try:
        outcome = json.loads(result) if result else None
    except RecursionError as error:
        raise step_failed("the script's result is nested too deep") from error
    if outcome is None:
        raise step_failed(f"the script ended with exit code {code} and no result\n{log[-2000:]}".rstrip())
    if "error" in outcome:
        raise step_failed(f"{outcome['error']}\n{log[-2000:]}".rstrip())
    return {"Payload": outcome["value"], "ExecutionLog": log[-4000:]}
