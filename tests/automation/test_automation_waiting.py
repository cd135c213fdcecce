"""aws:sleep says how long, aws:approve says who may decide and when it is decided."""

from datetime import UTC, datetime
from typing import Any

import pytest

from definitions.automation.approval import Approval, ApprovalError, ApprovalStatus, Verdict
from definitions.automation.sleep import SleepError, sleep_seconds

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("inputs", "seconds"),
    [
        ({"Duration": "PT1S"}, 1),
        ({"Duration": "PT0S"}, 0),
        ({"Duration": "PT0.5S"}, 0.5),
        ({"Duration": "PT24H5M"}, 86_700),
        ({"Duration": "P1DT2H3M4S"}, 93_784),
        ({"Duration": "pt10m"}, 600),
        ({"Duration": "P6D"}, 518_400),
        ({"Timestamp": "2030-01-01T12:00:30Z"}, 30),
        ({"Timestamp": "2030-01-01T13:00:30+01:00"}, 30),
        ({"Timestamp": "2030-01-01T12:00:30"}, 30),
        ({"Timestamp": "2029-01-01T12:00:00Z"}, 0),
    ],
)
def test_a_sleep_lasts(inputs: dict[str, Any], seconds: float) -> None:
    assert sleep_seconds(inputs, NOW) == seconds


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "needs either Duration"),
        ({"Duration": "PT1S", "Timestamp": "2030-01-01T12:00:30Z"}, "needs either Duration"),
        ({"Duration": "5m"}, "Duration '5m' is not ISO 8601"),
        ({"Duration": "PT"}, "is not ISO 8601"),
        ({"Duration": "P"}, "is not ISO 8601"),
        ({"Duration": "PT{{ X }}M"}, "is not ISO 8601"),
        ({"Duration": "P7D"}, "can last 604799 seconds at most"),
        ({"Timestamp": "tomorrow"}, "Timestamp 'tomorrow' is not ISO 8601"),
        ({"Timestamp": "2030-02-01T00:00:00Z"}, "can last 604799 seconds at most"),
    ],
)
def test_a_sleep_that_says_no_time_is_refused(inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(SleepError, match=words.replace("{", r"\{")):
        sleep_seconds(inputs, NOW)


def test_approvals_of_two_of_three_approve() -> None:
    approval = Approval.asked(
        {"Approvers": ["ann", "bob", "cy"], "MinRequiredApprovals": "2", "Message": "go?"}
    )
    approval = approval.decide("ann", Verdict.APPROVE, NOW)
    assert approval.status is ApprovalStatus.WAITING
    approval = approval.decide("cy", Verdict.APPROVE, NOW, comment="fine")
    assert approval.response() == {
        "ApprovalStatus": "Approved",
        "ApproverDecisions": [
            {"Approver": "ann", "Decision": "Approve", "Comment": "", "DecidedAt": NOW.isoformat()},
            {"Approver": "cy", "Decision": "Approve", "Comment": "fine", "DecidedAt": NOW.isoformat()},
        ],
    }
    assert Approval.model_validate_json(approval.model_dump_json()) == approval


def test_one_reject_rejects_at_once() -> None:
    approval = Approval.asked({"Approvers": ["ann", "bob", "cy"], "MinRequiredApprovals": 2})
    approval = approval.decide("ann", Verdict.APPROVE, NOW).decide("bob", Verdict.REJECT, NOW)
    assert approval.status is ApprovalStatus.REJECTED
    with pytest.raises(ApprovalError, match="already rejected"):
        approval.decide("cy", Verdict.APPROVE, NOW)


def test_only_approvers_decide_and_each_once() -> None:
    approval = Approval.asked({"Approvers": ["ann", "bob"], "MinRequiredApprovals": 2})
    with pytest.raises(ApprovalError, match="'mallory' is not an approver; the approvers are ann, bob"):
        approval.decide("mallory", Verdict.APPROVE, NOW)
    with pytest.raises(ApprovalError, match="'ann' has already decided"):
        approval.decide("ann", Verdict.APPROVE, NOW).decide("ann", Verdict.REJECT, NOW)


def test_an_approver_named_twice_is_one() -> None:
    with pytest.raises(ApprovalError, match="should be 1 to 1, the number of Approvers, got 2"):
        Approval.asked({"Approvers": ["ann", "ann"], "MinRequiredApprovals": 2})


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"Approvers": []}, "should be a list of user names"),
        ({"Approvers": "{{ Approvers }}"}, "should be a list of user names"),
        ({"Approvers": [f"user{n}" for n in range(11)]}, "at most 10 Approvers, got 11"),
        ({"Approvers": ["ann"], "MinRequiredApprovals": 0}, "should be 1 to 1"),
        ({"Approvers": ["ann"], "MinRequiredApprovals": "some"}, "should be a whole number, got 'some'"),
    ],
)
def test_an_approval_nobody_could_give_is_refused(inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(ApprovalError, match=words):
        Approval.asked(inputs)
