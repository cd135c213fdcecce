"""aws:approve: who may decide, and when it is decided."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, Field

MOST_APPROVERS = 10


class Verdict(StrEnum):
    """What one approver says."""

    APPROVE = "Approve"
    REJECT = "Reject"


class ApprovalStatus(StrEnum):
    """What all decisions together come to."""

    WAITING = "Waiting"
    APPROVED = "Approved"
    REJECTED = "Rejected"


class ApprovalError(ValueError):
    """Inputs nobody could approve by, or a decision that does not count; says why."""


class Decision(BaseModel):
    """One approver's word."""

    approver: str
    verdict: Verdict
    decided_at: datetime
    comment: str = ""


class Approval(BaseModel):
    """Decisions so far: one reject rejects, `min_required` approvals approve."""

    approvers: list[str]
    min_required: int = 1
    message: str = ""
    decisions: list[Decision] = Field(default_factory=list)

    @classmethod
    def asked(cls, inputs: Mapping[str, Any]) -> Self:
        """The approval that an aws:approve with these interpolated inputs asks for; raises ApprovalError."""
        given = inputs.get("Approvers")
        named = given if isinstance(given, list) else [given]
        if not named or not all(isinstance(one, str) and one and "{{" not in one for one in named):
            raise ApprovalError(f"Approvers should be a list of user names or ARNs, got {given!r}")
        approvers = list(dict.fromkeys(named))
        if len(approvers) > MOST_APPROVERS:
            raise ApprovalError(f"at most {MOST_APPROVERS} Approvers, got {len(approvers)}")
        required = _required(inputs.get("MinRequiredApprovals"), len(approvers))
        return cls(approvers=approvers, min_required=required, message=str(inputs.get("Message") or ""))

    @property
    def status(self) -> ApprovalStatus:
        """Approved, Rejected, or still Waiting."""
        verdicts = [decision.verdict for decision in self.decisions]
        if Verdict.REJECT in verdicts:
            return ApprovalStatus.REJECTED
        enough = verdicts.count(Verdict.APPROVE) >= self.min_required
        return ApprovalStatus.APPROVED if enough else ApprovalStatus.WAITING

    def check(self, approver: str) -> None:
        """Raises ApprovalError unless a decision of this approver would count now."""
        if self.status is not ApprovalStatus.WAITING:
            raise ApprovalError(f"already {self.status.value.lower()}")
        if approver not in self.approvers:
            raise ApprovalError(
                f"'{approver}' is not an approver; the approvers are {', '.join(self.approvers)}"
            )
        if any(decision.approver == approver for decision in self.decisions):
            raise ApprovalError(f"'{approver}' has already decided; each approver decides once")

    def decide(self, approver: str, verdict: Verdict, now: datetime, *, comment: str = "") -> Self:
        """The approval with one more decision; raises ApprovalError when it does not count."""
        self.check(approver)
        decision = Decision(approver=approver, verdict=verdict, decided_at=now, comment=comment)
        return self.model_copy(update={"decisions": [*self.decisions, decision]})

    def response(self) -> dict[str, Any]:
        """The action's response: ApprovalStatus and ApproverDecisions, as later steps read them."""
        decisions = [
            {
                "Approver": decision.approver,
                "Decision": decision.verdict.value,
                "Comment": decision.comment,
                "DecidedAt": decision.decided_at.isoformat(),
            }
            for decision in self.decisions
        ]
        return {"ApprovalStatus": self.status.value, "ApproverDecisions": decisions}


def _required(given: Any, approvers: int) -> int:
    if given is None:
        return 1
    try:
        required = int(given)
    except (TypeError, ValueError):
        raise ApprovalError(f"MinRequiredApprovals should be a whole number, got {given!r}") from None
    if not 1 <= required <= approvers:
        raise ApprovalError(
            f"MinRequiredApprovals should be 1 to {approvers}, the number of Approvers, got {required}"
        )
    return required
