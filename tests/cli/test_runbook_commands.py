"""Runbooks from the command line, by the id of the execution or of its incident."""

from pathlib import Path

import pytest

from client.cli.runbooks import read_parameters
from client.errors import InvalidInputError
from tests.cli.command import Command


async def test_a_runbook_is_approved_resumed_and_stopped_by_its_incident(shop: Command) -> None:
    id_ = await shop.start("quiet")
    run = await shop(
        "run", "restart", "--incident", id_, "-p", "Hosts=a", "-p", "Hosts=b", "-p", "Speed=2", "-o", "json"
    )
    execution = run.json["execution_id"]

    waiting = await shop.until("execution", execution, shows="asks ana, ben")
    assert 'Restart ["a","b"]?' in waiting.out.replace('", "', '","')
    assert "▶  Ask" in waiting.out
    assert "·  Hold" in waiting.out

    (await shop("--as", "eve", "approve", id_)).fails(4, "eve")
    approved = await shop("--as", "ana", "approve", id_, "--comment", "go", "-o", "json")
    assert approved.json == {"execution_id": execution, "approval": "Approved"}

    await shop.until("execution", execution, shows="`tocsin resume` lets it go on")
    (await shop("resume", id_, "--step", "Ask")).fails(3, "Hold")
    resumed = await shop("resume", id_, "--step", "Hold", "-o", "json")
    assert resumed.json == {"execution_id": execution, "step": "Hold"}

    await shop.until("execution", execution, shows="▶  Rest")
    assert (await shop("stop", id_, "--reason", "enough", "-o", "json")).json["execution_id"] == execution
    stopped = await shop.until("execution", execution, "-o", "json", shows='"status": "Cancelled"')
    assert [step["place"] for step in stopped.json["steps"]] == ["past", "past", "past"]
    (await shop("stop", id_)).fails(4, "no execution that runs")
    assert "restart: Approve Ask: go" in (await shop("timeline", id_)).out


async def test_a_rejected_step_fails_the_runbook(shop: Command) -> None:
    execution = (await shop("run", "restart", "-p", 'Hosts=["a"]', "-o", "json")).json["execution_id"]
    await shop.until("execution", execution, shows="asks ana, ben")
    rejected = await shop("--as", "ben", "reject", execution, "--comment", "not now", "-o", "json")
    assert rejected.json == {"execution_id": execution, "approval": "Rejected"}
    failed = await shop.until("execution", execution, shows="rejected by ben: not now")
    assert "✗  Ask" in failed.out


async def test_an_incident_with_two_waiting_executions_does_not_say_which(shop: Command) -> None:
    id_ = await shop.start("quiet")
    for _ in range(2):
        execution = (await shop("run", "restart", "--incident", id_, "-p", 'Hosts=["a"]', "-o", "json")).json
        await shop.until("execution", execution["execution_id"], shows="asks ana, ben")
    (await shop("--as", "ana", "approve", id_)).fails(2, "more than one", execution["execution_id"])


def test_parameters_are_texts_lists_or_json() -> None:
    given = ["A=1", "B=x", "B=y=z", 'C={"k": [1]}', 'D="5"', "E="]
    assert read_parameters(given) == {"A": "1", "B": ["x", "y=z"], "C": {"k": [1]}, "D": "5", "E": ""}


@pytest.mark.parametrize("given", ["Hosts", "=x", "Hosts=[a", 'Hosts={"a"}'])
def test_a_parameter_that_cannot_be_read_is_refused(given: str) -> None:
    with pytest.raises(InvalidInputError, match="-p"):
        read_parameters([given])


SCRIPT = """
kind: Runbook
name: broken
document:
  schemaVersion: "0.3"
  mainSteps:
    - name: Break
      action: aws:executeScript
      inputs: {Runtime: python3.11, Handler: main, Script: "def main(events, context): return {}['host']"}
"""


async def test_a_traceback_is_shown_whole_by_execution_alone(working: Command, tmp_path: Path) -> None:
    plans = tmp_path / "broken.yaml"
    plans.write_text(
        f"{SCRIPT}---\nkind: ResponsePlan\nname: quiet\nincident_template: {{title: Odd, impact: 4}}\n"
    )
    assert (await working("apply", str(plans))).code == 0
    id_ = await working.start("quiet")
    run = await working("run", "broken", "--incident", id_, "-o", "json")
    shown = await working.until("show", id_, shows="KeyError - 'host'")
    told = await working.until("timeline", id_, shows="broken ended: Failed")
    assert "Break is Failed: KeyError - 'host'" in told.out
    assert "Traceback" not in shown.out + told.out + (await working("watch", id_, "--once")).out
    assert "Traceback" in (await working("execution", run.json["execution_id"])).out
    await working.close(id_)
