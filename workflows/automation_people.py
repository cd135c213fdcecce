"""Steps that wait for people: approvals, pauses, and what people do by hand."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from workflows.actions import ActionFailed
from workflows.automation_reports import AutomationReports
from workflows.summaries import label
from workflows.timeouts import WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from activities.automation.lookups import ApprovalNotice, Lookups
    from definitions.automation import Execution, FailureStage, ResolvedStep
    from definitions.automation.approval import Approval, ApprovalError, ApprovalStatus, Verdict
    from records.timeline import EventType
    from workflows.automation_messages import Decide, StepMessage
    from workflows.messages import Refusal, refuse

INVALID_SIGNAL = "InvalidAutomationSignalException"
UNKNOWN_STEP = "AutomationStepNotFoundException"

APPROVE = "aws:approve"
PAUSE = "aws:pause"
MANUAL = "tocsin:manual"

WAITING = frozenset({APPROVE, PAUSE, MANUAL})
"""Actions that people end, not machines."""


class Decision(StrEnum):
    """What became of a tocsin:manual step: its output `Decision`."""

    CONFIRMED = "Confirmed"
    SKIPPED = "Skipped"


class People:
    """Holds the running step until people have spoken.

    The handlers of the workflow's messages call `decide` and `answer`, after `must_...` has found nothing against it.
    """

    def __init__(self, reports: AutomationReports) -> None:
        self._reports = reports
        self._step: str | None = None
        self._action = ""
        self._approval: Approval | None = None
        self._answer: dict[str, Any] | None = None

    async def wait_for(self, execution: Execution, resolved: ResolvedStep) -> dict[str, Any]:
        """Wait until the step's people have spoken; the action's response. Raises ActionFailed."""
        self._answer = None
        self._approval = _approval(resolved) if resolved.step.action == APPROVE else None
        self._step, self._action = resolved.step.name, resolved.step.action
        try:
            if self._approval is not None and resolved.inputs.get("NotificationArn"):
                await self._notify(execution, resolved, self._approval)
            await self._wait(execution, resolved)
        finally:
            self._step = None
        if self._approval is None:
            return self._answer or {}
        if self._approval.status is ApprovalStatus.REJECTED:
            last = self._approval.decisions[-1]
            raise ActionFailed(f"rejected by {last.approver}: {last.comment}".rstrip(": "))
        return self._approval.response()

    def must_wait_for(self, approver: str) -> None:
        """Refuse unless a decision of this approver counts now."""
        if self._step is None or self._approval is None:
            raise refuse(Refusal.CONFLICT, "no step of this execution waits for approval", aws=INVALID_SIGNAL)
        try:
            self._approval.check(approver)
        except ApprovalError as error:
            raise refuse(Refusal.CONFLICT, str(error), aws=INVALID_SIGNAL) from error

    def decide(self, message: Decide, verdict: Verdict) -> str:
        """Take an approver's word; how the approval stands then."""
        if self._approval is None:
            raise refuse(Refusal.CONFLICT, "no step of this execution waits for approval", aws=INVALID_SIGNAL)
        self._approval = self._approval.decide(
            message.author, verdict, workflow.now(), comment=message.comment
        )
        told = {"signal": verdict, "step": self._step, "comment": message.comment}
        self._reports.tell(EventType.AUTOMATION_DECISION, told, author=message.author)
        return self._approval.status

    def must_be_asked(self, message: StepMessage, actions: frozenset[str]) -> None:
        """Refuse unless a step with one of these actions waits, and is the one that is meant."""
        if self._step is None or self._action not in actions or self._answer is not None:
            what = "paused" if PAUSE in actions else "left to people"
            raise refuse(Refusal.CONFLICT, f"no step of this execution is {what}", aws=INVALID_SIGNAL)
        must_be(message, self._step)

    def answer(self, message: StepMessage, decision: Decision) -> str:
        """Let the step end; its name."""
        name = self._step or ""
        self._answer = {}
        if self._action == MANUAL:
            self._answer = {"Decision": decision, "Note": message.note, "Author": message.author}
        signal = "Resume" if decision is Decision.CONFIRMED else "SkipStep"
        told = {"signal": signal, "step": name, "note": message.note}
        self._reports.tell(EventType.AUTOMATION_DECISION, told, author=message.author)
        return name

    @property
    def asks_by_hand(self) -> bool:
        """Whether a tocsin:manual step waits."""
        return self._step is not None and self._action == MANUAL

    async def _notify(self, execution: Execution, resolved: ResolvedStep, approval: Approval) -> None:
        """Tell the approvers by SNS. They are waited for even if that fails: they may know otherwise."""
        if not workflow.patched("approvers are notified"):
            return
        notice = ApprovalNotice(
            topic=str(resolved.inputs["NotificationArn"]),
            execution_id=execution.state.execution_id,
            document_name=execution.state.document_name,
            step=resolved.step.name,
            approvers=approval.approvers,
            message=approval.message,
            system=execution.state.system,
            assume_role=execution.assume_role,
        )
        try:
            await workflow.execute_activity_method(
                Lookups.tell_approvers,
                notice,
                start_to_close_timeout=timedelta(seconds=60),
                heartbeat_timeout=WORKER_LOST,
                retry_policy=RetryPolicy(maximum_attempts=2),
                summary=label(resolved.step.name),
            )
        except ActivityError as error:
            told = {"step": resolved.step.name, "notificationFailure": str(error.cause or error)}
            self._reports.tell(EventType.AUTOMATION_STEP, told)

    async def _wait(self, execution: Execution, resolved: ResolvedStep) -> None:
        execution.wait(workflow.now())
        self._reports.tell_step(execution.state.step(resolved.step.name), approval=self._approval)
        ready: Callable[[], bool] = self._answered if self._approval is None else self._decided
        limit = resolved.timeout_seconds
        try:
            await workflow.wait_condition(
                ready,
                timeout=None if limit is None else timedelta(seconds=limit),
                timeout_summary=label(resolved.step.name),
            )
        except TimeoutError as error:
            if not ready():
                raise ActionFailed(f"nobody answered within {limit} s", timed_out=True) from error

    def _answered(self) -> bool:
        return self._answer is not None

    def _decided(self) -> bool:
        return self._approval is not None and self._approval.status is not ApprovalStatus.WAITING


def must_be(message: StepMessage, step: str) -> None:
    """Refuse a message that means another step than this one."""
    if message.step_name not in (None, step):
        raise refuse(
            Refusal.NOT_FOUND,
            f"the step in question is {step!r}, not {message.step_name!r}",
            aws=UNKNOWN_STEP,
        )


def _approval(resolved: ResolvedStep) -> Approval:
    try:
        return Approval.asked(resolved.inputs)
    except ApprovalError as error:
        raise ActionFailed(str(error), stage=FailureStage.INPUT_VALIDATION) from error
