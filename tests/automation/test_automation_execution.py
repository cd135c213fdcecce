"""One execution, rule by rule: where it goes, how often it tries, how it ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from definitions.automation import (
    Execution,
    ExecutionState,
    ExecutionStatus,
    FailureStage,
    FailureType,
    IllegalTransitionError,
    StepStatus,
    SystemVariables,
    coerce_parameters,
    load_document,
)
from definitions.automation.outputs import NO_OUTPUT
from definitions.automation.view import Place

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
SYSTEM = SystemVariables(account_id="123456789012", region="eu-west-1")
DOCUMENTS = Path(__file__).parent / "documents"


def step(name: str, action: str = "aws:sleep", /, **keys: Any) -> dict[str, Any]:
    return {"name": name, "action": action, "inputs": {"Duration": "PT1S"}} | keys


def branch(name: str, *choices: tuple[str, str, str], **keys: Any) -> dict[str, Any]:
    written = [{"Variable": left, "StringEquals": right, "NextStep": to} for left, right, to in choices]
    inputs = {"Choices": written} | ({"Default": keys.pop("default")} if "default" in keys else {})
    return {"name": name, "action": "aws:branch", "inputs": inputs, **keys}


def started(*steps: dict[str, Any], given: dict[str, Any] | None = None, **keys: Any) -> Execution:
    return started_from({"schemaVersion": "0.3", "mainSteps": list(steps), **keys}, given or {})


def started_from(data: dict[str, Any], given: dict[str, Any]) -> Execution:
    document = load_document(data)
    return Execution.start(
        document,
        document_name="Test",
        execution_id="e-1",
        parameters=coerce_parameters(document, given),
        system=SYSTEM,
        now=NOW,
    )


def play(execution: Execution, *failing: str, timing_out: tuple[str, ...] = ()) -> list[str]:
    """Runs to the end; the steps named fail in every attempt, all others succeed. Says which steps began."""
    while (current := execution.current) is not None:
        execution.begin(NOW)
        if current.name in failing or current.name in timing_out:
            execution.fail("broke", NOW, timed_out=current.name in timing_out)
        elif current.action == "aws:branch":
            execution.choose(NOW)
        else:
            execution.succeed({}, NOW)
    return execution.state.path


def statuses(execution: Execution) -> dict[str, str]:
    return {one.name: one.status.value for one in execution.state.steps}


# Where it goes after success


def test_steps_run_in_the_order_they_are_written() -> None:
    execution = started(step("a"), step("b"), step("c"))
    assert play(execution) == ["a", "b", "c"]
    assert execution.state.status is ExecutionStatus.SUCCESS
    assert execution.state.ended_at == NOW


def test_next_step_jumps_and_leaves_others_pending() -> None:
    execution = started(step("a", nextStep="c"), step("b"), step("c"))
    assert play(execution) == ["a", "c"]
    assert statuses(execution) == {"a": "Success", "b": "Pending", "c": "Success"}


def test_is_end_ends_even_before_next_step() -> None:
    assert play(started(step("a", isEnd=True, nextStep="b"), step("b"))) == ["a"]


def test_a_document_without_steps_succeeds_at_once() -> None:
    execution = started()
    assert (execution.current, execution.state.status) == (None, ExecutionStatus.SUCCESS)


def test_a_branch_goes_to_the_first_choice_that_holds() -> None:
    execution = started(
        branch("pick", ("{{ Kind }}", "x", "x"), ("{{ Kind }}", "y", "y"), default="x"),
        step("x", isEnd=True),
        step("y"),
        given={"Kind": "y"},
        parameters={"Kind": {"type": "String"}},
    )
    assert play(execution) == ["pick", "y"]
    assert execution.state.step("pick").next_step == "y"


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"default": "z"}, ["pick", "z"]),
        ({"default": "z", "isEnd": True}, ["pick", "z"]),
        ({"isEnd": True}, ["pick"]),
        ({}, ["pick", "y", "z"]),
        ({"nextStep": "z"}, ["pick", "z"]),
    ],
)
def test_a_branch_where_nothing_holds_takes_the_default_or_ends_or_falls_through(
    keys: dict[str, Any], path: list[str]
) -> None:
    assert play(started(branch("pick", ("a", "b", "z"), **keys), step("y"), step("z"))) == path


# Failure


@pytest.mark.parametrize(
    ("rule", "keys", "path", "status"),
    [
        ("abort is the default", {}, ["a"], "Failed"),
        ("abort", {"onFailure": "Abort"}, ["a"], "Failed"),
        ("abort fails though not critical", {"onFailure": "Abort", "isCritical": False}, ["a"], "Failed"),
        ("continue is not critical by default", {"onFailure": "Continue"}, ["a", "b", "c"], "Success"),
        ("continue made critical", {"onFailure": "Continue", "isCritical": True}, ["a", "b", "c"], "Failed"),
        (
            "continue goes where success would",
            {"onFailure": "Continue", "nextStep": "c"},
            ["a", "c"],
            "Success",
        ),
        ("continue at the end ends", {"onFailure": "Continue", "isEnd": True}, ["a"], "Success"),
        ("a jump is critical by default", {"onFailure": "step:c"}, ["a", "c"], "Failed"),
        ("a jump made uncritical", {"onFailure": "step:c", "isCritical": False}, ["a", "c"], "Success"),
        ("a jump wins over isEnd", {"onFailure": "step:c", "isEnd": True}, ["a", "c"], "Failed"),
        ("abort at the end ends", {"onFailure": "Abort", "isEnd": True}, ["a"], "Failed"),
    ],
)
def test_on_failure(rule: str, keys: dict[str, Any], path: list[str], status: str) -> None:
    execution = started(step("a", **keys), step("b"), step("c"))
    assert play(execution, "a") == path, rule
    assert execution.state.status.value == status, rule


def test_a_failed_execution_says_which_step_failed_and_why() -> None:
    execution = started(step("a", onFailure="step:c"), step("b"), step("c"))
    execution.begin(NOW)
    stage, kind = FailureStage.POST_VERIFICATION, FailureType.VERIFICATION
    assert execution.fail("no such instance", NOW, stage=stage, kind=kind) is False
    play(execution)
    record = execution.state.step("a")
    assert (record.failure_stage, record.failure_type, record.next_step) == (stage, kind, "c")
    assert execution.state.failure_message == "Step a failed: no such instance"


def test_a_critical_timeout_makes_the_execution_time_out_and_the_first_failure_decides() -> None:
    steps = (step("a", onFailure="step:b"), step("b"))
    execution = started(*steps)
    play(execution, timing_out=("a",))
    assert execution.state.status is ExecutionStatus.TIMED_OUT
    assert execution.state.failure_message == "Step a timed out: broke"
    mixed = started(*steps)
    play(mixed, "a", timing_out=("b",))
    assert (statuses(mixed), mixed.state.status.value) == ({"a": "Failed", "b": "TimedOut"}, "Failed")


def test_a_failed_branch_that_continues_takes_its_default() -> None:
    pick = branch("pick", ("a", "a", "x"), default="y", onFailure="Continue")
    assert play(started(pick, step("x", isEnd=True), step("y")), "pick") == ["pick", "y"]


# Attempts


def test_a_step_is_tried_max_attempts_times_and_then_fails() -> None:
    execution = started(step("a", maxAttempts=3))
    for attempt in (1, 2, 3):
        resolved = execution.begin(NOW + timedelta(minutes=attempt))
        assert (resolved.attempt, resolved.max_attempts) == (attempt, 3)
        assert execution.fail(f"broke {attempt}", NOW, timed_out=attempt == 1) is (attempt < 3)
    record = execution.state.step("a")
    assert (record.status, record.attempt, record.failure_message) == (StepStatus.FAILED, 3, "broke 3")
    assert record.started_at == NOW + timedelta(minutes=1)


def test_success_at_a_later_attempt_leaves_no_failure() -> None:
    execution = started(step("a", maxAttempts=2))
    execution.begin(NOW)
    execution.fail("broke", NOW)
    execution.begin(NOW)
    execution.succeed({}, NOW)
    record = execution.state.step("a")
    assert (record.failure_message, record.failure_stage, record.failure_type) == (None, None, None)
    assert execution.state.status is ExecutionStatus.SUCCESS


def test_a_failure_beyond_repair_gives_up_the_attempts_that_remain() -> None:
    execution = started(step("a", maxAttempts=3))
    execution.begin(NOW)
    assert execution.fail("no such action", NOW, retry=False) is False


@pytest.mark.parametrize(
    ("action", "asked", "seconds"),
    [
        ("aws:sleep", None, None),
        ("aws:sleep", 5, 5),
        ("aws:pause", None, 604_800),
        ("aws:executeAutomation", None, None),
        ("aws:deleteImage", None, 3_600),
        ("aws:deleteImage", "90", 90),
    ],
)
def test_an_attempt_may_take_what_the_step_asks_or_the_actions_default(
    action: str, asked: Any, seconds: int | None
) -> None:
    inputs = {"Duration": "PT1S", "DocumentName": "D", "ImageId": "i"}
    keys = {} if asked is None else {"timeoutSeconds": asked}
    assert started(step("a", action, inputs=inputs, **keys)).begin(NOW).timeout_seconds == seconds


@pytest.mark.parametrize(
    ("action", "inputs", "cap"),
    [
        ("aws:executeScript", {"Runtime": "PowerShell 7.4", "Script": ""}, 600),
        ("aws:executeAwsApi", {"Service": "s3", "Api": "ListBuckets"}, 25),
        ("aws:invokeLambdaFunction", {"FunctionName": "f"}, 300),
        ("aws:approve", {"Approvers": ["ann"]}, 2_592_000),
    ],
)
def test_some_actions_never_take_longer_than_aws_lets_them(
    action: str, inputs: dict[str, Any], cap: int
) -> None:
    execution = started({"name": "a", "action": action, "inputs": inputs, "timeoutSeconds": 9_999_999})
    assert execution.begin(NOW).timeout_seconds == cap


# Inputs and outputs


def script(name: str, payload: Any, *outputs: str, **keys: Any) -> dict[str, Any]:
    inputs = {"Runtime": "python3.11", "Handler": "f", "Script": "f'{{ Who }}'", "InputPayload": payload}
    declared = [
        {"Name": output, "Selector": f"$.Payload.{output}", "Type": "StringList"} for output in outputs
    ]
    return {"name": name, "action": "aws:executeScript", "inputs": inputs, "outputs": declared, **keys}


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


# Waiting


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


# Cancelling


def cancelled_while(*steps: dict[str, Any], **keys: Any) -> Execution:
    execution = started(*steps, **keys)
    execution.begin(NOW)
    execution.cancel(NOW)
    return execution


def test_cancelling_stops_the_running_step_and_leaves_the_rest_pending() -> None:
    execution = cancelled_while(step("a", onFailure="Continue"), step("b"))
    assert execution.state.status == "Cancelling"
    assert statuses(execution) == {"a": "Cancelling", "b": "Pending"}
    execution.cancelled(NOW)
    assert execution.state.status == "Cancelled"
    assert statuses(execution) == {"a": "Cancelled", "b": "Pending"}


CHAIN = (
    step("a", onCancel="step:clean"),
    step("b", isEnd=True),
    step("clean", "aws:deleteImage", inputs={"ImageId": "i"}, maxAttempts=2, onCancel="step:later"),
    step("later", "aws:deleteImage", inputs={"ImageId": "i"}),
)


def test_cancelling_runs_the_steps_after_on_cancel_for_two_minutes() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    assert execution.state.cancel_deadline == NOW + timedelta(minutes=2)
    assert execution.current is not None
    assert execution.current.name == "clean"
    execution.begin(NOW)
    assert execution.fail("not yet", NOW) is True
    assert execution.state.status == "Cancelling"
    play(execution)
    assert execution.state.status == "Cancelled"
    assert statuses(execution) == {"a": "Cancelled", "b": "Pending", "clean": "Success", "later": "Success"}


def test_when_the_two_minutes_are_up_the_execution_is_cancelled() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    execution.begin(NOW)
    execution.cancelled(NOW + timedelta(minutes=2))
    assert execution.state.status == "Cancelled"
    assert statuses(execution) == {"a": "Cancelled", "b": "Pending", "clean": "Cancelled", "later": "Pending"}


def test_the_time_may_run_out_between_two_steps_of_the_chain() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    execution.begin(NOW)
    execution.fail("not yet", NOW)
    execution.cancelled(NOW + timedelta(minutes=2))
    assert execution.state.status == "Cancelled"
    assert statuses(execution)["clean"] == "Cancelled"


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        (lambda execution: execution.succeed({}, NOW), "Success"),
        (lambda execution: execution.fail("broke off", NOW), "Cancelled"),
        (lambda execution: execution.cancelled(NOW), "Cancelled"),
    ],
    ids=["succeeds", "fails", "is stopped"],
)
def test_however_a_step_ends_that_is_being_cancelled_its_chain_follows(
    ends: Callable[[Execution], None], status: str
) -> None:
    execution = cancelled_while(step("a", onCancel="step:clean", maxAttempts=5), *CHAIN[1:])
    ends(execution)
    assert play(execution) == ["a", "clean", "later"]
    assert statuses(execution)["a"] == status
    assert execution.state.status == "Cancelled"


def test_a_step_that_ended_before_it_could_be_stopped_is_not_stopped_twice() -> None:
    execution = cancelled_while(*CHAIN)
    execution.succeed({}, NOW)
    execution.cancelled(NOW)
    assert play(execution) == ["a", "clean", "later"]
    assert statuses(execution)["a"] == "Success"
    execution.cancelled(NOW)
    assert execution.state.status == "Cancelled"


def test_cancelling_again_does_not_break_off_the_chain() -> None:
    execution = cancelled_while(*CHAIN)
    execution.cancelled(NOW)
    execution.cancel(NOW)
    assert play(execution) == ["a", "clean", "later"]


def test_cancelling_between_steps_ends_at_once() -> None:
    execution = started(step("a", maxAttempts=2), step("b"))
    execution.cancel(NOW)
    assert (execution.state.status, statuses(execution)["a"]) == (ExecutionStatus.CANCELLED, "Pending")
    retried = started(step("a", maxAttempts=2), step("b"))
    retried.begin(NOW)
    retried.fail("broke", NOW)
    retried.cancel(NOW)
    assert (retried.state.status, statuses(retried)["a"]) == (ExecutionStatus.CANCELLED, "Cancelled")


def test_the_running_step_may_be_left_to_finish() -> None:
    execution = started(*CHAIN)
    execution.begin(NOW)
    execution.cancel(NOW, let_step_finish=True)
    assert statuses(execution)["a"] == "InProgress"
    execution.succeed({}, NOW)
    assert execution.state.status == "Cancelled"
    assert execution.state.path == ["a"]


def test_a_step_left_to_finish_can_still_be_stopped() -> None:
    execution = started(*CHAIN)
    execution.begin(NOW)
    execution.cancel(NOW, let_step_finish=True)
    execution.cancel(NOW)
    execution.cancelled(NOW)
    assert play(execution) == ["a", "clean", "later"]


# The host's defects


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


# The viewer


def test_the_viewer_shows_past_current_future_and_what_is_not_taken() -> None:
    execution = started(
        branch("pick", ("a", "a", "right"), default="left"),
        step("left", isEnd=True),
        step("right", onFailure="step:mend"),
        step("done", isEnd=True),
        step("mend"),
    )
    execution.begin(NOW)
    execution.choose(NOW)
    execution.begin(NOW)
    view = execution.steps_view()
    assert [(one.name, one.place) for one in view] == [
        ("pick", Place.PAST),
        ("right", Place.CURRENT),
        ("left", Place.NOT_TAKEN),
        ("done", Place.FUTURE),
        ("mend", Place.FUTURE),
    ]
    assert [one.valid_next_steps for one in view[:2]] == [["right", "left"], ["done", "mend"]]
    assert len({one.step_execution_id for one in view}) == 5
    execution.succeed({}, NOW)
    play(execution)
    assert {one.name: one.place for one in execution.steps_view()}["mend"] is Place.NOT_TAKEN


# Published documents


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
    execution = started_from(document("EnableMultiAZOnRDSInstance.yaml"), given)
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
    execution = started_from(document("EncryptRDSSnapshot.yaml"), given)
    play(execution)
    assert execution.state.path[1:] == [
        "CopyRdsClusterSnapshotToEncryptedRdsClusterSnapshot",
        "VerifyRdsEncryptedClusterSnapshot",
        "DeleteUnencryptedRdsClusterSnapshot",
    ]


def test_a_failover_is_forced_only_when_the_database_is_not_rebooting() -> None:
    given = {"DbInstanceId": "db", "SyntheticAlarmName": "alarm", "AutomationAssumeRole": ROLE}
    idle = started_from(document("ForceMultiAZFailover.yml"), given)
    assert "RebootDbInstanceWithFailover" in play(idle, "AssertNotRebooting")
    rebooting = started_from(document("ForceMultiAZFailover.yml"), given)
    assert "RebootDbInstanceWithFailover" not in play(rebooting)
    assert idle.state.status is rebooting.state.status is ExecutionStatus.SUCCESS


def test_state_read_back_from_json_goes_on_the_same() -> None:
    execution = started(script("find", {}, "ids"), script("use", {"ids": "{{ find.ids }}"}))
    execution.begin(NOW)
    execution.succeed({"Payload": {"ids": ["a"]}}, NOW)
    state = ExecutionState.model_validate_json(execution.state.model_dump_json())
    assert state == execution.state
    assert Execution(execution.document, state).begin(NOW) == execution.begin(NOW)
