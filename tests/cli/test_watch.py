"""Watching an incident: in a terminal, in a pipe, once."""

import asyncio
import json
import os
import pty
import signal
import subprocess
from datetime import UTC, datetime, timedelta

from rich.console import Console

from client.cli.engagement_pictures import engagement_page
from records.engagements import EngagementRecord
from tests.cli.command import ROOT, START, Command


async def test_a_terminal_shows_the_countdown_until_ctrl_c(shop: Command) -> None:
    id_ = await shop.start("shop-down")
    await shop.until("show", id_, shows="mail: 1 sent")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    watching = subprocess.Popen(  # noqa: ASYNC220 - starting it takes no time, and waiting is done in threads
        [*START, "watch", id_], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environment
    )
    os.close(theirs)
    try:
        seen = await asyncio.wait_for(
            asyncio.to_thread(_read_until, ours, "stage 2 in 59m", "last events"), 20
        )
        assert "OPEN" in seen
        assert "mail: 1 sent" in seen
        watching.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(watching.wait, 10) == 0
        assert watching.stderr is not None
        assert watching.stderr.read() == b""
    finally:
        watching.kill()
        watching.wait()
        os.close(ours)
        if watching.stderr is not None:
            watching.stderr.close()


async def test_a_pipe_gets_a_line_for_each_change_until_the_incident_is_closed(shop: Command) -> None:
    id_ = await shop.start("quiet")
    watching = asyncio.create_task(shop.process("watch", id_))
    as_json = asyncio.create_task(shop.process("watch", id_, "-o", "json"))
    assert (await shop("note", id_, "a remark")).code == 0
    await shop.close(id_)
    seen = await watching
    assert seen.code == 0
    lines = seen.out.splitlines()
    assert lines[0].startswith(id_)
    assert sum("a remark" in line for line in lines) == 1
    assert "analysis SKIPPED: a test" in lines[-1]
    events = [json.loads(line) for line in (await as_json).out.splitlines()]
    assert [event["position"] for event in events] == sorted(event["position"] for event in events)
    assert events[-1]["event_type"] == "SSM Incident Analysis End"


async def test_once_prints_one_picture(shop: Command) -> None:
    id_ = await shop.start("shop-down")
    await shop.until("show", id_, shows="mail: 1 sent")
    picture = (await shop("watch", id_, "--once")).out
    assert "pager-then-ben  ENGAGED  stage 1 of 2" in picture
    assert "opened with impact 1" in picture
    answer = (await shop("watch", id_, "--once", "-o", "json")).json
    assert answer["incident"]["incident_id"] == id_
    assert answer["timeline"]


def test_the_countdown_runs_down_to_now() -> None:
    now = datetime.now(UTC)
    engagement = EngagementRecord(
        engagement_id="e1",
        contact="shop",
        sender="chi",
        subject="down",
        started_at=now,
        stage_count=3,
        stage=1,
        stage_ends_at=now + timedelta(minutes=5),
    )
    assert "stage 2 of 3, stage 3 in 5m" in _text(engagement, now)
    assert "stage 3 in 50s" in _text(engagement, now + timedelta(seconds=250))
    assert "stage 3 now" in _text(engagement, now + timedelta(minutes=6))
    last = engagement.model_copy(update={"stage": 2})
    assert "stage 3 of 3, ends in 5m" in _text(last, now)


def _text(engagement: EngagementRecord, now: datetime) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(engagement_page(engagement, now))
    return capture.get()


def _read_until(terminal: int, *wanted: str) -> str:
    seen = ""
    while not all(text in seen for text in wanted):
        seen += os.read(terminal, 4096).decode(errors="replace")
    return seen
