"""Runbook executions: starting, deciding, stopping, looking at them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from client.connection import Connection, build
from client.errors import InvalidInputError, NotFoundError
from definitions.automation import (
    DocumentError,
    Execution,
    ExecutionState,
    ParameterError,
    StepView,
    coerce_parameters,
    load_document,
)
from definitions.runbooks import Runbook
from records.base import Record
from records.batches import AutomationRecord
from records.definitions import read_catalog
from records.reading import read_automation
from workflows.automation import AutomationWorkflow
from workflows.automation_messages import Decide, Resume, Stop, StopType
from workflows.inputs import AutomationInput
from workflows.messages import StartRunbook


class AutomationDetails(Record):
    """An execution and its steps: past ones as they ran, the current one, those still to come."""

    automation: AutomationRecord
    steps: list[StepView]


class Automations(Connection):
    """What can be done with runbooks."""

    async def run_runbook(
        self, name: str, parameters: Mapping[str, Any] | None = None, *, incident_id: str | None = None
    ) -> str:
        """Start a runbook, for an open incident or alone; the id of the execution.

        Raises NotFoundError for an unknown runbook, InvalidInputError for parameters it cannot start with.
        """
        runbook = await self._runbook(name)
        given = dict(parameters or {})
        try:
            coerce_parameters(load_document(runbook.document), given)
        except (DocumentError, ParameterError) as error:
            raise InvalidInputError(str(error)) from error
        message = build(
            StartRunbook,
            execution_id=str(uuid.uuid4()),
            name=name,
            document=runbook.document,
            parameters=given,
            author=self.author,
        )
        if incident_id is not None:
            return await self._update(await self.full_id(incident_id), "start_runbook", message, str)
        execution_id = message.execution_id
        alone = AutomationInput(
            execution_id=execution_id,
            document_name=name,
            document=runbook.document,
            parameters=given,
            started_by=self.author,
        )
        await self._start(
            AutomationWorkflow.run, alone, id_=execution_id, summary=name, otherwise="nothing runs"
        )
        return execution_id

    async def get_automation(self, execution_id: str) -> AutomationDetails:
        """An execution as its records show it; raises NotFoundError."""
        full = await self.full_id(execution_id)
        async with self._database() as database:
            automation = await read_automation(database, full)
        if automation is None:
            raise NotFoundError(f"no runbook execution {full}")
        return AutomationDetails(automation=automation, steps=steps_of(automation))

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

    async def resume(self, execution_id: str, *, step: str | None = None) -> str:
        """Go on after a pause; the step that paused. Raises ConflictError if none does."""
        message = build(Resume, author=self.author, step_name=step)
        return await self._update(await self.full_id(execution_id), "resume", message, str)

    async def stop_runbook(
        self, execution_id: str, *, type_: StopType = StopType.CANCEL, reason: str = ""
    ) -> str:
        """Stop an execution: at once, or with COMPLETE after the running step; its status."""
        message = build(Stop, author=self.author, type=type_, reason=reason)
        return await self._update(await self.full_id(execution_id), "stop", message, str)

    async def _runbook(self, name: str) -> Runbook:
        async with self._database() as database:
            catalog = await read_catalog(database)
        runbook = catalog.runbooks.get(name)
        if runbook is None:
            known = ", ".join(sorted(catalog.runbooks)) or "none"
            raise NotFoundError(f"no runbook {name!r}; known runbooks: {known}")
        return runbook


def steps_of(automation: AutomationRecord) -> list[StepView]:
    """The steps of a recorded execution; none while it has not begun."""
    if not automation.state or automation.document is None:
        return []
    state = ExecutionState.model_validate(automation.state)
    return Execution(load_document(automation.document), state).steps_view()
