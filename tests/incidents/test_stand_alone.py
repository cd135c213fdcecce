"""Paging without an incident, for longer than one history can hold."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from client import Tocsin
from records.engagements import EngagementRecord, EngagementStatus
from settings import Settings
from tests.incidents.conftest import until
from tests.mailbox import Mailbox
from workflows.inputs import EngagementInput
from workflows.stand_alone import EngagementWorkflow

PERSISTENT = """
    kind: Contact
    name: dora
    channels: [{name: mail, type: EMAIL, address: dora@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail, retry_interval: 1s}]}]}
"""


@pytest.mark.usefixtures("worker")
async def test_paging_goes_on_across_runs_until_somebody_answers(
    tocsin: Tocsin, settings: Settings, mailbox: Mailbox, definitions: Callable[[str], Path]
) -> None:
    await tocsin.apply([definitions(PERSISTENT)])
    record = EngagementRecord(
        engagement_id=str(uuid.uuid4()),
        contact="dora",
        sender="chi",
        subject="Wake up",
        started_at=datetime.now(UTC),
    )
    part = (await tocsin.catalog()).part_for_engagement("dora")
    given = EngagementInput(engagement=record, catalog=part, history_limit=20)
    handle = await tocsin.temporal.start_workflow(
        EngagementWorkflow.run, given, id=record.engagement_id, task_queue=settings.task_queue
    )
    await until(lambda: len(mailbox.letters) >= 4)
    assert (await handle.describe()).run_id != handle.first_execution_run_id
    ids = [letter.message_id for letter in mailbox.letters]
    assert len(set(ids)) == len(ids)
    answered = await tocsin.acknowledge_page(record.engagement_id, "dora")
    assert answered.status is EngagementStatus.ACKNOWLEDGED
    timeline = await tocsin.timeline(record.engagement_id)
    assert timeline == await tocsin.timeline_from_history(record.engagement_id)
    assert len(timeline) >= 6


@pytest.mark.usefixtures("worker")
async def test_a_cancelled_engagement_stops(tocsin: Tocsin, mailbox: Mailbox) -> None:
    record = await tocsin.page("ana", subject="Wake up")
    await until(lambda: len(mailbox.letters) == 1)
    handle = tocsin.temporal.get_workflow_handle(record.engagement_id)
    await handle.cancel()
    await handle.result()
    stopped = await tocsin.get_engagement(record.engagement_id)
    assert (stopped.status, stopped.stop_reason) == (EngagementStatus.STOPPED, "cancelled")
