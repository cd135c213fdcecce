"""One execution: what its steps read and put out, how it waits, and published documents from end to end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from definitions.automation import (
    Execution,
    ExecutionState,
    ExecutionStatus,
    IllegalTransitionError,
    StepStatus,
)
from definitions.automation.outputs import NO_OUTPUT
from tests.automation.playing import NOW, play, script, started, started_from, step


def test_inputs_are_resolved_and_a_script_is_left_as_written() -> None:
    execution = started(
        script("find", {"who": "{{ Who }}", "where": "{{ global:REGION }}"}, "ids", "gone"),
        script(
            "use", {"ids": ["{{ find.ids }}"], "gone": "{{ find.gone }}", "all": "{{ find.OutputPayload }}"}
        ),
        given={"Who": "{{ global:ACCOUNT_ID }}"},
        parameters={"Who": {"type": "String"}},
    )
    resolved = execution.begin(NOW)
    assert resolved.inputs["Script"] == "f'{{ Who }}'"
    assert resolved.inputs["InputPayload"] == {"who": "{{ global:ACCOUNT_ID }}", "where": "eu-west-1"}
    execution.succeed({"Payload": {"ids": ["i-1", "i-2"]}}, NOW)
    assert execution.begin(NOW).inputs["InputPayload"] == {
        "ids": ["i-1", "i-2"],
        "gone": "{{ find.gone }}",
        "all": '{"Payload":{"ids":["i-1","i-2"]}}',
    }


@pytest.mark.parametrize(
    ("put_out", "whole", "within"),
    [
        (["snap-1"], ["snap-1"], "snap-1"),
        (["snap-1", "snap-2"], ["snap-1", "snap-2"], '["snap-1","snap-2"]'),
        ([], [], "[]"),
    ],
)
def test_the_only_text_that_a_child_puts_out_stands_by_itself_in_a_longer_text(
    put_out: list[str], whole: list[str], within: str
) -> None:
    execution = started(
        step("save", "aws:executeAutomation", inputs={"DocumentName": "Save"}),
        script("use", {"all": "{{ save.Output }}", "text": '{"Id": "{{ save.Output }}"}'}),
    )
    execution.begin(NOW)
    execution.succeed({"ExecutionId": "e-2", "Status": "Success", "Output": put_out}, NOW)
    assert execution.begin(NOW).inputs["InputPayload"] == {"all": whole, "text": f'{{"Id": "{within}"}}'}


def test_a_declared_list_of_one_text_is_json_in_a_longer_text() -> None:
    execution = started(
        script("find", {}, "ids"),
        script("use", {"text": "{{ find.ids }} {{ Ids }}"}),
        parameters={"Ids": {"type": "StringList", "default": ["i-2"]}},
    )
    execution.begin(NOW)
    execution.succeed({"Payload": {"ids": ["i-1"]}}, NOW)
    assert execution.begin(NOW).inputs["InputPayload"] == {"text": '["i-1"] ["i-2"]'}


def test_the_time_of_day_is_that_of_the_attempt_and_stays_for_it() -> None:
    execution = started(script("a", "{{ global:DATE_TIME }} {{ global:DATE }}", maxAttempts=2))
    first = execution.begin(NOW)
    assert first.inputs["InputPayload"] == "2030-01-01_12.00.00 2030-01-01"
    assert execution.running == first
    execution.fail("broke", NOW)
    assert execution.running is None
    later = execution.begin(NOW + timedelta(days=1, seconds=1))
    assert later.inputs["InputPayload"] == "2030-01-02_12.00.01 2030-01-02"


def test_defaults_may_name_system_variables_and_parameters_and_what_was_given_may_not() -> None:
    parameters = {
        "Ami": {"type": "String"},
        "Name": {"type": "String", "default": "from_{{Ami}}_on_{{global:DATE_TIME}}"},
        "Execution": {"type": "String", "default": "{{ automation:EXECUTION_ID }}"},
    }
    execution = started(
        step("a"),
        parameters=parameters,
        given={"Ami": "{{ global:REGION }}"},
        variables={"Where": {"type": "String", "default": "{{ global:REGION }}"}},
    )
    assert execution.state.parameters == {
        "Ami": "{{ global:REGION }}",
        "Name": "from_{{ global:REGION }}_on_2030-01-01_12.00.00",
        "Execution": "e-1",
    }
    assert execution.state.variables == {"Where": "eu-west-1"}


@pytest.mark.parametrize(
    ("assume_role", "role"),
    [
        ("{{ Role }}", "arn:aws:iam::123456789012:role/R"),
        ("arn:aws:iam::{{ global:ACCOUNT_ID }}:role/X", "arn:aws:iam::123456789012:role/X"),
        ("", ""),
        (None, ""),
        ("{{ Rule }}", "{{ Rule }}"),
    ],
)
def test_the_role_to_assume_is_never_silently_dropped(assume_role: str | None, role: str) -> None:
    execution = started(
        step("a"),
        assumeRole=assume_role,
        parameters={"Role": {"type": "String", "default": "arn:aws:iam::123456789012:role/R"}},
    )
    assert execution.assume_role == role


def test_the_executions_outputs_are_there_at_the_end_also_of_failed_steps() -> None:
    child = step("child", "aws:executeAutomation", inputs={"DocumentName": "D"}, onFailure="Continue")
    outputs = ["child.ExecutionId", "find.ids", "find.gone"]
    execution = started(script("find", {}, "ids"), child, outputs=outputs)
    execution.begin(NOW)
    execution.succeed({"Payload": {"ids": ["a", "b"]}}, NOW)
    execution.begin(NOW)
    execution.fail("the child failed", NOW, response={"ExecutionId": "e-2", "Status": "Failed"})
    assert execution.state.outputs == {
        "child.ExecutionId": ["e-2"],
        "find.ids": ["a", "b"],
        "find.gone": [NO_OUTPUT],
    }


def test_a_step_that_waits_for_a_person_makes_the_execution_wait() -> None:
    execution = started(step("a", "aws:pause"), step("b"))
    execution.begin(NOW)
    execution.wait(NOW + timedelta(seconds=1))
    assert execution.state.status == "Waiting"
    assert execution.state.step("a").status is StepStatus.WAITING
    assert execution.steps_view()[0].waiting_since == NOW + timedelta(seconds=1)
    execution.succeed({}, NOW)
    assert execution.state.status == "InProgress"
    assert execution.state.step("a").waiting_since is None


def test_an_approval_nobody_gives_times_out_with_the_execution() -> None:
    execution = started(step("a", "aws:approve", inputs={"Approvers": ["ann"]}), step("b"))
    execution.begin(NOW)
    execution.wait(NOW)
    execution.fail("nobody decided", NOW, timed_out=True)
    assert (execution.state.status, execution.state.path) == (ExecutionStatus.TIMED_OUT, ["a"])


def test_a_host_that_does_things_out_of_order_is_told() -> None:
    execution = started(step("a"))
    with pytest.raises(IllegalTransitionError, match="step 'a' has not begun"):
        execution.succeed({}, NOW)
    execution.begin(NOW)
    with pytest.raises(IllegalTransitionError, match="step 'a' is running already"):
        execution.begin(NOW)
    with pytest.raises(IllegalTransitionError, match="nobody cancelled"):
        execution.cancelled(NOW)
    execution.succeed({}, NOW)
    with pytest.raises(IllegalTransitionError, match="has ended"):
        execution.begin(NOW)
    with pytest.raises(IllegalTransitionError, match="has ended: Success"):
        execution.cancel(NOW)


DOCUMENTS = Path(__file__).parent / "documents"
SECURITY_RESPONSE = "aws-solutions__automated-security-response-on-aws/source__remediation_runbooks__"
MULTI_AZ = f"{SECURITY_RESPONSE}EnableMultiAZOnRDSInstance.yaml"
ENCRYPT = f"{SECURITY_RESPONSE}EncryptRDSSnapshot.yaml"
FAILOVER = (
    "esabitova__aws-digito-artifacts-gameday/"
    "documents__rds__test__force_maz_failover__2020-04-01__Documents__AutomationDocument.yml"
)


def document(name: str) -> Any:
    return yaml.safe_load((DOCUMENTS / name).read_text())


ROLE = "arn:aws:iam::123456789012:role/Automation"


@pytest.mark.parametrize(
    ("multi_az", "path"),
    [
        (True, ["DescribeDBInstances", "VerifyDBInstanceStatus", "EndIfMultiAZAlreadyEnabled"]),
        (
            False,
            [
                *("DescribeDBInstances", "VerifyDBInstanceStatus", "EndIfMultiAZAlreadyEnabled"),
                *("EnableMultiAZ", "VerifyMultiAZEnabled"),
            ],
        ),
    ],
)
def test_multi_az_is_enabled_only_where_it_is_not(multi_az: bool, path: list[str]) -> None:
    given = {"AutomationAssumeRole": [ROLE], "RDSInstanceARN": ["arn:aws:rds:eu-west-1:123456789012:db:shop"]}
    execution = started_from(document(MULTI_AZ), given)
    execution.begin(NOW)
    execution.succeed({"DBInstances": [{"DBInstanceIdentifier": "shop", "MultiAZ": multi_az}]}, NOW)
    assert execution.begin(NOW).inputs["DBInstanceIdentifier"] == "shop"
    execution.succeed({}, NOW)
    assert play(execution) == path
    assert (execution.state.status, execution.assume_role) == (ExecutionStatus.SUCCESS, ROLE)


def test_a_cluster_snapshot_takes_the_cluster_way() -> None:
    given = {
        "SourceDBSnapshotIdentifier": "old",
        "TargetDBSnapshotIdentifier": "new",
        "DBSnapshotType": "dbclustersnapshot",
        "AutomationAssumeRole": ROLE,
    }
    execution = started_from(document(ENCRYPT), given)
    play(execution)
    assert execution.state.path[1:] == [
        "CopyRdsClusterSnapshotToEncryptedRdsClusterSnapshot",
        "VerifyRdsEncryptedClusterSnapshot",
        "DeleteUnencryptedRdsClusterSnapshot",
    ]


def test_a_failover_is_forced_only_when_the_database_is_not_rebooting() -> None:
    given = {"DbInstanceId": "db", "SyntheticAlarmName": "alarm", "AutomationAssumeRole": ROLE}
    idle = started_from(document(FAILOVER), given)
    assert "RebootDbInstanceWithFailover" in play(idle, "AssertNotRebooting")
    rebooting = started_from(document(FAILOVER), given)
    assert "RebootDbInstanceWithFailover" not in play(rebooting)
    assert idle.state.status is rebooting.state.status is ExecutionStatus.SUCCESS


def test_state_read_back_from_json_goes_on_the_same() -> None:
    execution = started(script("find", {}, "ids"), script("use", {"ids": "{{ find.ids }}"}))
    execution.begin(NOW)
    execution.succeed({"Payload": {"ids": ["a"]}}, NOW)
    state = ExecutionState.model_validate_json(execution.state.model_dump_json())
    assert state == execution.state
    assert Execution(execution.document, state).begin(NOW) == execution.begin(NOW)
