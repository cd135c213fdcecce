"""Where steps run and what they are given: runners, secrets, attached files, logs while they run."""

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from temporalio.client import Client

from settings import Settings
from tests.incidents.conftest import until
from tests.runbooks.conftest import Runbooks
from worker.runner import run_runner

SECRET = "hunter2-but-longer"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SECRET_API", SECRET)


async def test_a_step_with_a_runner_runs_there_and_nowhere_else(
    runbooks: Runbooks, settings: Settings
) -> None:
    await runbooks.apply(
        there="""
        mainSteps:
          - name: look
            action: tocsin:runShell
            runner: edge
            inputs: {Commands: [echo from the edge]}
            outputs: [{Name: Said, Selector: $.Output, Type: String}]
        outputs: [look.Said]
        """
    )
    id_ = await runbooks.tocsin.run_runbook("there")
    await runbooks.runs(id_, "look")
    await asyncio.sleep(0.5)
    assert (await runbooks.state(id_))["steps"][0]["status"] == "InProgress", "somebody else took it"
    runner = asyncio.create_task(run_runner(settings.model_copy(update={"database_url": None}), "edge"))
    try:
        result = await runbooks.ended(id_)
    finally:
        runner.cancel()
        await asyncio.wait([runner])
    assert (result.status, result.outputs) == ("Success", {"look.Said": ["from the edge"]})


async def test_a_runner_that_is_not_there_times_the_step_out_and_is_named(runbooks: Runbooks) -> None:
    await runbooks.apply(
        nowhere="""
        runner: moon
        mainSteps: [{name: look, action: 'tocsin:runShell', timeoutSeconds: 1, inputs: {Commands: ['true']}}]
        """
    )
    id_ = await runbooks.tocsin.run_runbook("nowhere")
    result = await runbooks.ended(id_)
    assert result.status == "TimedOut"
    assert "`tocsin worker --runner moon`" in str(result.failure_message)


async def test_a_secret_reaches_the_step_and_nothing_else(runbooks: Runbooks) -> None:
    await runbooks.apply(
        secretive="""
        parameters: {Name: {type: String}}
        mainSteps:
          - name: use
            action: tocsin:runShell
            inputs:
              Commands: ['echo "$WHO has $KEY"']
              Environment: {KEY: '{{ secret:API }}', WHO: '{{ Name }}'}
            outputs: [{Name: Said, Selector: $.Output, Type: String}]
          - name: again
            action: tocsin:runShell
            inputs: {Commands: ['echo "$TEXT"'], Environment: {TEXT: '{{ Name }}'}}
            outputs: [{Name: Said, Selector: $.Output, Type: String}]
        outputs: [use.Said, again.Said]
        """
    )
    # What looks like a secret in a value is text.
    name = "{{ secret:API }}"
    id_ = await runbooks.tocsin.run_runbook("secretive", {"Name": name})
    result = await runbooks.ended(id_)
    assert result.outputs == {"use.Said": [f"{name} has ***"], "again.Said": [name]}
    history = await runbooks.tocsin.temporal.get_workflow_handle(id_).fetch_history()
    details = (await runbooks.details(id_)).model_dump_json()
    assert SECRET not in history.to_json()
    assert SECRET not in details
    assert "has ***" in details


async def test_a_script_imports_what_its_document_brings_along(runbooks: Runbooks, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tools.zip", "w") as archive:
        archive.writestr(
            "tools/greeting.py", "def greet(events, context):\n    return 'hello ' + events['who']\n"
        )
        archive.writestr("tools/__init__.py", "")
    checksum = hashlib.sha256((folder / "tools.zip").read_bytes()).hexdigest()
    document = {
        "schemaVersion": "0.3",
        "files": {"tools.zip": {"checksums": {"sha256": checksum}}},
        "mainSteps": [
            {
                "name": "greet",
                "action": "aws:executeScript",
                "inputs": {
                    "Runtime": "python3.11",
                    "Handler": "tools.greeting.greet",
                    "Attachment": "tools.zip",
                    "InputPayload": {"who": "night"},
                },
                "outputs": [{"Name": "Said", "Selector": "$.Payload", "Type": "String"}],
            }
        ],
        "outputs": ["greet.Said"],
    }
    path = tmp_path / "greets.yaml"
    path.write_text(
        json.dumps({"kind": "Runbook", "name": "greets", "attachments": "files", "document": document})
    )
    await runbooks.tocsin.apply([path])
    id_ = await runbooks.tocsin.run_runbook("greets")
    assert (await runbooks.ended(id_)).outputs == {"greet.Said": ["hello night"]}


async def test_what_a_script_prints_can_be_read_while_it_runs(runbooks: Runbooks, temporal: Client) -> None:
    await runbooks.apply(
        talks="""
        mainSteps:
          - name: talk
            action: aws:executeScript
            inputs:
              Runtime: python3.11
              Handler: talk
              Script: |
                import time
                def talk(events, context):
                    print("so far so good", flush=True)
                    time.sleep(60)
        """
    )
    id_ = await runbooks.tocsin.run_runbook("talks")

    await runbooks.runs(id_, "talk")

    async def heard() -> bool:
        return [line.text for line in (await runbooks.details(id_)).log] == ["so far so good"]

    await until(heard)
    await runbooks.tocsin.stop_runbook(id_)
    assert (await runbooks.ended(id_)).status == "Cancelled"
