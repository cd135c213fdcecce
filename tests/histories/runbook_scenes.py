"""Scenes of runbooks: the turns that their executions can take."""

import uuid

from tests.histories.stage import Stage, is_closed, until, waits_at
from workflows.automation import AutomationWorkflow
from workflows.automation_messages import StopType
from workflows.inputs import AutomationInput, RateControl

RUNBOOKS = """
---
kind: Runbook
name: child
document:
  schemaVersion: '0.3'
  parameters: {Host: {type: String}}
  mainSteps:
    - {name: nap, action: 'aws:sleep', onCancel: 'step:wake', inputs: {Duration: '{{ Host }}'}}
    - {name: last, action: 'aws:sleep', inputs: {Duration: PT0S}, isEnd: true}
    - {name: wake, action: 'tocsin:runShell', inputs: {Commands: [echo awake]}}
---
kind: Runbook
name: parent
document:
  schemaVersion: '0.3'
  parameters: {Host: {type: String}}
  mainSteps:
    - name: run
      action: aws:executeAutomation
      inputs: {DocumentName: child, RuntimeParameters: {Host: '{{ Host }}'}}
---
kind: Runbook
name: turns
document:
  schemaVersion: '0.3'
  variables: {Seen: {type: String, default: none}}
  mainSteps:
    - name: each
      action: aws:loop
      inputs:
        Iterators: [a, b]
        Steps:
          - {name: mark, action: 'aws:updateVariable', inputs: {Name: 'variable:Seen', Value: '{{ each.CurrentIteratorValue }}'}}
          - {name: say, action: 'tocsin:runShell', inputs: {Commands: [echo hello]}}
    - {name: fail, action: 'tocsin:runShell', onFailure: Pause, onRollback: 'step:undo', inputs: {Commands: ['false']}}
    - {name: hand, action: 'tocsin:manual', onRollback: 'step:undo', inputs: {Message: Pull the cable}}
    - {name: snore, action: 'tocsin:runShell', onFailure: Continue, isEnd: true, inputs: {Commands: [sleep 60]}}
    - {name: undo, action: 'aws:sleep', inputs: {Duration: PT0S}}
"""  # noqa: E501 - a line a step


async def runbook_turns(stage: Stage) -> list[str]:
    """A loop, a failure that is tried again and then passed over, work by hand, a step that is stopped; undone."""
    tocsin = stage.tocsin
    id_ = await tocsin.run_runbook("turns")
    await until(lambda: _stands_at(stage, id_, "fail"))
    await tocsin.retry_step(id_)
    await until(lambda: _stands_at(stage, id_, "fail", attempt=2))
    await tocsin.skip_step(id_, note="known")
    await until(lambda: waits_at(stage, id_, "hand"))
    await tocsin.resume(id_, note="done")
    await until(lambda: _runs(stage, id_, "snore"))
    await tocsin.stop_step(id_)
    await stage.handle(id_).result()
    undoing = await tocsin.roll_back(id_)
    await stage.handle(undoing).result()
    return [id_, undoing]


async def child_stopped(stage: Stage) -> list[str]:
    """A parent is stopped while its child sleeps: the child wakes first."""
    id_ = await stage.tocsin.run_runbook("parent", {"Host": "PT1H"})
    await until(lambda: _has_child(stage, id_))
    [child] = (await stage.tocsin.get_automation(id_)).children
    await until(lambda: _runs(stage, child.execution_id, "nap"))
    await stage.tocsin.stop_runbook(id_, type_=StopType.CANCEL)
    await until(lambda: is_closed(stage, id_))
    return [id_, child.execution_id]


async def many_targets(stage: Stage) -> list[str]:
    """One execution for each of three targets, one of which fails."""
    control = RateControl(
        target_parameter_name="Host",
        targets=[{"Key": "ParameterValues", "Values": ["PT0S", "PT0.1S", "soon"]}],
        max_concurrency="50%",
        max_errors="1",
    )
    id_ = await stage.tocsin.run_runbook("child", rate_control=control)
    await until(lambda: is_closed(stage, id_))
    return [id_]


async def long_runbook(stage: Stage) -> list[str]:
    """A loop that goes on through several runs."""
    document = {
        "schemaVersion": "0.3",
        "mainSteps": [
            {
                "name": "each",
                "action": "aws:loop",
                "inputs": {
                    "Iterators": ["a", "b", "c", "d"],
                    "Steps": [{"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT0.01S"}}],
                },
            }
        ],
    }
    given = AutomationInput(
        execution_id=str(uuid.uuid4()),
        document_name="long",
        document=document,
        started_by="rec",
        history_limit=20,
    )
    await stage.tocsin.temporal.start_workflow(
        AutomationWorkflow.run, given, id=given.execution_id, task_queue=stage.task_queue
    )
    await until(lambda: is_closed(stage, given.execution_id))
    return [given.execution_id]


async def _stands_at(stage: Stage, id_: str, step: str, *, attempt: int = 1) -> bool:
    state = await stage.handle(id_).query("state")
    held = state.get("hold") and state["current_step"] == step
    return bool(held) and any(one["name"] == step and one["attempt"] == attempt for one in state["steps"])


async def _runs(stage: Stage, id_: str, step: str) -> bool:
    state = await stage.handle(id_).query("state")
    return any(one["name"] == step and one["status"] == "InProgress" for one in state.get("steps", []))


async def _has_child(stage: Stage, id_: str) -> bool:
    return bool((await stage.tocsin.get_automation(id_)).children)


RUNBOOK_SCENES = (runbook_turns, child_stopped, many_targets, long_runbook)
