"""What is recorded: short stories on real parts that between them take every turn a workflow can take."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio.client import WorkflowHandle

from client import Tocsin
from records.engagements import EngagementStatus
from records.incidents import RelatedItem, RelatedItemType
from tests.engagement.outage import Outage
from tests.mailbox import Mailbox

DEFINITIONS = """
kind: Contact
name: ana
channels: [{name: mail, type: EMAIL, address: ana@shop.example}]
plan: {stages: [{duration: 2s, targets: [{channel: mail, retry_interval: 1s}]}, {duration: 1h}]}
---
kind: Contact
name: ben
channels:
  - {name: hook, type: WEBHOOK, address: 'http://127.0.0.1:9/nobody-listens'}
  - {name: mail, type: EMAIL, address: ben@shop.example}
plan: {stages: [{duration: 1h, targets: [{channel: hook}]}, {duration: 1h, targets: [{channel: mail}]}]}
---
kind: Rotation
name: turns
contacts: [ben]
time_zone: Europe/Berlin
start_time: '2025-01-01T09:00'
recurrence: {daily_settings: ['09:00']}
---
kind: OnCallSchedule
name: primary
rotations: [turns]
---
kind: EscalationPlan
name: shop
stages:
  - {duration: 3s, targets: [{contact: ana, is_essential: false}]}
  - {duration: 1s, targets: [{contact: primary}]}
  - {duration: 1h, targets: [{contact: ana}]}
---
kind: AnalysisTemplate
name: review
reminder_interval: 1m
sections:
  - {id: prevention, title: Prevention, questions: [{id: P1, text: What changes?, required: true}]}
---
kind: Runbook
name: look-and-ask
document:
  schemaVersion: '0.3'
  mainSteps:
    - name: look
      action: aws:executeScript
      inputs:
        Runtime: python3.11
        Handler: look
        Script: "def look(events, context): return {'stock': 3}"
      outputs: [{Name: Stock, Selector: $.Payload.stock, Type: Integer}]
    - name: enough
      action: aws:branch
      inputs:
        Choices: [{NextStep: ask, Variable: '{{ look.Stock }}', NumericGreater: 1}]
        Default: rest
    - name: ask
      action: aws:approve
      inputs: {Approvers: [chi], Message: Sell it?}
    - name: hold
      action: aws:pause
      inputs: {}
    - name: rest
      action: aws:sleep
      inputs: {Duration: PT1S}
---
kind: ResponsePlan
name: shop-down
incident_template: {title: The shop is down, impact: 1, summary: Nobody can buy.}
engagements: [shop]
runbook: {name: look-and-ask}
analysis: {template: review, owner: ana}
---
kind: ResponsePlan
name: quiet
incident_template: {title: The shop is slow, impact: 4}
engagements: [shop]
"""

PATIENCE = 90.0


@dataclass
class Stage:
    """Where the scenes play."""

    tocsin: Tocsin
    mailbox: Mailbox
    outage: Outage

    def handle(self, id_: str) -> WorkflowHandle[object, object]:
        return self.tocsin.temporal.get_workflow_handle(id_)

    async def mailed(self, contact: str, times: int = 1) -> None:
        """Wait until the contact has got so many mails."""
        await until(lambda: _now(len(self.mailbox.to(f"{contact}@shop.example")) >= times))


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that happens elsewhere; fails when it does not happen in time."""
    deadline = time.monotonic() + PATIENCE
    while not await ready():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen in time")
        await asyncio.sleep(0.05)


async def _now(value: bool) -> bool:
    return value


async def whole_life(stage: Stage) -> list[str]:
    """Nobody answers, a runbook asks, the second answers, the incident is resolved, reminded of and analysed."""
    tocsin = stage.tocsin
    id_ = (await tocsin.start_incident("shop-down")).incident.incident_id
    automations = await _automations(stage, id_)
    await until(lambda: _waits_at(stage, automations[0], "ask"))
    await tocsin.approve(automations[0])
    await until(lambda: _waits_at(stage, automations[0], "hold"))
    await tocsin.resume(automations[0])
    await stage.mailed("ben")
    await tocsin.acknowledge(id_, "ben", note="looking")
    await tocsin.update_incident(id_, impact=3, title="Payments are down")
    note = await tocsin.add_event(id_, "It is the database.", note=True)
    await tocsin.edit_event(id_, note, "It is the index.")
    await tocsin.delete_event(id_, await tocsin.add_event(id_, "wrong window"))
    item = RelatedItem(type=RelatedItemType.OTHER, value="https://shop.example/graph", title="Load")
    await tocsin.add_related_item(id_, item)
    await tocsin.remove_related_item(id_, item)
    await stage.handle(automations[0]).result()
    mails = len(stage.mailbox.to("ana@shop.example"))
    await tocsin.resolve(id_, note="index rebuilt")
    await stage.mailed("ana", mails + 1)
    await tocsin.complete_analysis(id_, answers={"P1": "An index."}, action_items=["Alert on slow queries"])
    await stage.handle(id_).result()
    return [id_, automations[0]]


async def reopened(stage: Stage) -> list[str]:
    """Answered by one who is not essential, resolved while paging, reopened, engaged again, stopped, skipped."""
    tocsin = stage.tocsin
    id_ = (await tocsin.start_incident("quiet")).incident.incident_id
    await until(lambda: _engages(stage, id_, "ana"))
    await stage.handle(id_).signal("acknowledge", "ana")
    await stage.handle(id_).signal("acknowledge", {"contact": 3})
    await until(lambda: _engages(stage, id_, "ben"))
    await tocsin.resolve(id_)
    await tocsin.reopen(id_, reason="still slow")
    engagement = await tocsin.engage(id_, "ana", subject="Still slow")
    await until(lambda: _engages(stage, id_, "ana", engagement.engagement_id))
    await tocsin.disengage(id_, engagement.engagement_id, reason="at lunch")
    await stage.handle(id_).signal("resolve")
    await tocsin.skip_analysis(id_, reason="a drill")
    await stage.handle(id_).result()
    return [id_]


async def long_history(stage: Stage) -> list[str]:
    """An escalation that goes on through several runs."""
    tocsin = stage.tocsin
    id_ = (await tocsin.start_incident("quiet", history_limit=30)).incident.incident_id
    await until(lambda: _engages(stage, id_, "ben"))
    for number in range(8):
        await tocsin.add_event(id_, f"note {number}", note=True)
    await tocsin.acknowledge(id_, "ben")
    await tocsin.resolve(id_)
    await tocsin.skip_analysis(id_, reason="a drill")
    await stage.handle(id_).result()
    return [id_]


async def without_postgresql(stage: Stage) -> list[str]:
    """PostgreSQL goes away during an escalation and comes back after the answer."""
    tocsin = stage.tocsin
    id_ = (await tocsin.start_incident("quiet")).incident.incident_id
    async with stage.outage:
        await until(lambda: _engages(stage, id_, "ben"))
        await tocsin.acknowledge(id_, "ben")
        await tocsin.resolve(id_)
    await tocsin.skip_analysis(id_, reason="a drill")
    await stage.handle(id_).result()
    return [id_]


async def answered_page(stage: Stage) -> list[str]:
    """A page without an incident: a channel that fails, the next one, an answer."""
    mails = len(stage.mailbox.to("ben@shop.example"))
    id_ = (await stage.tocsin.page("primary", subject="Lunch?")).engagement_id
    await stage.mailed("ben", mails + 1)
    await stage.tocsin.acknowledge_page(id_, "ben", note="yes")
    await stage.handle(id_).result()
    return [id_]


async def stopped_page(stage: Stage) -> list[str]:
    """A page without an incident whose mail server says later, then no, and which is stopped."""
    stage.mailbox.answer = "451 later"
    id_ = (await stage.tocsin.page("ana", subject="Lunch?")).engagement_id
    await until(lambda: _failed(stage, id_))
    stage.mailbox.answer = "550 no"
    await asyncio.sleep(6)
    stage.mailbox.answer = None
    await stage.tocsin.stop_page(id_, reason="eaten")
    await stage.handle(id_).result()
    return [id_]


async def rejected_runbook(stage: Stage) -> list[str]:
    """A runbook without an incident that is rejected."""
    id_ = await stage.tocsin.run_runbook("look-and-ask")
    await until(lambda: _waits_at(stage, id_, "ask"))
    await stage.tocsin.reject(id_, comment="not now")
    await until(lambda: _is_closed(stage, id_))
    return [id_]


SCENES = (
    whole_life,
    reopened,
    long_history,
    without_postgresql,
    answered_page,
    stopped_page,
    rejected_runbook,
)
"""Each returns the ids of the workflows whose histories are kept."""


async def _automations(stage: Stage, id_: str) -> list[str]:
    found: list[str] = []

    async def started() -> bool:
        details = await stage.tocsin.get_incident(id_)
        found[:] = [automation.execution_id for automation in details.automations]
        return bool(found)

    await until(started)
    return found


async def _waits_at(stage: Stage, execution_id: str, step: str) -> bool:
    state = await stage.handle(execution_id).query("state")
    steps = state.get("steps", []) if isinstance(state, dict) else []
    return any(record["name"] == step and record["status"] == "Waiting" for record in steps)


async def _engages(stage: Stage, id_: str, contact: str, engagement_id: str | None = None) -> bool:
    state = await stage.handle(id_).query("state")
    engagements = state["engagements"] if isinstance(state, dict) else []
    return any(
        contact in engagement["people"]
        for engagement in engagements
        if engagement_id in (None, engagement["engagement_id"])
    )


async def _failed(stage: Stage, id_: str) -> bool:
    record = await stage.tocsin.get_engagement(id_)
    return record.status is EngagementStatus.ENGAGED and any(
        page.failures for person in record.people.values() for page in person.pages
    )


async def _is_closed(stage: Stage, id_: str) -> bool:
    return (await stage.handle(id_).describe()).close_time is not None
