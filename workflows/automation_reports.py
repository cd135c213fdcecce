"""An execution telling how it goes: to its own records, and to its incident's timeline."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.inputs import JournalState
from workflows.journal import Journal

with workflow.unsafe.imports_passed_through():
    from definitions.automation import Execution
    from definitions.automation.approval import Approval
    from records.batches import AutomationRecord, RecordBatch
    from records.timeline import SYSTEM, EventType
    from workflows.inputs import AutomationInput
    from workflows.messages import AutomationReport

LONGEST_TOLD = 1000
"""Characters of one text on a timeline; more is in the execution's record."""

LARGEST_TOLD = 10_000
"""Characters of one event's item, all told."""

LARGEST_RECORDED = 20_000
"""Characters of one step's outputs or inputs in the records; the whole is in the execution's history."""


class AutomationReports:
    """Keeps the execution's records, and sends its incident every step of the way, in order."""

    def __init__(self, given: AutomationInput, execution: Callable[[], Execution | None]) -> None:
        self._given = given
        self._execution = execution
        self._journal = Journal(given.execution_id, JournalState(), self._records)
        self._to_send: list[AutomationReport] = []
        self._document_kept = False

    def tell(self, event_type: EventType, data: dict[str, Any], *, author: str = SYSTEM) -> None:
        """Put something on the execution's timeline, and on its incident's."""
        execution = self._execution()
        status = execution.state.status if execution else "Pending"
        told = {
            "executionId": self._given.execution_id,
            "documentName": self._given.document_name,
            "status": status,
        }
        told |= _short(data)
        self._journal.note(event_type, told, author=author)
        if self._given.incident_id is not None:
            self._to_send.append(
                AutomationReport(
                    execution_id=self._given.execution_id,
                    status=status,
                    event_type=event_type,
                    data=told,
                    author=author,
                )
            )

    def tell_step(self, name: str, *, approval: Approval | None = None) -> None:
        """Put how a step stands on the timeline."""
        execution = self._execution()
        if execution is None:
            return
        step = execution.state.step(name)
        told: dict[str, Any] = {
            "step": name,
            "action": step.action,
            "stepStatus": step.status,
            "attempt": step.attempt,
            "outputs": step.outputs,
            "failureMessage": step.failure_message,
        }
        if approval is not None:
            told |= {"approvers": approval.approvers, "message": approval.message}
        self.tell(EventType.AUTOMATION_STEP, told)

    async def keep(self) -> None:
        """Write and send, for as long as the execution lives."""
        await asyncio.gather(self._journal.keep(), self._journal.catch_up(), self._send())

    async def written(self) -> None:
        """Wait until what has been told is written down."""
        await self._journal.written()

    async def delivered(self) -> None:
        """Wait until the records hold everything and the incident knows everything."""
        await self._journal.saved()
        await workflow.wait_condition(lambda: not self._to_send)

    async def _send(self) -> None:
        if self._given.incident_id is None:
            return
        incident = workflow.get_external_workflow_handle(self._given.incident_id)
        while True:
            await workflow.wait_condition(lambda: bool(self._to_send))
            try:
                await incident.signal("report_automation", self._to_send[0])
            except FailureError as error:
                workflow.logger.info("the incident no longer listens: %s", error)
            self._to_send.pop(0)

    def _records(self, everything: bool) -> RecordBatch:
        execution = self._execution()
        record = AutomationRecord(
            execution_id=self._given.execution_id,
            incident_id=self._given.incident_id,
            document_name=self._given.document_name,
            status=execution.state.status if execution else "Pending",
            started_by=self._given.started_by,
            state=_recorded(execution.state.model_dump(mode="json")) if execution else {},
            document=self._given.document if everything or not self._document_kept else None,
        )
        self._document_kept = True
        return RecordBatch(subject_id=self._given.execution_id, automation=record)


def _short(data: dict[str, Any]) -> dict[str, Any]:
    """The data with long texts cut, so that a timeline stays readable and a signal small."""
    cut = {name: _cut(value) for name, value in data.items() if value not in (None, {}, "")}
    return {
        name: _cut(str(value)) if len(str(value)) > LARGEST_TOLD else value for name, value in cut.items()
    }


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TOLD else value[:LONGEST_TOLD] + " ..."
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in list(value.items())[:50]}
    if isinstance(value, list):
        return [_cut(item) for item in value[:20]]
    return value


def _recorded(state: dict[str, Any]) -> dict[str, Any]:
    """The interpreter's state with large inputs and outputs cut: a record must stay a payload of modest size."""
    for step in state["steps"]:
        for part in ("inputs", "outputs"):
            for name, value in step[part].items():
                text = str(value)
                if len(text) > LARGEST_RECORDED:
                    step[part][name] = text[:LARGEST_RECORDED] + " ..."
    return state
