"""How a document flows: loops, variables, modes, people between the steps."""

from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
import yaml
from temporalio.client import Client

from client import ConflictError, NotFoundError
from client.errors import TocsinError
from client.history import history_runs
from definitions.automation import Mode
from records.database import Pool
from settings import Settings
from tests.incidents.conftest import until
from tests.runbooks.conftest import Runbooks
from worker.host import make_worker, sandbox
from workflows.automation import AutomationWorkflow
from workflows.inputs import AutomationInput

ROUNDS = """
variables:
  Seen: {type: StringList, default: []}
mainSteps:
  - name: each
    action: aws:loop
    inputs:
      Iterators: '{{ Hosts }}'
      Steps:
        - name: skip
          action: aws:branch
          inputs:
            Choices: [{NextStep: stop, Variable: '{{ each.CurrentIteratorValue }}', StringEquals: enough}]
            Default: keep
        - name: keep
          action: aws:updateVariable
          inputs: {Name: 'variable:Seen', Value: ['{{ variable:Seen }}', '{{ each.CurrentIteratorValue }}']}
        - name: rest
          action: aws:sleep
          inputs: {Duration: PT0S}
          isEnd: true
  - name: after
    action: aws:sleep
    inputs: {Duration: PT0S}
    isEnd: true
  - name: stop
    action: aws:sleep
    inputs: {Duration: PT0S}
parameters:
  Hosts: {type: StringList}
"""


async def test_a_loop_runs_its_body_for_each_value(runbooks: Runbooks) -> None:
    await runbooks.apply(rounds=ROUNDS)
    id_ = await runbooks.tocsin.run_runbook("rounds", {"Hosts": ["a", "b"]})
    assert (await runbooks.ended(id_)).status == "Success"
    body = [("skip", "Success"), ("keep", "Success"), ("rest", "Success")]
    assert await runbooks.trace(id_) == [("each", "Success"), *body, *body, ("after", "Success")]
    assert (await runbooks.details(id_)).automation.state["variables"] == {"Seen": ["a", "b"]}


async def test_a_body_that_jumps_out_ends_the_loop_as_exited(runbooks: Runbooks) -> None:
    await runbooks.apply(rounds=ROUNDS)
    id_ = await runbooks.tocsin.run_runbook("rounds", {"Hosts": ["a", "enough", "c"]})
    assert (await runbooks.ended(id_)).status == "Success"
    assert await runbooks.trace(id_) == [
        ("each", "Exited"),
        ("skip", "Success"),
        ("keep", "Success"),
        ("rest", "Success"),
        ("skip", "Success"),
        ("stop", "Success"),
    ]


async def test_a_long_execution_goes_on_in_a_new_run_and_its_records_are_whole(runbooks: Runbooks) -> None:
    hosts = [f"h{number}" for number in range(5)]
    given = AutomationInput(
        execution_id=str(uuid4()),
        document_name="rounds",
        document={"schemaVersion": "0.3", **yaml.safe_load(ROUNDS.replace("PT0S", "PT0.01S"))},
        parameters={"Hosts": hosts},
        started_by="chi",
        history_limit=40,
    )
    id_ = given.execution_id
    await runbooks.start(given)
    assert (await runbooks.ended(id_)).status == "Success"
    assert len(await runbooks.trace(id_)) == 2 + 3 * len(hosts)
    assert (await runbooks.details(id_)).automation.state["variables"] == {"Seen": hosts}
    assert len(await history_runs(runbooks.tocsin.temporal, id_)) > 1, "there was only one run"


async def test_an_interactive_execution_waits_before_each_step(runbooks: Runbooks) -> None:
    await runbooks.apply(rounds=ROUNDS)
    id_ = await runbooks.tocsin.run_runbook("rounds", {"Hosts": []}, mode=Mode.INTERACTIVE)
    await runbooks.waits(id_, "each")
    with pytest.raises(NotFoundError, match="'each'") as refused:
        await runbooks.tocsin.start_step(id_, step="after")
    assert refused.value.aws == "AutomationStepNotFoundException"
    assert await runbooks.tocsin.start_step(id_) == "each"
    await runbooks.waits(id_, "after")
    assert (await runbooks.details(id_)).automation.status == "Waiting"
    assert await runbooks.tocsin.start_step(id_, step="after") == "after"
    assert (await runbooks.ended(id_)).status == "Success"


async def test_signals_in_the_wrong_state_are_refused_in_awss_words(runbooks: Runbooks) -> None:
    await runbooks.apply(holds="mainSteps: [{name: hold, action: 'aws:pause', inputs: {}}]")
    id_ = await runbooks.tocsin.run_runbook("holds")
    await runbooks.waits(id_, "hold")
    for attempt in (runbooks.tocsin.approve, runbooks.tocsin.start_step, runbooks.tocsin.retry_step):
        with pytest.raises(ConflictError) as refused:
            await attempt(id_)
        assert refused.value.aws == "InvalidAutomationSignalException"
    await runbooks.tocsin.resume(id_)
    await runbooks.ended(id_)
    with pytest.raises(TocsinError, match="has ended"):
        await runbooks.tocsin.stop_runbook(id_)


async def test_temporals_own_tools_can_resume_and_approve(runbooks: Runbooks) -> None:
    await runbooks.apply(
        asks="""
        mainSteps:
          - {name: hold, action: 'aws:pause', inputs: {}}
          - {name: ask, action: 'aws:approve', inputs: {Approvers: [dora]}}
        """
    )
    id_ = await runbooks.tocsin.run_runbook("asks")
    handle = runbooks.tocsin.temporal.get_workflow_handle(id_)
    await runbooks.waits(id_, "hold")
    await handle.signal("resume", {"author": "dora"})
    await runbooks.waits(id_, "ask")
    await handle.signal("approve", {"author": "mallory"})
    await handle.signal("approve", {"author": "dora"})
    assert (await runbooks.ended(id_)).status == "Success"
    refused = [event for event in await runbooks.tocsin.timeline(id_) if "Refusal" in event.event_type]
    assert [event.data["signal"] for event in refused] == ["approve"]


FLAKY = """
parameters:
  Flag: {type: String}
mainSteps:
  - name: look
    action: tocsin:runShell
    onFailure: Pause
    inputs: {Commands: ['test -e "$FLAG"'], Environment: {FLAG: '{{ Flag }}'}}
  - name: after
    action: aws:sleep
    inputs: {Duration: PT0S}
"""


async def test_a_failed_step_waits_to_be_tried_again(runbooks: Runbooks, tmp_path: Path) -> None:
    await runbooks.apply(flaky=FLAKY)
    flag = tmp_path / "flag"
    id_ = await runbooks.tocsin.run_runbook("flaky", {"Flag": str(flag)})
    await runbooks.waits(id_, "look")
    assert (await runbooks.details(id_)).automation.state["hold"] == "FailedStep"
    assert await runbooks.tocsin.retry_step(id_, note="no change") == "look"

    async def tried_twice() -> bool:
        state = await runbooks.state(id_)
        return bool(state["hold"]) and state["steps"][0]["attempt"] == 2

    await until(tried_twice)
    flag.touch()
    await runbooks.tocsin.retry_step(id_)
    assert (await runbooks.ended(id_)).status == "Success"
    assert await runbooks.trace(id_) == [("look", "Success"), ("after", "Success")]


async def test_a_failed_step_is_skipped_and_no_longer_decides(runbooks: Runbooks, tmp_path: Path) -> None:
    await runbooks.apply(flaky=FLAKY)
    id_ = await runbooks.tocsin.run_runbook("flaky", {"Flag": str(tmp_path / "flag")})
    await runbooks.waits(id_, "look")
    assert await runbooks.tocsin.skip_step(id_, note="known") == "look"
    assert (await runbooks.ended(id_)).status == "Success"
    assert await runbooks.trace(id_) == [("look", "Failed"), ("after", "Success")]


async def test_what_people_do_by_hand_is_confirmed_or_skipped_with_a_note(runbooks: Runbooks) -> None:
    await runbooks.apply(
        by_hand="""
        mainSteps:
          - {name: unplug, action: 'tocsin:manual', inputs: {Message: Pull the red cable}}
          - {name: plug, action: 'tocsin:manual', inputs: {Message: Put it back}}
        outputs: [unplug.Decision, unplug.Note, plug.Decision]
        """
    )
    id_ = await runbooks.tocsin.run_runbook("by-hand")
    await runbooks.waits(id_, "unplug")
    assert await runbooks.tocsin.resume(id_, note="it was stuck") == "unplug"
    await runbooks.waits(id_, "plug")
    assert await runbooks.tocsin.skip_step(id_, note="no spare") == "plug"
    outputs = (await runbooks.ended(id_)).outputs
    assert outputs == {
        "unplug.Decision": ["Confirmed"],
        "unplug.Note": ["it was stuck"],
        "plug.Decision": ["Skipped"],
    }


async def test_a_running_step_is_stopped_and_its_on_failure_decides(runbooks: Runbooks) -> None:
    await runbooks.apply(
        slow="""
        mainSteps:
          - {name: snore, action: 'aws:sleep', inputs: {Duration: PT1H}, onFailure: Continue}
          - {name: after, action: 'aws:sleep', inputs: {Duration: PT0S}}
        """
    )
    id_ = await runbooks.tocsin.run_runbook("slow")
    await runbooks.runs(id_, "snore")
    assert await runbooks.tocsin.stop_step(id_, step="snore", note="long enough") == "snore"
    assert (await runbooks.ended(id_)).status == "Success"
    [snore] = [step for step in (await runbooks.details(id_)).steps if step.name == "snore"]
    assert (snore.status, snore.failure_message) == ("Failed", "stopped by chi")


async def test_a_step_that_is_stopped_is_not_tried_again(runbooks: Runbooks) -> None:
    await runbooks.apply(
        slow="""
        mainSteps:
          - name: snore
            action: tocsin:runShell
            maxAttempts: 3
            onFailure: Continue
            inputs: {Commands: [sleep 60]}
        """
    )
    id_ = await runbooks.tocsin.run_runbook("slow")
    await runbooks.runs(id_, "snore")
    await runbooks.tocsin.stop_step(id_)
    assert (await runbooks.ended(id_)).status == "Success"
    [snore] = (await runbooks.state(id_))["steps"]
    assert (snore["status"], snore["attempt"], snore["failure_message"]) == ("Failed", 1, "stopped by chi")


BODY_PAUSES = """
mainSteps:
  - name: each
    action: aws:loop
    inputs:
      Iterators: [a]
      Steps: [{name: bad, action: 'tocsin:runShell', onFailure: Pause, inputs: {Commands: ['false']}}]
"""


async def test_a_loop_whose_last_step_is_skipped_has_ended_on_record(runbooks: Runbooks) -> None:
    await runbooks.apply(rounds=BODY_PAUSES)
    id_ = await runbooks.tocsin.run_runbook("rounds")
    await runbooks.waits(id_, "bad")
    await runbooks.tocsin.skip_step(id_)
    assert (await runbooks.ended(id_)).status == "Success"
    assert await runbooks.trace(id_) == [("each", "Success"), ("bad", "Failed")]


async def test_a_loop_that_is_stopped_between_its_steps_is_cancelled_on_record(runbooks: Runbooks) -> None:
    await runbooks.apply(rounds=BODY_PAUSES)
    id_ = await runbooks.tocsin.run_runbook("rounds", mode=Mode.INTERACTIVE)
    await runbooks.waits(id_, "each")
    await runbooks.tocsin.start_step(id_)
    await runbooks.waits(id_, "bad")
    await runbooks.tocsin.stop_runbook(id_)
    assert (await runbooks.ended(id_)).status == "Cancelled"
    assert await runbooks.trace(id_) == [("each", "Cancelled")]


async def test_a_step_that_fails_still_puts_out_what_it_has_to_show(runbooks: Runbooks) -> None:
    await runbooks.apply(
        fails="""
        mainSteps:
          - {name: try, action: 'tocsin:runShell', onFailure: Continue, inputs: {Commands: [echo hello, exit 7]}}
        outputs: [try.Output, try.ExitCode]
        """
    )
    id_ = await runbooks.tocsin.run_runbook("fails")
    assert (await runbooks.ended(id_)).outputs == {"try.Output": ["hello"], "try.ExitCode": ["7"]}


async def test_a_sleep_longer_than_its_timeout_times_out(runbooks: Runbooks) -> None:
    await runbooks.apply(
        naps="mainSteps: [{name: nap, action: 'aws:sleep', timeoutSeconds: 1, inputs: {Duration: PT1H}}]"
    )
    id_ = await runbooks.tocsin.run_runbook("naps")
    result = await runbooks.ended(id_)
    assert (result.status, result.failure_message) == ("TimedOut", "Step nap timed out: not done within 1 s")


async def test_what_comes_before_the_first_step_of_a_new_run_is_heard(
    runbooks: Runbooks, settings: Settings, temporal: Client, pool: Pool
) -> None:
    """The worker is away when an execution is stopped: it learns of that and of its start at once."""
    given = AutomationInput(
        execution_id=str(uuid4()),
        document_name="rounds",
        document={"schemaVersion": "0.3", **yaml.safe_load(ROUNDS)},
        parameters={"Hosts": ["a"]},
        started_by="chi",
    )
    settings = settings.model_copy(update={"task_queue": f"{settings.task_queue}-later"})
    handle = await temporal.start_workflow(
        AutomationWorkflow.run, given, id=given.execution_id, task_queue=settings.task_queue
    )
    await handle.signal("stop", {"author": "chi"})
    async with (
        httpx2.AsyncClient() as http,
        make_worker(temporal, pool, settings, http, workflow_runner=sandbox()),
    ):
        assert (await runbooks.ended(given.execution_id)).status == "Cancelled"
    events = [event.event_type for event in await runbooks.tocsin.timeline(given.execution_id)]
    assert "Refusal" not in str(events)
