"""Failure (A6): where it leads, how often a step is tried, and what the execution comes to."""

from datetime import timedelta
from typing import Any

import pytest

from definitions.automation import (
    ExecutionStatus,
    FailureStage,
    FailureType,
    StepStatus,
)
from tests.automation.playing import FAIL, NOW, TIME_OUT, branch, play, run, started, statuses, step


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


@pytest.mark.parametrize(
    ("rule", "keys", "status"),
    [
        ("abort", {}, "TimedOut"),
        ("abort, not critical", {"isCritical": False}, "TimedOut"),
        ("continue", {"onFailure": "Continue"}, "Success"),
        ("continue, critical", {"onFailure": "Continue", "isCritical": True}, "TimedOut"),
        ("a jump", {"onFailure": "step:c"}, "TimedOut"),
        ("a jump, not critical", {"onFailure": "step:c", "isCritical": False}, "Success"),
        ("a jump from the end", {"onFailure": "step:c", "isEnd": True}, "TimedOut"),
    ],
)
def test_a_step_that_times_out_fails_the_same_way_and_says_timed_out(
    rule: str, keys: dict[str, Any], status: str
) -> None:
    execution = started(step("a", **keys), step("b"), step("c"))
    play(execution, timing_out=("a",))
    assert (statuses(execution)["a"], execution.state.status) == ("TimedOut", status), rule


def test_a_failure_in_the_cleanup_follows_its_own_on_failure() -> None:
    work = step("work", onFailure="step:clean", isEnd=True)
    kept = started(work, step("clean", onFailure="Continue"), step("tell"))
    assert run(kept, work=[FAIL], clean=[FAIL]) == ["work", "clean", "tell"]
    assert kept.state.failure_message == "Step work failed: broke"
    uncritical = started(work | {"isCritical": False}, step("clean"), step("tell"))
    assert run(uncritical, work=[FAIL], clean=[TIME_OUT]) == ["work", "clean"]
    assert uncritical.state.status is ExecutionStatus.TIMED_OUT


def test_a_timeout_is_retried_like_any_failure() -> None:
    execution = started(step("a", maxAttempts=3))
    assert run(execution, a=[TIME_OUT, FAIL]) == ["a", "a", "a"]
    assert execution.state.status is ExecutionStatus.SUCCESS
