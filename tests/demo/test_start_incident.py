"""The twenty lines of examples/start_incident.py, run as a script beside a running worker."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from client import Tocsin
from records.engagements import EngagementStatus
from settings import Settings
from tests.mailbox import MailServer
from worker.host import hosting

ROOT = Path(__file__).resolve().parents[2]


@pytest_asyncio.fixture
async def settings(
    database_url: str, temporal: Client, temporal_address: str, task_queue: str, data: Path
) -> AsyncIterator[Settings]:
    """Of a system whose worker runs."""
    phones = MailServer()
    await phones.start()
    found = Settings(
        data=data,
        database_url=database_url,
        temporal_address=temporal_address,
        task_queue=task_queue,
        smtp_url=phones.url,
    )
    async with hosting(found):
        yield found
    await phones.stop()


@pytest.mark.timeout(60)
async def test_a_script_opens_an_incident_and_acknowledges_it(settings: Settings) -> None:
    async with await Tocsin.connect(settings) as tocsin:
        await tocsin.apply([ROOT / "examples" / "shop"])
        [shift] = await tocsin.on_call("shop-on-call")
        on_call = shift.contacts[0].name
        printed = await run_example(settings)
        [incident] = await tocsin.list_incidents()
        [engagement] = (await tocsin.get_incident(incident.incident_id)).engagements
        await tocsin.resolve(incident.incident_id)
    assert printed == [
        f"{incident.incident_id}  impact 2  Nobody can pay",
        f"paged: {on_call}",
        f"{on_call} has it; the incident is OPEN",
    ]
    assert engagement.status is EngagementStatus.ACKNOWLEDGED
    assert engagement.acknowledged_by == on_call


async def run_example(settings: Settings) -> list[str]:
    """The lines that the script prints."""
    assert settings.temporal_address is not None
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "examples/start_incident.py",
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TOCSIN_DATA": str(settings.data),
            "TOCSIN_TEMPORAL_ADDRESS": settings.temporal_address,
            "TOCSIN_TASK_QUEUE": settings.task_queue,
            "DATABASE_URL": settings.require_database_url(),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout=40)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    return output.decode().splitlines()
