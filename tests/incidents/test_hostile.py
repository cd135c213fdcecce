"""What nobody should say to an incident, and somebody will: it is refused, and the incident lives on."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError

from client import InvalidInputError, Tocsin, UnavailableError
from definitions.automation import StepStatus
from definitions.catalog import Catalog
from records.batches import RecordBatch
from records.database import Pool
from records.incidents import IncidentStatus, RelatedItemType
from records.journal import save_what_can_be
from records.timeline import EventType, TimelineEvent
from settings import Settings
from tests.incidents.conftest import until
from tests.mailbox import Mailbox

pytestmark = pytest.mark.usefixtures("worker")

NESTED = """
    kind: Runbook
    name: digs-deep
    document:
      schemaVersion: '0.3'
      parameters: {Text: {type: String, default: ''}}
      mainSteps:
        - name: dig
          action: aws:executeScript
          onFailure: Continue
          inputs:
            Runtime: python3.11
            Handler: run
            Script: |
              def run(events, context):
                  value = "bottom"
                  for _ in range(200):
                      value = [value]
                  return value
        - name: names
          action: aws:executeScript
          inputs: {Runtime: python3.11, Handler: run, Script: "def run(events, context): return [{'a': 1}]"}
          outputs: [{Name: People, Selector: $.Payload, Type: MapList}]
        - name: ask
          action: aws:approve
          inputs: {Approvers: ['{{ names.People }}']}
"""

ON_CALL = """
    kind: Rotation
    name: always-ben
    contacts: [ben]
    start_time: 2026-01-01T00:00:00
    time_zone: Europe/Berlin
    recurrence: {daily_settings: ["08:00"]}
    ---
    kind: OnCallSchedule
    name: on-call
    rotations: [always-ben]
    ---
    kind: EscalationPlan
    name: ana-then-on-call
    stages:
      - {duration: 1s, targets: [{contact: ana}]}
      - {duration: 1h, targets: [{contact: on-call}]}
    ---
    kind: ResponsePlan
    name: with-schedule
    incident_template: {title: It is down, impact: 1}
    engagements: [ana-then-on-call]
"""

MOVED = """
    kind: Contact
    name: ben
    channels: [{name: mail, type: EMAIL, address: ben.moved@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
"""


@pytest.fixture
async def incident_id(tocsin: Tocsin) -> str:
    return (await tocsin.start_incident("one-at-a-time")).incident.incident_id


async def told(tocsin: Tocsin, incident_id: str, event_type: EventType) -> list[dict[str, Any]]:
    return [event.data for event in await tocsin.timeline(incident_id) if event.event_type is event_type]


async def test_signals_with_too_little_or_too_much_are_refused_on_the_timeline(
    tocsin: Tocsin, incident_id: str
) -> None:
    handle = tocsin.temporal.get_workflow_handle(incident_id)
    await handle.signal("acknowledge")
    await handle.signal("duplicate")
    await handle.signal("report_automation", args=[1, 2, 3])
    await handle.signal("complete_analysis", args=[{}, "more"])
    await handle.signal("resolve", args=[None, "more"])
    await tocsin.add_event(incident_id, "it still listens")
    refused = [data["signal"] for data in await told(tocsin, incident_id, EventType.REFUSED_SIGNAL)]
    assert refused == ["acknowledge", "duplicate", "report_automation", "complete_analysis"]
    assert (await tocsin.get_incident(incident_id)).incident.status is IncidentStatus.RESOLVED


async def test_a_cancellation_does_not_end_an_incident(tocsin: Tocsin, incident_id: str) -> None:
    await tocsin.temporal.get_workflow_handle(incident_id).cancel()

    async def refused() -> list[dict[str, Any]]:
        return await told(tocsin, incident_id, EventType.REFUSED_SIGNAL)

    [refusal] = await until(refused)
    assert refusal["signal"] == "cancel"
    await tocsin.resolve(incident_id)
    await tocsin.skip_analysis(incident_id, reason="a drill")
    await tocsin.temporal.get_workflow_handle(incident_id).result()


async def test_the_key_of_a_terminated_incident_is_free_again(tocsin: Tocsin, incident_id: str) -> None:
    await tocsin.temporal.get_workflow_handle(incident_id).terminate("by mistake")
    again = await tocsin.start_incident("one-at-a-time")
    assert again.created
    assert again.incident.incident_id != incident_id
    assert (await tocsin.get_incident(incident_id)).incident.status is IncidentStatus.RESOLVED


async def test_a_reopening_that_fails_swallows_no_later_trigger(
    tocsin: Tocsin, incident_id: str, settings: Settings
) -> None:
    await tocsin.resolve(incident_id)
    lost = settings.model_copy(update={"temporal_address": "127.0.0.1:1"})
    async with await Tocsin.connect(lost) as without_temporal:
        with pytest.raises(UnavailableError):
            await without_temporal.reopen(incident_id)
    assert (await tocsin.start_incident("one-at-a-time")).created


async def test_too_much_for_a_workflow_is_refused_at_the_door(
    tocsin: Tocsin, incident_id: str, definitions: Callable[[str], Path]
) -> None:
    await tocsin.apply([definitions(NESTED)])
    with pytest.raises(InvalidInputError, match="bytes are too much to tell a workflow"):
        await tocsin.run_runbook("digs-deep", {"Text": "x" * 3_000_000}, incident_id=incident_id)
    with pytest.raises(InvalidInputError, match="bytes are too much to tell a workflow"):
        await tocsin.run_runbook("digs-deep", {"Text": "x" * 3_000_000})
    await tocsin.resolve(incident_id)
    with pytest.raises(InvalidInputError, match="bytes are too much to tell a workflow"):
        await tocsin.complete_analysis(incident_id, answers={f"Q{n}": "x" * 8000 for n in range(50)})


async def test_times_and_ids_that_records_cannot_hold_are_refused(tocsin: Tocsin, incident_id: str) -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    with pytest.raises(InvalidInputError, match="outside the years 1970 to 2999"):
        await tocsin.add_event(incident_id, "the beginning", event_time=first)
    handle = tocsin.temporal.get_workflow_handle(incident_id)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update("add_event", {"event_id": "x", "author": "eve", "text": "hello"})
    await tocsin.add_event(incident_id, "it still listens")
    assert await tocsin.timeline(incident_id) == await tocsin.timeline_from_history(incident_id)


async def test_a_fact_that_can_never_be_stored_holds_up_no_other(
    tocsin: Tocsin, pool: Pool, incident_id: str
) -> None:
    def event(event_id: str, position: int) -> TimelineEvent:
        now = datetime.now(UTC)
        return TimelineEvent(
            event_id=event_id, event_type=EventType.NOTE, event_time=now, updated_time=now, position=position
        )

    good = "00000000-0000-4000-8000-000000000001"
    batch = RecordBatch(subject_id=incident_id, number=1, events=[event("no uuid", 900), event(good, 901)])
    async with pool.acquire() as connection:
        refused = await save_what_can_be(connection, batch)
    assert len(refused) == 1
    assert good in [event.event_id for event in await tocsin.timeline(incident_id)]


async def test_an_engagement_whose_message_lacks_a_definition_is_refused(
    tocsin: Tocsin, incident_id: str
) -> None:
    plan = (await tocsin.catalog()).escalation_plans["ana-then-ben"]
    message = {
        "engagement_id": "00000000-0000-4000-8000-000000000002",
        "contact": "ana-then-ben",
        "author": "eve",
        "catalog": Catalog.of([plan]).model_dump(mode="json"),
    }
    handle = tocsin.temporal.get_workflow_handle(incident_id)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("engage", message)
    assert "no definition of 'ana'" in str(refused.value.cause)
    await tocsin.resolve(incident_id)


async def test_somebody_engaged_later_is_paged_where_they_are_now(
    tocsin: Tocsin, mailbox: Mailbox, definitions: Callable[[str], Path]
) -> None:
    id_ = (await tocsin.start_incident("shop-down")).incident.incident_id
    await tocsin.acknowledge(id_, "ana")
    await tocsin.apply([definitions(MOVED)])
    await tocsin.engage(id_, "ben")
    await until(lambda: "ben.moved@shop.example" in mailbox.recipients)
    assert "ben@shop.example" not in mailbox.recipients


async def test_definitions_nobody_can_read_any_more_do_not_keep_the_next_stage_from_being_paged(
    tocsin: Tocsin, pool: Pool, mailbox: Mailbox, definitions: Callable[[str], Path]
) -> None:
    await tocsin.apply([definitions(ON_CALL)])
    id_ = (await tocsin.start_incident("with-schedule")).incident.incident_id
    async with pool.acquire() as connection:
        await connection.execute(
            "update definitions set body = $1 where name = 'ana'",
            json.loads('{"kind": "Contact", "newer": true}'),
        )
    await until(lambda: mailbox.recipients == ["ana@shop.example", "ben@shop.example"])
    assert (await tocsin.get_incident(id_)).incident.status is IncidentStatus.OPEN


async def test_a_runbook_with_absurd_answers_fails_its_steps_and_ends(
    tocsin: Tocsin, temporal: Client, definitions: Callable[[str], Path], incident_id: str
) -> None:
    await tocsin.apply([definitions(NESTED)])
    execution = await tocsin.run_runbook("digs-deep", incident_id=incident_id)
    await temporal.get_workflow_handle(execution).result()
    steps = {step.name: step for step in (await tocsin.get_automation(execution)).steps}
    assert steps["dig"].status is StepStatus.FAILED
    assert "nested more than 60 levels deep" in str(steps["dig"].failure_message)
    assert steps["ask"].status is StepStatus.FAILED
    [item] = (await tocsin.get_incident(incident_id)).incident.related_items
    assert (item.type, item.value) == (RelatedItemType.AUTOMATION, execution)
