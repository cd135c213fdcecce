"""What is recorded: short stories on real parts that between them take every turn a workflow can take."""

import asyncio
import uuid
from datetime import timedelta

from activities.activation import CodeRequest
from activities.paging.messages import Notice
from records.engagements import EngagementStatus
from records.incidents import RelatedItem, RelatedItemType
from tests.histories.runbook_scenes import RUNBOOK_SCENES, RUNBOOKS
from tests.histories.stage import Stage, is_closed, until, waits_at
from workflows.hand_offs import HandOffsWorkflow, WatchHandOffs
from workflows.notices import ActivationWorkflow, NoticeWorkflow

DEFINITIONS = (
    """
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
kind: OnCallSchedule
name: watched
rotations: [turns]
notify_hand_offs: true
---
kind: EscalationPlan
name: shop
stages:
  - {duration: 3s, targets: [{contact: ana, is_essential: false}]}
  - {duration: 1s, targets: [{contact: primary}]}
  - {duration: 1h, targets: [{contact: ana}]}
---
kind: Contact
name: cho
channels: [{name: mail, type: EMAIL, address: cho@shop.example}]
plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
---
kind: Contact
name: mute
channels: [{name: phone, type: SMS, address: '+4915112345678'}]
plan: {stages: [{duration: 1h, targets: [{channel: phone}]}]}
---
kind: WorkingHours
name: always
time_zone: UTC
hours:
  MON: [{start: '00:00', end: '00:00'}]
  TUE: [{start: '00:00', end: '00:00'}]
  WED: [{start: '00:00', end: '00:00'}]
  THU: [{start: '00:00', end: '00:00'}]
  FRI: [{start: '00:00', end: '00:00'}]
  SAT: [{start: '00:00', end: '00:00'}]
  SUN: [{start: '00:00', end: '00:00'}]
---
kind: EscalationPlan
name: inner
stages: [{duration: 1h, targets: [{contact: cho}]}]
---
kind: EscalationPlan
name: rich
on_essential_ack: silence_all
repeat: 1
stages:
  - {duration: 1m, targets: [{contact: mute}]}
  - {duration: 1h, targets: [{contact: inner}, {contact: ana}], when: {during: always}}
  - {duration: 1m, targets: [{contact: ana}], when: {impact: [5]}}
  - {duration: 1m, targets: [{contact: ana}], when: {outside: always}}
  - {duration: 1h, targets: [{contact: primary}, {contact: cho}], all_must_acknowledge: true}
---
kind: EscalationPlan
name: nobody
repeat: 1
fallback: cho
stages: [{duration: 1m, targets: [{contact: mute}]}]
---
kind: ResponsePlan
name: rich
incident_template: {title: The shop is odd, impact: 3}
engagements: [rich]
re_engage_on_impact_rise: true
messages: {subject: 'Wake up, {{ display_name or contact }}'}
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
    + RUNBOOKS
)


async def whole_life(stage: Stage) -> list[str]:
    """Nobody answers, a runbook asks, the second answers, the incident is resolved, reminded of and analysed."""
    tocsin = stage.tocsin
    id_ = (await tocsin.start_incident("shop-down")).incident.incident_id
    automations = await _automations(stage, id_)
    await until(lambda: waits_at(stage, automations[0], "ask"))
    await tocsin.approve(automations[0])
    await until(lambda: waits_at(stage, automations[0], "hold"))
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
    """A page without an incident: a channel that fails, the next one, an answer, which is not taken back."""
    mails = len(stage.mailbox.to("ben@shop.example"))
    id_ = (await stage.tocsin.page("primary", subject="Lunch?")).engagement_id
    await stage.mailed("ben", mails + 1)
    await stage.tocsin.acknowledge_page(id_, "ben", note="yes")
    await stage.tocsin.stop_page(id_)
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


async def rich_plan(stage: Stage) -> list[str]:
    """Stages that are skipped, a plan within, people who decline, hand over, snooze and take it back; it gets worse."""
    tocsin = stage.tocsin
    id_ = (await tocsin.start_incident("rich")).incident.incident_id
    await until(lambda: _engages(stage, id_, "cho"))
    await tocsin.decline(id_, "ana", note="on a ladder")
    await until(lambda: _engages(stage, id_, "ben"))
    await tocsin.hand_over(id_, "cho", to="ana", note="you know it")
    await tocsin.snooze(id_, "ben", duration=timedelta(minutes=1))
    await stage.mailed("ben", len(stage.mailbox.to("ben@shop.example")) + 1)
    await stage.handle(id_).signal(
        "deactivate_channel", {"contact": "ben", "channel": "mail", "reason": "OPTED_OUT"}
    )
    await stage.handle(id_).signal("refused_answer", {"answer": "code", "reason": "wrong", "author": "ana"})
    page = (await tocsin.get_incident(id_)).engagements[0].people["ana"].pages[0]
    for delivered in (True, False):
        report = {"page_id": page.page_id, "delivered": delivered, "provider_id": "SM1"}
        await stage.handle(id_).signal("report_delivery", report)
    await tocsin.acknowledge(id_, "ana")
    await tocsin.acknowledge(id_, "ben")
    await tocsin.unacknowledge(id_, "ana", note="it is not the index")
    await tocsin.acknowledge(id_, "ana")
    await tocsin.update_incident(id_, impact=1)
    await asyncio.sleep(1)
    await tocsin.resolve(id_)
    await tocsin.skip_analysis(id_, reason="a drill")
    await stage.handle(id_).result()
    return [id_]


async def nobody_heard(stage: Stage) -> list[str]:
    """A plan that reaches nobody, twice: the fallback is paged and answers, takes it back, and answers again."""
    mails = len(stage.mailbox.to("cho@shop.example"))
    id_ = (await stage.tocsin.page("nobody", subject="Lunch?")).engagement_id
    await stage.mailed("cho", mails + 1)
    await asyncio.sleep(70)
    await stage.tocsin.acknowledge_page(id_, "cho")
    await stage.tocsin.unacknowledge(id_, "cho")
    await stage.tocsin.acknowledge_page(id_, "cho")
    await stage.tocsin.stop_page(id_)
    await stage.handle(id_).result()
    return [id_]


async def notices(stage: Stage) -> list[str]:
    """A notice, an activation code, and a shift that changes hands."""
    catalog = await stage.tocsin.catalog()
    contact = catalog.contacts["cho"]
    queue, temporal = stage.task_queue, stage.tocsin.temporal
    notice, code, watch = (str(uuid.uuid4()) for _ in range(3))
    told = Notice(key=notice, channel=contact.channels[0], contact="cho", subject="Hello")
    await temporal.execute_workflow(NoticeWorkflow.run, told, id=notice, task_queue=queue)
    request = CodeRequest(key=code, contact="cho", display_name="Cho", channel=contact.channels[0])
    await temporal.execute_workflow(ActivationWorkflow.run, request, id=code, task_queue=queue)
    given = WatchHandOffs(schedule="watched", on_call=["ana"], rounds=2)
    mails = len(stage.mailbox.to("ben@shop.example"))
    await temporal.start_workflow(HandOffsWorkflow.run, given, id=watch, task_queue=queue)
    await stage.mailed("ben", mails + 1)
    await stage.handle(watch).signal("definitions_changed")
    await asyncio.sleep(2)
    await stage.handle(watch).terminate("recorded")
    return [notice, code, watch]


async def rejected_runbook(stage: Stage) -> list[str]:
    """A runbook without an incident that is rejected."""
    id_ = await stage.tocsin.run_runbook("look-and-ask")
    await until(lambda: waits_at(stage, id_, "ask"))
    await stage.tocsin.reject(id_, comment="not now")
    await until(lambda: is_closed(stage, id_))
    return [id_]


SCENES = (
    *RUNBOOK_SCENES,
    whole_life,
    reopened,
    long_history,
    without_postgresql,
    answered_page,
    stopped_page,
    rich_plan,
    nobody_heard,
    notices,
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
