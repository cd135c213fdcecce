"""What an execution needs of the records: other runbooks, and the execution that it rolls back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.automation.attached import attached_files
from activities.automation.steps import AttachedFile
from definitions.automation import ExecutionState, load_document
from definitions.automation.interpolation import references
from records.base import Record
from records.bounded import acquire_within
from records.reading import read_automation
from records.runbooks import read_runbook

if TYPE_CHECKING:
    from records.database import Pool

PATIENCE = 5.0
"""Seconds one attempt may take."""

LARGEST_ORIGIN = 500_000
"""Bytes of an execution that is rolled back, as far as its compensations need it."""

NOT_FOUND = "NotFound"


class FoundDocument(Record):
    """A runbook's document, which revision it is, and the files its scripts use."""

    name: str
    version: str
    document: dict[str, Any]
    files: list[AttachedFile] = []


class RunbookAsked(Record):
    """A runbook's name, or the ARN of a document, and a version as AWS writes it: $DEFAULT, $LATEST or a number."""

    name: str
    version: str = ""


class Executions:
    """Activities that read what other executions and runbooks are."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @activity.defn
    async def find_runbook(self, asked: RunbookAsked) -> FoundDocument | None:
        """The runbook of that name, if there is one in force."""
        name = asked.name.rpartition("/")[2]
        async with acquire_within(self._pool, PATIENCE) as connection:
            found = await read_runbook(connection, name, asked.version)
        if found is None:
            return None
        runbook, revision = found
        return FoundDocument(
            name=name, version=str(revision), document=runbook.document, files=attached_files(runbook)
        )

    @activity.defn
    async def read_execution(self, execution_id: str) -> dict[str, Any]:
        """The state of an execution that is to be rolled back, with the outputs that its compensations read."""
        async with acquire_within(self._pool, PATIENCE) as connection:
            automation = await read_automation(connection, execution_id)
        if automation is None or not automation.state or automation.document is None:
            raise ApplicationError(
                f"no record of execution {execution_id}", type=NOT_FOUND, non_retryable=True
            )
        state = ExecutionState.model_validate(automation.state)
        needed = _read_by_compensations(automation.document)
        for step in state.steps:
            step.inputs = {}
            step.outputs = {
                name: value for name, value in step.outputs.items() if f"{step.name}.{name}" in needed
            }
        size = len(state.model_dump_json())
        if size > LARGEST_ORIGIN:
            raise ApplicationError(
                f"what the compensations of execution {execution_id} read is {size} bytes; at most"
                f" {LARGEST_ORIGIN} can be read",
                non_retryable=True,
            )
        return state.model_dump(mode="json")


def _read_by_compensations(document: Mapping[str, Any]) -> set[str]:
    loaded = load_document(document)
    undoing = {step.compensation for step in loaded.main_steps}
    return {
        reference
        for step in loaded.main_steps
        if step.name in undoing
        for reference in references(step.inputs)
    }
