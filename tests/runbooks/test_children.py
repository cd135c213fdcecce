"""Executions that start others: children, targets, roll-backs, and what stopping means for them."""

import asyncio
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.api.enums.v1 import EventType

from client import ConflictError, InvalidInputError
from records.batches import AutomationRecord
from tests.incidents.conftest import until
from tests.runbooks.conftest import Runbooks
from workflows.automation_messages import StopType
from workflows.inputs import AutomationInput, RateControl, RateControlInput
from workflows.rate_control import RateControlWorkflow

CHILD = """
parameters:
  Host: {type: String, allowedPattern: '[a-z0-9-]+'}
mainSteps:
  - name: say
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: say
      InputPayload: {host: '{{ Host }}'}
      Script: |
        def say(events, context):
            if events["host"].startswith("bad"):
                raise ValueError("no such host")
            return events["host"].upper()
    outputs: [{Name: Said, Selector: $.Payload, Type: String}]
outputs: [say.Said]
"""

PARENT = """
parameters:
  Host: {type: String}
mainSteps:
  - name: child
    action: aws:executeAutomation
    onFailure: Continue
    inputs:
      DocumentName: says
      RuntimeParameters: {Host: ['{{ Host }}']}
  - name: was
    action: aws:branch
    inputs:
      Choices: [{NextStep: good, Variable: '{{ child.Status }}', StringEquals: Success}]
      Default: bad
  - {name: good, action: 'aws:sleep', inputs: {Duration: PT0S}, isEnd: true}
  - {name: bad, action: 'aws:sleep', inputs: {Duration: PT0S}}
outputs: [child.Output, child.Status]
"""


async def children_of(runbooks: Runbooks, id_: str) -> list[AutomationRecord]:
    return (await runbooks.details(id_)).children


async def test_a_child_puts_out_what_its_document_does(runbooks: Runbooks) -> None:
    await runbooks.apply(says=CHILD, parent=PARENT)
    id_ = await runbooks.tocsin.run_runbook("parent", {"Host": "web-1"})
    result = await runbooks.ended(id_)
    assert (result.status, result.outputs) == (
        "Success",
        {"child.Output": ["WEB-1"], "child.Status": ["Success"]},
    )
    [child] = await children_of(runbooks, id_)
    assert (child.document_name, child.status, child.parent_execution_id) == ("says", "Success", id_)
    [step] = [step for step in (await runbooks.details(id_)).steps if step.name == "child"]
    assert step.outputs["ExecutionId"] == child.execution_id


async def test_a_child_that_fails_fails_its_step_and_can_still_be_read(runbooks: Runbooks) -> None:
    await runbooks.apply(says=CHILD, parent=PARENT)
    id_ = await runbooks.tocsin.run_runbook("parent", {"Host": "bad"})
    assert (await runbooks.ended(id_)).status == "Success"
    assert ("bad", "Success") in await runbooks.trace(id_)
    [child] = await children_of(runbooks, id_)
    [step] = [step for step in (await runbooks.details(id_)).steps if step.name == "child"]
    assert "no such host" in str(step.failure_message)
    assert step.outputs == {"ExecutionId": child.execution_id, "Status": "Failed", "Output": [_NO_OUTPUT]}


_NO_OUTPUT = "No output available yet because the step is not successfully executed"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("DocumentName: nothing-like-it", "there is no runbook 'nothing-like-it'"),
        ("{DocumentName: says, RuntimeParameters: {Hots: a}}", "unknown parameter 'Hots'"),
        ("DocumentName: itself", "10 executions started one another"),
    ],
)
async def test_a_child_that_cannot_start_fails_its_step_in_words(
    runbooks: Runbooks, document: str, told: str
) -> None:
    inputs = document if document.startswith("{") else f"{{{document}}}"
    await runbooks.apply(
        says=CHILD, itself=f"mainSteps: [{{name: child, action: 'aws:executeAutomation', inputs: {inputs}}}]"
    )
    id_ = await runbooks.tocsin.run_runbook("itself")
    result = await runbooks.ended(id_)
    assert result.status == "Failed"
    assert told in str(result.failure_message)


async def test_stopping_the_parent_stops_the_child_which_cleans_up_first(runbooks: Runbooks) -> None:
    await runbooks.apply(
        sleeper="""
        mainSteps:
          - {name: snore, action: 'tocsin:runShell', onCancel: 'step:wake', inputs: {Commands: [sleep 600]}}
          - {name: wake, action: 'tocsin:runShell', inputs: {Commands: [echo awake]}}
        """,
        parent="""
        mainSteps:
          - {name: child, action: 'aws:executeAutomation', inputs: {DocumentName: sleeper}}
          - {name: never, action: 'aws:sleep', inputs: {Duration: PT0S}}
        """,
    )
    id_ = await runbooks.tocsin.run_runbook("parent")

    async def snoring() -> str | None:
        children = await children_of(runbooks, id_)
        if not children:
            return None
        state = await runbooks.state(children[0].execution_id)
        return children[0].execution_id if state.get("current_step") == "snore" else None

    child = str(await until(snoring))
    await asyncio.sleep(0.3)
    await runbooks.tocsin.stop_runbook(id_, reason="enough")
    assert (await runbooks.ended(id_)).status == "Cancelled"
    assert (await runbooks.ended(child)).status == "Cancelled"
    assert await runbooks.trace(child) == [("snore", "Cancelled"), ("wake", "Success")]
    assert await runbooks.trace(id_) == [("child", "Cancelled")]


async def test_one_execution_for_each_target(runbooks: Runbooks) -> None:
    await runbooks.apply(says=CHILD)
    hosts = ["a", "b", "c", "d", "e"]
    control = RateControl(
        target_parameter_name="Host",
        targets=[{"Key": "ParameterValues", "Values": hosts}],
        max_concurrency="3",
    )
    id_ = await runbooks.tocsin.run_runbook("says", rate_control=control)
    assert (await runbooks.ended(id_)).status == "Success"
    children = await children_of(runbooks, id_)
    assert sorted(child.target["Host"][0] for child in children) == hosts
    assert (await runbooks.details(id_)).automation.progress == {"Success": 5}


async def test_one_error_more_than_allowed_and_no_other_target_begins(runbooks: Runbooks) -> None:
    await runbooks.apply(says=CHILD)
    control = RateControl(
        target_parameter_name="Host",
        targets=[{"Key": "ParameterValues", "Values": ["bad-1", "bad-2", "a", "b", "c"]}],
        max_concurrency="1",
        max_errors="1",
    )
    id_ = await runbooks.tocsin.run_runbook("says", rate_control=control)
    result = await runbooks.ended(id_)
    assert (result.status, result.failure_message) == ("Failed", "2 of 5 failed, 1 may")
    assert [child.status for child in await children_of(runbooks, id_)] == ["Failed", "Failed"]


async def test_targets_that_cannot_be_are_refused_at_the_start(runbooks: Runbooks) -> None:
    await runbooks.apply(says=CHILD)
    values = [{"Key": "ParameterValues", "Values": ["a"]}]
    with pytest.raises(InvalidInputError, match=r"no parameter 'host'.*did you mean 'Host'"):
        await runbooks.tocsin.run_runbook(
            "says", rate_control=RateControl(target_parameter_name="host", targets=values)
        )
    with pytest.raises(InvalidInputError, match="either targets"):
        await runbooks.tocsin.run_runbook("says", rate_control=RateControl(target_parameter_name="Host"))


async def test_stopping_an_execution_of_many_targets_begins_no_other(runbooks: Runbooks) -> None:
    await runbooks.apply(
        holds="""
        parameters: {Host: {type: String}}
        mainSteps: [{name: hold, action: 'aws:pause', inputs: {}}]
        """
    )
    control = RateControl(
        target_parameter_name="Host",
        targets=[{"Key": "ParameterValues", "Values": ["a", "b", "c"]}],
        max_concurrency="1",
    )
    id_ = await runbooks.tocsin.run_runbook("holds", rate_control=control)
    await until(lambda: children_of(runbooks, id_))
    await runbooks.tocsin.stop_runbook(id_, type_=StopType.CANCEL)
    assert (await runbooks.ended(id_)).status == "Cancelled"
    assert [child.status for child in await children_of(runbooks, id_)] == ["Cancelled"]


async def test_many_executions_with_large_inputs_are_not_started_in_one_message(runbooks: Runbooks) -> None:
    document = {
        "schemaVersion": "0.3",
        "parameters": {"Host": {"type": "String"}, "Pad": {"type": "String"}},
        "mainSteps": [{"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}],
    }
    given = RateControlInput(
        automation=AutomationInput(
            execution_id=str(uuid4()),
            document_name="fat",
            document=document,
            parameters={"Pad": "x" * 250_000},
            started_by="chi",
        ),
        rate_control=RateControl(
            target_maps=[{"Host": [f"h{number}"]} for number in range(15)], max_concurrency="100%"
        ),
    )
    id_ = given.automation.execution_id
    await runbooks.tocsin.temporal.start_workflow(
        RateControlWorkflow.run, given, id=id_, task_queue=runbooks.task_queue
    )
    assert (await runbooks.ended(id_)).status == "Success"
    history = await runbooks.tocsin.temporal.get_workflow_handle(id_).fetch_history()
    initiated = [
        event.start_child_workflow_execution_initiated_event_attributes.workflow_task_completed_event_id
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
    ]
    assert len(initiated) == 15
    assert max(Counter(initiated).values()) < 4, "250 kB each"


UNDOABLE = """
parameters:
  Log: {type: String}
  Last: {type: String, default: 'true'}
mainSteps:
  - name: one
    action: tocsin:runShell
    onRollback: step:undo_one
    inputs: {Commands: ['echo did one >> "$LOG"; echo first'], Environment: {LOG: '{{ Log }}'}}
    outputs: [{Name: Said, Selector: $.Output, Type: String}]
  - name: two
    action: tocsin:runShell
    onRollback: step:undo_two
    inputs: {Commands: ['echo did two >> "$LOG"'], Environment: {LOG: '{{ Log }}'}}
  - name: three
    action: tocsin:runShell
    onRollback: step:undo_three
    onFailure: Rollback
    isEnd: true
    inputs: {Commands: ['$LAST'], Environment: {LAST: '{{ Last }}'}}
  - name: undo_one
    action: tocsin:runShell
    inputs: {Commands: ['echo undid $WHAT >> "$LOG"'], Environment: {LOG: '{{ Log }}', WHAT: '{{ one.Said }}'}}
  - name: undo_two
    action: tocsin:runShell
    inputs: {Commands: ['echo undid two >> "$LOG"'], Environment: {LOG: '{{ Log }}'}}
  - name: undo_three
    action: tocsin:runShell
    inputs: {Commands: ['echo undid three >> "$LOG"'], Environment: {LOG: '{{ Log }}'}}
"""


async def test_a_failure_rolls_back_what_was_done_last_step_first(runbooks: Runbooks, tmp_path: Path) -> None:
    await runbooks.apply(undoable=UNDOABLE)
    log = tmp_path / "log"
    id_ = await runbooks.tocsin.run_runbook("undoable", {"Log": str(log), "Last": "false"})
    assert (await runbooks.ended(id_)).status == "Failed"
    assert log.read_text().split() == ["did", "one", "did", "two", "undid", "two", "undid", "first"]


async def test_a_person_undoes_an_execution_that_went_well(runbooks: Runbooks, tmp_path: Path) -> None:
    await runbooks.apply(undoable=UNDOABLE)
    log = tmp_path / "log"
    id_ = await runbooks.tocsin.run_runbook("undoable", {"Log": str(log)})
    assert (await runbooks.ended(id_)).status == "Success"
    undoing = await runbooks.tocsin.roll_back(id_)
    assert (await runbooks.ended(undoing)).status == "Success"
    told = ["did one", "did two", "undid three", "undid two", "undid first"]
    assert [line.strip() for line in log.read_text().splitlines() if line.strip()] == told
    details = await runbooks.details(undoing)
    assert details.automation.undoes == id_
    with pytest.raises(ConflictError, match="nothing to undo"):
        await runbooks.tocsin.roll_back(undoing)
    with pytest.raises(ConflictError, match=f"has been undone by {undoing}"):
        await runbooks.tocsin.roll_back(id_)


async def test_an_incident_hears_of_an_execution_over_targets(runbooks: Runbooks, tmp_path: Path) -> None:
    await runbooks.apply(says=CHILD)
    plan = tmp_path / "plan.yaml"
    plan.write_text("{kind: ResponsePlan, name: hosts, incident_template: {title: Hosts are odd, impact: 3}}")
    await runbooks.tocsin.apply([plan])
    incident = (await runbooks.tocsin.start_incident("hosts")).incident.incident_id
    control = RateControl(target_parameter_name="Host", targets=[{"Key": "ParameterValues", "Values": ["a"]}])
    id_ = await runbooks.tocsin.run_runbook("says", incident_id=incident, rate_control=control)
    await runbooks.ended(id_)

    async def told() -> list[str]:
        events = await runbooks.tocsin.timeline(incident)
        return [event.data["status"] for event in events if event.data.get("executionId") == id_]

    async def told_everything() -> bool:
        return (await told())[-1:] == ["Success"]

    await until(told_everything)
    assert (await told())[0] == "Pending"
    await runbooks.tocsin.resolve(incident)
    await runbooks.tocsin.skip_analysis(incident, reason="a drill")

    async def closed() -> bool:
        return (await runbooks.tocsin.get_incident(incident)).incident.closed_at is not None

    await until(closed)
    with pytest.raises(ConflictError, match="is closed"):
        await runbooks.tocsin.run_runbook("says", incident_id=incident, rate_control=control)
