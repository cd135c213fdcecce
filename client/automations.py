"""Runbook executions: starting, deciding, stopping, looking at them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from activities.automation.attached import attached_files
from client.connection import Connection, build
from client.errors import ConflictError, InvalidInputError, NotFoundError
from definitions.automation import (
    DocumentError,
    Execution,
    ExecutionState,
    ExecutionStatus,
    Mode,
    ParameterError,
    StepView,
    coerce_parameters,
    load_document,
)
from definitions.automation.rate_control import TargetError, check_targets
from definitions.automation.rollback import compensations
from definitions.runbooks import Runbook
from records import incident_store
from records.automation_logs import LogLine, read_tail
from records.base import Record
from records.batches import AutomationRecord, AutomationStepRecord
from records.definitions import read_catalog
from records.reading import read_automation, read_automation_steps, read_children
from records.runbooks import read_runbook
from workflows.automation import AutomationWorkflow
from workflows.automation_messages import (
    Decide,
    Resume,
    RetryStep,
    SkipStep,
    StartStep,
    StepMessage,
    Stop,
    StopStep,
    StopType,
)
from workflows.inputs import AutomationInput, RateControl, RateControlInput
from workflows.messages import StartRunbook
from workflows.rate_control import RateControlWorkflow


class AutomationDetails(Record):
    """An execution and its steps: past ones as they ran, the current one, those still to come.

    `runs` holds every time a step ran, each iteration of a loop; `children` are the executions it started; `log` is
    what its steps printed last.
    """

    automation: AutomationRecord
    steps: list[StepView]
    runs: list[AutomationStepRecord] = []
    children: list[AutomationRecord] = []
    log: list[LogLine] = []


class Automations(Connection):
    """What can be done with runbooks."""

    async def run_runbook(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        incident_id: str | None = None,
        mode: Mode = Mode.AUTO,
        rate_control: RateControl | None = None,
    ) -> str:
        """Start a runbook, for an open incident or alone; the id of the execution.

        With `rate_control` it runs once for each target. Raises NotFoundError for an unknown runbook,
        InvalidInputError for parameters it cannot start with.
        """
        runbook, revision = await self._runbook(name)
        given = dict(parameters or {})
        with _refusing():
            document = load_document(runbook.document)
            if rate_control is None:
                coerce_parameters(document, given)
            else:
                check_targets(
                    document,
                    given,
                    target_parameter_name=rate_control.target_parameter_name,
                    targets=rate_control.targets,
                    target_maps=rate_control.target_maps,
                )
        message = build(
            StartRunbook,
            execution_id=str(uuid.uuid4()),
            name=name,
            document=runbook.document,
            parameters=given,
            author=self.author,
            document_version=str(revision),
            files=attached_files(runbook),
            mode=mode,
        )
        if incident_id is not None and rate_control is None:
            return await self._update(await self.full_id(incident_id), "start_runbook", message, str)
        full = None if incident_id is None else await self._open_incident(incident_id)
        alone = AutomationInput(
            execution_id=message.execution_id,
            document_name=name,
            document=runbook.document,
            document_version=message.document_version,
            files=message.files,
            mode=mode,
            parameters=given,
            started_by=self.author,
            incident_id=full,
        )
        await self._begin(alone, rate_control)
        return message.execution_id

    async def roll_back(self, execution_id: str) -> str:
        """Undo an execution that has ended: run what its steps name in onRollback; the id of the new execution.

        Raises ConflictError while it runs, when there is nothing to undo, and when that has been done or is being done.
        """
        details = await self.get_automation(execution_id)
        origin = details.automation
        for child in details.children:
            if child.undoes == origin.execution_id and child.status not in _LEFT_UNDONE:
                raise ConflictError(
                    f"execution {origin.execution_id} has been undone by {child.execution_id} ({child.status})"
                )
        if origin.document is None or not origin.state:
            raise ConflictError(f"execution {origin.execution_id} ran no steps that could be undone")
        if not ExecutionStatus(origin.status).final:
            raise ConflictError(
                f"execution {origin.execution_id} is {origin.status}; stop it first, or let it come to its end"
            )
        document = load_document(origin.document)
        state = ExecutionState.model_validate(origin.state)
        if not compensations(document, state):
            raise ConflictError(
                f"nothing to undo: no step of {origin.execution_id} that succeeded names another in onRollback"
            )
        undoing = AutomationInput(
            execution_id=str(uuid.uuid4()),
            document_name=origin.document_name,
            document=origin.document,
            document_version=origin.document_version,
            started_by=self.author,
            incident_id=origin.incident_id,
            parent_execution_id=origin.execution_id,
            undoes=origin.execution_id,
        )
        await self._begin(undoing, None)
        return undoing.execution_id

    async def get_automation(self, execution_id: str) -> AutomationDetails:
        """An execution as its records show it; raises NotFoundError."""
        full = await self.full_id(execution_id)
        async with self._database() as database:
            automation = await read_automation(database, full)
            if automation is None:
                raise NotFoundError(f"no runbook execution {full}")
            return AutomationDetails(
                automation=automation,
                steps=steps_of(automation),
                runs=await read_automation_steps(database, full),
                children=await read_children(database, full),
                log=await read_tail(database, full),
            )

    async def approve(self, execution_id: str, *, comment: str = "") -> str:
        """Say yes, as `author`, to the step that waits for approval; the approval's status.

        Raises ConflictError if none waits, or if `author` is not an approver or has decided already.
        """
        message = build(Decide, author=self.author, comment=comment)
        return await self._update(await self.full_id(execution_id), "approve", message, str)

    async def reject(self, execution_id: str, *, comment: str = "") -> str:
        """Say no; one rejection fails the step."""
        message = build(Decide, author=self.author, comment=comment)
        return await self._update(await self.full_id(execution_id), "reject", message, str)

    async def resume(self, execution_id: str, *, step: str | None = None, note: str = "") -> str:
        """Go on after a pause or a manual step; its name. Raises ConflictError if none waits."""
        return await self._steer(execution_id, Resume, "resume", step, note)

    async def start_step(self, execution_id: str, *, step: str | None = None) -> str:
        """Let the next step begin of an execution in Interactive mode; its name."""
        return await self._steer(execution_id, StartStep, "start_step", step, "")

    async def retry_step(self, execution_id: str, *, step: str | None = None, note: str = "") -> str:
        """Try the failed step again that the execution waits at (onFailure: Pause); its name."""
        return await self._steer(execution_id, RetryStep, "retry_step", step, note)

    async def skip_step(self, execution_id: str, *, step: str | None = None, note: str = "") -> str:
        """Go on without the failed step, or the manual one, that the execution waits at; its name."""
        return await self._steer(execution_id, SkipStep, "skip_step", step, note)

    async def stop_step(self, execution_id: str, *, step: str | None = None, note: str = "") -> str:
        """Stop the step that runs: it fails, and its onFailure says how the execution goes on; its name."""
        return await self._steer(execution_id, StopStep, "stop_step", step, note)

    async def stop_runbook(
        self, execution_id: str, *, type_: StopType = StopType.CANCEL, reason: str = ""
    ) -> str:
        """Stop an execution: at once, or with COMPLETE after the running step; its status."""
        message = build(Stop, author=self.author, type=type_, reason=reason)
        return await self._update(await self.full_id(execution_id), "stop", message, str)

    async def _steer(
        self, execution_id: str, model: type[StepMessage], update: str, step: str | None, note: str
    ) -> str:
        message = build(model, author=self.author, step_name=step, note=note)
        return await self._update(await self.full_id(execution_id), update, message, str)

    async def _begin(self, automation: AutomationInput, rate_control: RateControl | None) -> None:
        run: Any = AutomationWorkflow.run
        given: AutomationInput | RateControlInput = automation
        if rate_control is not None:
            run = RateControlWorkflow.run
            given = RateControlInput(automation=automation, rate_control=rate_control)
        await self._start(
            run,
            given,
            id_=automation.execution_id,
            summary=automation.document_name,
            otherwise="nothing runs",
        )

    async def _open_incident(self, incident_id: str) -> str:
        full = await self.full_id(incident_id)
        async with self._database() as database:
            incident = await incident_store.find(database, full)
        if incident is None:
            raise NotFoundError(f"no incident {full}")
        if incident.closed_at is not None:
            raise ConflictError(f"incident {full} is closed: nothing runs for it any more")
        return full

    async def _runbook(self, name: str) -> tuple[Runbook, int]:
        async with self._database() as database:
            found = await read_runbook(database, name)
            if found is None:
                known = ", ".join(sorted((await read_catalog(database)).runbooks)) or "none"
                raise NotFoundError(f"no runbook {name!r}; known runbooks: {known}")
        return found


_LEFT_UNDONE = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.CANCELLED)


@contextmanager
def _refusing() -> Iterator[None]:
    """Documents and parameters that cannot run are the caller's mistake."""
    try:
        yield
    except (DocumentError, ParameterError, TargetError) as error:
        raise InvalidInputError(str(error)) from error


def steps_of(automation: AutomationRecord) -> list[StepView]:
    """The steps of a recorded execution; none while it has not begun."""
    if not automation.state or automation.document is None:
        return []
    state = ExecutionState.model_validate(automation.state)
    return Execution(load_document(automation.document), state).steps_view()
