"""What steps print, line by line in the record while they run."""

import asyncio

import httpx2

from activities.automation.logs import LONGEST_LINE, StepLog
from activities.automation.sandbox import Confinement, Sandbox
from activities.automation.secrets import Mask
from activities.automation.steps import StepAttempt
from records import automation_logs
from records.automation_logs import MOST_LINES
from records.database import Pool, acquire, open_pool
from tests.scripts.steps import EXECUTION, SYSTEM, Steps


async def lines_of(pool: Pool, steps: Steps, after: int = 0) -> list[tuple[int, str]]:
    async with acquire(pool) as connection:
        read = await automation_logs.read(connection, steps.step_execution_id, after=after)
    return [(line.number, line.text) for line in read]


async def test_lines_are_in_the_record_while_the_script_still_runs(recorded_steps: Steps, pool: Pool) -> None:
    source = "import time\ndef run(e, c):\n    print('first', flush=True)\n    time.sleep(30)"
    task = asyncio.ensure_future(recorded_steps.python(source, timeout_seconds=60))
    while not await lines_of(pool, recorded_steps):
        await asyncio.sleep(0.1)
        assert not task.done()
    assert await lines_of(pool, recorded_steps) == [(1, "first")]
    task.cancel()
    await asyncio.wait({task})


async def test_all_of_a_short_script_is_there_when_it_has_ended(recorded_steps: Steps, pool: Pool) -> None:
    await recorded_steps.bash("echo one; echo two >&2; printf three; printf '\\0\\n'")
    assert await lines_of(pool, recorded_steps) == [(1, "one"), (2, "two"), (3, "three\ufffd")]


async def test_a_second_attempt_counts_on(recorded_steps: Steps, pool: Pool) -> None:
    await recorded_steps.bash("echo one; echo two")
    await recorded_steps.bash("echo three")
    assert await lines_of(pool, recorded_steps, after=1) == [(2, "two"), (3, "three")]


async def test_of_very_many_lines_the_last_are_kept_and_the_others_counted(
    recorded_steps: Steps, pool: Pool
) -> None:
    await recorded_steps.bash("seq 100000")
    lines = await lines_of(pool, recorded_steps)
    dropped = 100_000 - MOST_LINES
    assert lines[0] == (dropped, f"{dropped} earlier lines are not kept")
    assert lines[1:] == [(number, str(number)) for number in range(dropped + 1, 100_001)]


async def test_a_long_line_is_cut_and_a_megabyte_is_kept(recorded_steps: Steps, pool: Pool) -> None:
    await recorded_steps.python("def run(e, c):\n    for _ in range(400): print('x' * 10_000)")
    lines = await lines_of(pool, recorded_steps)
    assert {len(text) for _, text in lines[1:]} == {LONGEST_LINE}
    assert len(lines) == 1 + 1_000_000 // LONGEST_LINE


async def test_a_failed_step_says_in_its_log_why_it_was_stopped(recorded_steps: Steps, pool: Pool) -> None:
    await recorded_steps.failure(recorded_steps.bash("echo on; sleep 60", timeout_seconds=1))
    assert await lines_of(pool, recorded_steps) == [(1, "on"), (2, "stopped: not done within 1 s")]


async def test_a_database_that_is_away_neither_fails_nor_delays_a_script(http: httpx2.AsyncClient) -> None:
    nowhere = await open_pool("postgresql://nobody@127.0.0.1:9/none")
    steps = Steps(http, sandbox=Sandbox(Confinement.BUBBLEWRAP), records=nowhere)
    async with asyncio.timeout(4):
        response = await steps.bash("echo one; sleep 1.2; echo two")
    assert response["ExecutionLog"] == "one\ntwo"
    await nowhere.close()


async def test_lines_that_could_not_be_written_are_written_later(pool: Pool, recorded_steps: Steps) -> None:
    attempt = StepAttempt(
        key="k",
        step="s",
        inputs={},
        timeout_seconds=1,
        system=SYSTEM,
        execution_id=EXECUTION,
        step_execution_id=recorded_steps.step_execution_id,
    )
    async with acquire(pool) as connection:
        await connection.execute("alter table automation_logs rename to away")
    log = StepLog(attempt, pool, Mask())
    log.write(b"one\n")
    await log.finish()
    async with acquire(pool) as connection:
        await connection.execute("alter table away rename to automation_logs")
    log.write("zwö".encode()[:3])
    log.write("zwö".encode()[3:] + b"lf\r\n")
    await log.finish()
    assert await lines_of(pool, recorded_steps) == [(1, "one"), (2, "zwölf")]
