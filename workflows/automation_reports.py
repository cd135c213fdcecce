"""An execution telling how it goes: to its own records, and to its incident's timeline."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

from temporalio import workflow

from workflows.incident_news import IncidentNews
from workflows.inputs import JournalState
from workflows.journal import Journal

with workflow.unsafe.imports_passed_through():
    from definitions.automation import Execution, ExecutionState, ExecutionStatus, StepState, StepStatus
    from definitions.automation.approval import Approval
    from definitions.automation.values import as_text
    from records.batches import AutomationRecord, AutomationStepRecord, RecordBatch
    from records.timeline import SYSTEM, EventType
    from workflows.inputs import AutomationInput, CarriedExecution

LONGEST_TOLD = 1000
"""Characters of one text on a timeline; more is in the execution's record."""

LARGEST_TOLD = 10_000
"""Characters of one event's item, all told."""

LARGEST_RECORDED = 20_000
LARGEST_LATE = 300_000
"""Characters of one value, and of all of them, in records that are written late: they are an activity's input. The
whole is in the history."""


class AutomationReports:
    """Keeps the execution's records, and sends its incident every step of the way, in order."""

    def __init__(self, given: AutomationInput, execution: Callable[[], Execution | None]) -> None:
        self._given = given
        self._execution = execution
        carried = given.carried
        self.journal = Journal(
            given.execution_id, carried.journal if carried else JournalState(), self._records
        )
        self._positions: dict[str, int] = dict(carried.positions) if carried else {}
        self._begun = carried.begun if carried else 0
        self.failure: str | None = None
        """Why the execution could not even begin, if so."""
        self._news = IncidentNews(given.execution_id, given.incident_id)
        self._document_kept = False
        self._changed: dict[str, StepState] = {}

    def tell(self, event_type: EventType, data: dict[str, Any], *, author: str = SYSTEM) -> None:
        """Put something on the execution's timeline, and on its incident's."""
        told = {
            "executionId": self._given.execution_id,
            "documentName": self._given.document_name,
            "status": self._status,
        }
        told |= _short(data)
        self.journal.note(event_type, told, author=author)
        self._news.add(self._status, event_type, told, author=author)

    def tell_step(self, step: StepState, *, approval: Approval | None = None) -> None:
        """Put how a step stands on the timeline."""
        if step.step_execution_id not in self._positions:
            self._begun += 1
            self._positions[step.step_execution_id] = self._begun
        self._changed[step.step_execution_id] = step.model_copy()
        told: dict[str, Any] = {
            "step": step.name,
            "action": step.action,
            "stepStatus": step.status,
            "attempt": step.attempt,
            "outputs": step.outputs,
            "failureMessage": step.failure_message,
        }
        if step.parent is not None:
            told |= {"loop": step.parent.step_name, "iteration": step.parent.iteration}
        if approval is not None:
            told |= {"approvers": approval.approvers, "message": approval.message}
        self.tell(EventType.AUTOMATION_STEP, told)

    def tell_ended(self, state: ExecutionState, before: Mapping[str, StepStatus]) -> None:
        """Tell of steps that have ended since they stood as `before` says: a loop ends with its last step."""
        for step in state.steps:
            if step.status.final and step.status is not before[step.name]:
                self.tell_step(step)

    def carried(self, state: ExecutionState) -> CarriedExecution:
        """What a new run of the execution goes on with."""
        known = {step.step_execution_id for step in state.steps}
        return CarriedExecution(
            state=state.model_dump(mode="json"),
            journal=self.journal.carried(),
            begun=self._begun,
            positions={key: position for key, position in self._positions.items() if key in known},
        )

    @property
    def _status(self) -> str:
        execution = self._execution()
        if execution is not None:
            return execution.state.status
        return ExecutionStatus.PENDING if self.failure is None else ExecutionStatus.FAILED

    async def keep(self) -> None:
        """Write and send, for as long as the execution lives."""
        await asyncio.gather(self.journal.keep(), self.journal.catch_up(), self._news.send())

    async def written(self) -> None:
        """Wait until what has been told is written down."""
        await self.journal.written()

    async def delivered(self) -> None:
        """Wait until the records hold everything and the incident knows everything."""
        await self.journal.saved()
        await self.sent()

    async def sent(self) -> None:
        """Wait until every fact is in the history and the incident knows everything."""
        await workflow.wait_condition(lambda: self.all_sent)

    @property
    def all_sent(self) -> bool:
        """Whether every fact is in the history and the incident knows everything."""
        return self.journal.settled and self._news.all_sent

    def _records(self, everything: bool) -> RecordBatch:
        execution = self._execution()
        state = execution.state if execution else None
        changed, self._changed = self._changed, {}
        if everything and state:
            # Of what PostgreSQL missed; of a loop, that is the latest iteration.
            changed = {step.step_execution_id: step for step in state.steps if step.attempt} | changed
        most = _share(state, changed.values()) if everything and state else None
        record = AutomationRecord(
            execution_id=self._given.execution_id,
            incident_id=self._given.incident_id,
            document_name=self._given.document_name,
            document_version=self._given.document_version,
            status=self._status,
            started_by=self._given.started_by,
            state=self._recorded(state, most) if state else {},
            document=self._given.document if everything or not self._document_kept else None,
            parent_execution_id=self._given.parent_execution_id,
            undoes=self._given.undoes,
            target=self._given.target,
            failure_message=state.failure_message if state else self.failure,
        )
        self._document_kept = True
        return RecordBatch(
            subject_id=self._given.execution_id,
            automation=record,
            automation_steps=[self._step_record(step, most) for step in changed.values()],
        )

    def _recorded(self, state: ExecutionState, most: int | None) -> dict[str, Any]:
        recorded = state.model_dump(mode="json", exclude={"steps"})
        if most is not None:
            for part in ("parameters", "variables"):
                recorded[part] = _modest(recorded[part], most)
            outputs = recorded["outputs"]
            short = _modest(outputs, most)
            recorded["outputs"] = {
                name: texts if short[name] is texts else [short[name]] for name, texts in outputs.items()
            }
        return recorded

    def _step_record(self, step: StepState, most: int | None) -> AutomationStepRecord:
        state = step.model_dump(mode="json")
        if most is not None:
            state |= {part: _modest(state[part], most) for part in ("inputs", "outputs")}
        return AutomationStepRecord(
            step_execution_id=step.step_execution_id,
            execution_id=self._given.execution_id,
            position=self._positions.get(step.step_execution_id, 0),
            status=step.status,
            state=state,
        )


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


def _share(state: ExecutionState, steps: Collection[StepState]) -> int:
    """How long each value may be, so that all of them fit into one activity's input."""
    parts = [state.parameters, state.variables, state.outputs]
    count = sum(map(len, parts)) + sum(len(step.inputs) + len(step.outputs) for step in steps)
    return min(LARGEST_RECORDED, LARGEST_LATE // max(1, count))


def _modest(values: dict[str, Any], most: int) -> dict[str, Any]:
    """The values, each that is longer than `most` characters as a text that is cut there."""
    texts = {name: as_text(value) for name, value in values.items()}
    return {
        name: texts[name][:most] + " ..." if len(texts[name]) > most else value
        for name, value in values.items()
    }
