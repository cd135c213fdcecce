"""What keeps a script in: what it sees, what it may use up, and that nothing of it is left."""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from activities.automation.bubblewrap import HOME
from activities.automation.processes import MOST_PRINTED
from activities.automation.sandbox import Confinement, Sandbox, find_sandbox
from tests.scripts.steps import Steps, alive


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come to that in time"
        await asyncio.sleep(0.02)


async def cut_off(work: Awaitable[object], when: Callable[[], bool]) -> float:
    """Cancel the work once that is so; the seconds until it had ended."""
    task = asyncio.ensure_future(work)
    await until(when)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return time.monotonic() - began


def test_this_machine_has_bubblewrap() -> None:
    assert find_sandbox() == Sandbox(Confinement.BUBBLEWRAP)


async def test_a_script_sees_nothing_of_the_worker(
    steps: Steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SECRET_API", "geheim")
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    (tmp_path / "secret").write_text("geheim")
    source = f"""
import os
def run(events, context):
    def may(path, how):
        try:
            open(path, how).close()
            return True
        except OSError:
            return False
    return {{
        "variables": sorted(name for name in os.environ if not name.startswith("AWS_")),
        "user": os.getuid(), "groups": os.getgroups(),
        "processes": len([name for name in os.listdir("/proc") if name.isdecimal()]),
        "reads": [may({str(tmp_path / "secret")!r}, "r"), may("/etc/passwd", "r"), may("/proc/1/mem", "r")],
        "writes": [may(place, "w") for place in ("/usr/x", "/x", "/dev/x", "/etc/x", "/root/x")],
        "works": may("x", "w"), "folder": os.getcwd(),
    }}
"""
    seen = (await steps.python(source))["Payload"]
    assert seen["variables"] == ["HOME", "LANG", "PATH", "PWD", "TMPDIR", "TOCSIN_PROCESS"]
    assert seen["user"] != 0
    assert 0 not in seen["groups"]
    assert seen["processes"] <= 3
    assert seen["reads"] == [False] * 3
    assert seen["writes"] == [False] * 5
    assert seen["works"]
    assert seen["folder"] == HOME


async def test_a_script_gets_the_workers_way_to_aws_without_files_of_ours(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "ours")
    response = await steps.bash(
        'printenv AWS_ACCESS_KEY_ID AWS_ENDPOINT_URL AWS_REGION; echo "[$AWS_PROFILE]"'
    )
    assert response["ExecutionLog"] == "AKIAEXAMPLE\nhttp://127.0.0.1:9\neu-central-1\n[]"


HOGS = [
    ("bytearray(1 << 30)", "MemoryError - "),
    ("open('big', 'wb').write(bytes(70_000_000))", "OSError - [Errno 27] File too large"),
    (
        "import os\n    while True:\n        try: os.fork()\n        except OSError: pass",
        "stopped: not done within 1 s",
    ),
    ("while True: pass", "stopped: not done within 1 s"),
]


@pytest.mark.parametrize(("body", "told"), HOGS, ids=["memory", "file", "fork bomb", "endless loop"])
async def test_a_script_that_takes_more_than_it_may_is_stopped(steps: Steps, body: str, told: str) -> None:
    seconds = 1 if told.startswith("stopped") else 20
    began = time.monotonic()
    message, _ = await steps.failure(steps.python(f"def run(e, c):\n    {body}", timeout_seconds=seconds))
    assert told in message
    assert time.monotonic() - began < 8


async def test_files_of_a_script_fill_no_disk(steps: Steps) -> None:
    source = "def run(e, c):\n    for n in range(9):\n        open(f'f{n}', 'wb').write(bytes(10_000_000))"
    message, _ = await steps.failure(steps.python(source))
    assert message.startswith("OSError - [Errno 28] No space left on device")


async def test_a_script_that_prints_a_gigabyte_is_stopped_soon(steps: Steps) -> None:
    began = time.monotonic()
    message, _ = await steps.failure(steps.bash("yes | head -c 1000000000"))
    assert message.startswith(f"stopped: printed more than {MOST_PRINTED // 1_000_000} MB")
    assert time.monotonic() - began < 5


async def test_one_endless_line_is_stopped_as_well(steps: Steps) -> None:
    message, _ = await steps.failure(steps.bash("head -c 1000000000 /dev/zero"))
    assert message.startswith("stopped: printed more than")


async def test_a_result_that_is_far_too_large_is_stopped(steps: Steps) -> None:
    message, _ = await steps.failure(steps.bash('head -c 50000000 /dev/zero > "$OUTPUT_PAYLOAD"'))
    assert "returned more than 1 MB" in message


DETACHED = """
import subprocess, time
def run(events, context):
    subprocess.Popen(["setsid", "-f", "sleep", "{seconds}"])
    time.sleep({then})
"""


async def test_a_cancelled_script_takes_its_detached_children_along(steps: Steps) -> None:
    seconds = f"300.{uuid4().int % 10**9}"
    work = steps.python(DETACHED.format(seconds=seconds, then=60), timeout_seconds=60)
    took = await cut_off(work, lambda: bool(alive(seconds)))
    assert took < 2
    await until(lambda: not alive(seconds), 1)


async def test_children_that_hold_the_output_do_not_keep_a_script_that_has_ended(steps: Steps) -> None:
    seconds = f"300.{uuid4().int % 10**9}"
    began = time.monotonic()
    await steps.python(DETACHED.format(seconds=seconds, then=0.2))
    assert time.monotonic() - began < 3
    await until(lambda: not alive(seconds), 1)


@pytest.mark.parametrize("confinement", [Confinement.USER, Confinement.LIMITS])
async def test_without_bubblewrap_detached_children_are_found_and_killed(
    http: httpx2.AsyncClient, confinement: Confinement
) -> None:
    if os.geteuid() != 0:
        confinement = Confinement.LIMITS
    steps = Steps(http, sandbox=Sandbox(confinement))
    seconds = f"300.{uuid4().int % 10**9}"
    work = steps.bash(f"(setsid setsid sleep {seconds} &) ; sleep 60", timeout_seconds=60)
    took = await cut_off(work, lambda: len(alive(seconds)) >= 2)
    assert took < 2
    await until(lambda: not alive(seconds), 1)


async def test_a_fork_bomb_without_bubblewrap_ends_as_well(http: httpx2.AsyncClient) -> None:
    word = f"TOCSIN_BOMB_{uuid4().hex}"
    steps = Steps(http, sandbox=Sandbox(Confinement.USER if os.geteuid() == 0 else Confinement.LIMITS))
    bomb = (
        f"export {word}=1; n=0; bomb() {{ n=$((n+1)); [ $n -gt 6 ] || {{ bomb & bomb & }}; sleep 60; }}; bomb"
    )
    message, _ = await steps.failure(steps.bash(bomb, timeout_seconds=1))
    assert message.startswith("stopped: not done within 1 s")
    await until(lambda: not alive(word), 2)


async def test_without_bubblewrap_scripts_run_with_limits_and_their_folder_is_gone_afterwards(
    http: httpx2.AsyncClient,
) -> None:
    steps = Steps(http, sandbox=Sandbox(Confinement.LIMITS))
    source = "import os, resource\ndef run(e, c):\n    return [os.getcwd(), resource.getrlimit(resource.RLIMIT_AS)[0]]"
    folder, memory = (await steps.python(source))["Payload"]
    assert memory == 1 << 30
    assert os.path.basename(folder) not in os.listdir(tempfile.gettempdir())
