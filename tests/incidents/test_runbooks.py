"""Runbooks of an incident and alone: scripts, approvals, pauses, stops."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from client import ConflictError, InvalidInputError, Tocsin
from definitions.automation import ExecutionStatus, StepStatus
from records.batches import AutomationRecord
from records.timeline import EventType
from tests.incidents.conftest import until
from workflows.automation_messages import StopType

RUNBOOKS = """
    kind: Runbook
    name: look-and-ask
    document:
      schemaVersion: '0.3'
      description: Adds two numbers, asks, and waits.
      parameters:
        First: {type: Integer}
        Incident: {type: String, default: ''}
      mainSteps:
        - name: add
          action: aws:executeScript
          inputs:
            Runtime: python3.11
            Handler: add
            InputPayload: {first: '{{ First }}', second: 2}
            Script: |
              def add(events, context):
                  print("adding")
                  return {"sum": events["first"] + events["second"], "id": context["automation:EXECUTION_ID"]}
          outputs: [{Name: Sum, Selector: $.Payload.sum, Type: Integer}]
        - name: big
          action: aws:branch
          inputs:
            Choices: [{NextStep: ask, Variable: '{{ add.Sum }}', NumericGreater: 10}]
            Default: rest
        - name: ask
          action: aws:approve
          inputs: {Approvers: [chi, dora], Message: 'It is {{ global:DATE }}'}
        - name: rest
          action: aws:sleep
          inputs: {Duration: PT0.1S}
        - name: hold
          action: aws:pause
          inputs: {}
      outputs: [add.Sum, ask.ApprovalStatus]
    ---
    kind: Runbook
    name: fails
    document:
      schemaVersion: '0.3'
      mainSteps:
        - name: breaks
          action: aws:executeScript
          maxAttempts: 2
          onFailure: step:tidy
          inputs:
            Runtime: python3.11
            Handler: run
            Script: "def run(events, context):\\n    raise ValueError('no such shop')"
        - name: skipped
          action: aws:sleep
          inputs: {Duration: PT1H}
        - name: tidy
          action: aws:sleep
          inputs: {Duration: PT0S}
    ---
    kind: Runbook
    name: sleeps
    document:
      schemaVersion: '0.3'
      mainSteps:
        - name: snore
          action: aws:executeScript
          onCancel: step:wake
          inputs:
            Runtime: python3.11
            Handler: run
            Script: |
              import time
              def run(events, context):
                  time.sleep(600)
          isEnd: true
        - name: wake
          action: aws:executeScript
          inputs: {Runtime: python3.11, Handler: run, Script: "def run(events, context): return 'woken'"}
          outputs: [{Name: Said, Selector: $.Payload, Type: String}]
      outputs: [wake.Said]
    ---
    kind: ResponsePlan
    name: with-runbook
    incident_template: {title: It needs a hand, impact: 2}
    runbook:
      name: look-and-ask
      parameters: {First: 40}
      dynamic_parameters: {Incident: INCIDENT_RECORD_ARN}
"""


@pytest.fixture
async def runbooks(tocsin: Tocsin, definitions: Callable[[str], Path], worker: None) -> Tocsin:
    await tocsin.apply([definitions(RUNBOOKS)])
    return tocsin


async def waits_at(tocsin: Tocsin, execution_id: str, step: str) -> dict[str, Any]:
    """The execution's state once the step waits for people."""

    async def waiting() -> dict[str, Any] | None:
        state = await _state(tocsin, execution_id)
        current = {record["name"]: record["status"] for record in state.get("steps", [])}
        return state if current.get(step) == StepStatus.WAITING else None

    state = await until(waiting)
    assert state is not None
    return state


async def _state(tocsin: Tocsin, execution_id: str) -> dict[str, Any]:
    state: dict[str, Any] = await tocsin.temporal.get_workflow_handle(execution_id).query("state")
    return state


async def ended(tocsin: Tocsin, execution_id: str) -> Any:
    async with asyncio.timeout(20):
        return await tocsin.temporal.get_workflow_handle(execution_id).result()


async def test_a_script_a_branch_an_approval_and_a_pause(runbooks: Tocsin) -> None:
    id_ = await runbooks.run_runbook("look-and-ask", {"First": 40})
    await waits_at(runbooks, id_, "ask")
    assert await runbooks.approve(id_, comment="go") == "Approved"
    await waits_at(runbooks, id_, "hold")
    details = await runbooks.get_automation(id_)
    assert [(step.name, step.place.value) for step in details.steps] == [
        ("add", "past"),
        ("big", "past"),
        ("ask", "past"),
        ("rest", "past"),
        ("hold", "current"),
    ]
    assert await runbooks.resume(id_, step="hold") == "hold"
    assert (await ended(runbooks, id_))["outputs"] == {"add.Sum": ["42"], "ask.ApprovalStatus": ["Approved"]}
    final = (await runbooks.get_automation(id_)).automation
    assert final.status == ExecutionStatus.SUCCESS
    assert await runbooks.timeline(id_) == await runbooks.timeline_from_history(id_)


async def test_an_incident_runs_its_plans_runbook_and_hears_of_every_step(runbooks: Tocsin) -> None:
    incident = (await runbooks.start_incident("with-runbook")).incident

    async def automations() -> list[AutomationRecord]:
        return (await runbooks.get_incident(incident.incident_id)).automations

    execution = (await until(automations))[0].execution_id
    state = await waits_at(runbooks, execution, "ask")
    assert state["parameters"] == {"First": 40, "Incident": incident.arn}
    await runbooks.reject(execution, comment="not now")
    await ended(runbooks, execution)
    await runbooks.resolve(incident.incident_id)
    timeline = await runbooks.timeline(incident.incident_id)
    steps = [
        (event.data["step"], event.data["stepStatus"])
        for event in timeline
        if event.event_type is EventType.AUTOMATION_STEP
    ]
    assert steps == [
        ("add", "InProgress"),
        ("add", "Success"),
        ("big", "InProgress"),
        ("big", "Success"),
        ("ask", "InProgress"),
        ("ask", "Waiting"),
        ("ask", "Failed"),
    ]
    [end] = [event for event in timeline if event.event_type is EventType.AUTOMATION_END]
    assert end.data["status"] == ExecutionStatus.FAILED
    assert "rejected by chi: not now" in end.data["failureMessage"]
    assert timeline == await runbooks.timeline_from_history(incident.incident_id)


async def test_a_failing_script_is_tried_again_and_then_the_failure_branch_runs(runbooks: Tocsin) -> None:
    id_ = await runbooks.run_runbook("fails")
    await ended(runbooks, id_)
    automation = (await runbooks.get_automation(id_)).automation
    steps = {step["name"]: step for step in automation.state["steps"]}
    assert automation.status == ExecutionStatus.FAILED
    assert steps["breaks"]["attempt"] == 2
    assert "ValueError - no such shop" in steps["breaks"]["failure_message"]
    assert steps["skipped"]["status"] == StepStatus.PENDING
    assert steps["tidy"]["status"] == StepStatus.SUCCESS


async def test_cancelling_kills_the_script_and_runs_the_steps_after_on_cancel(runbooks: Tocsin) -> None:
    id_ = await runbooks.run_runbook("sleeps")

    async def snoring() -> bool:
        return (await _state(runbooks, id_)).get("current_step") == "snore"

    await until(snoring)
    await asyncio.sleep(0.5)
    await runbooks.stop_runbook(id_, type_=StopType.CANCEL, reason="enough")
    assert (await ended(runbooks, id_))["outputs"] == {"wake.Said": ["woken"]}
    assert (await runbooks.get_automation(id_)).automation.status == ExecutionStatus.CANCELLED


async def test_only_an_approver_may_decide_and_only_while_a_step_waits(runbooks: Tocsin) -> None:
    id_ = await runbooks.run_runbook("look-and-ask", {"First": 40})
    await waits_at(runbooks, id_, "ask")
    with pytest.raises(ConflictError, match="no step of this execution is paused"):
        await runbooks.resume(id_)
    runbooks.author = "mallory"
    with pytest.raises(ConflictError, match="'mallory' is not an approver; the approvers are chi, dora"):
        await runbooks.approve(id_)
    runbooks.author = "chi"
    await runbooks.approve(id_)
    with pytest.raises(ConflictError, match="no step of this execution waits for approval"):
        await runbooks.approve(id_)


async def test_parameters_that_do_not_fit_are_refused_before_anything_starts(runbooks: Tocsin) -> None:
    with pytest.raises(InvalidInputError, match="First"):
        await runbooks.run_runbook("look-and-ask", {"First": "many"})
    with pytest.raises(InvalidInputError, match="Secnd"):
        await runbooks.run_runbook("look-and-ask", {"First": 1, "Secnd": 2})
