"""An incident's side of its runbooks: starting them as children that live on their own, hearing how they go."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.journal import Journal
from workflows.summaries import label
from workflows.timeouts import TASK_TIMEOUT

with workflow.unsafe.imports_passed_through():
    from activities.automation.attached import attached_files
    from definitions.automation import (
        DocumentError,
        ExecutionStatus,
        ParameterError,
        coerce_parameters,
        load_document,
    )
    from definitions.response_plans import DynamicParameter, PlannedRunbook
    from definitions.runbooks import Runbook
    from records.incidents import MAX_RELATED_ITEMS, IncidentRecord, RelatedItem, RelatedItemType
    from records.timeline import EventType
    from workflows.inputs import AutomationInput
    from workflows.messages import AutomationReport, AutomationSummary, Refusal, StartRunbook, refuse


AUTOMATION = "AutomationWorkflow"


class Runbooks:
    """Starts executions for an incident and keeps a summary of each."""

    def __init__(
        self,
        incident: IncidentRecord,
        automations: list[AutomationSummary],
        journal: Journal,
        *,
        changed: Callable[[], None],
    ) -> None:
        self._incident = incident
        self._automations = automations
        self._journal = journal
        self._changed = changed
        self._starting = 0

    @property
    def speaking(self) -> bool:
        """Whether an execution runs that will soon have something to report; one that waits will not."""
        soon = (ExecutionStatus.PENDING, ExecutionStatus.IN_PROGRESS, ExecutionStatus.CANCELLING)
        return any(known.status in soon for known in self._automations)

    @property
    def idle(self) -> bool:
        """Whether no start is on its way."""
        return self._starting == 0

    def check(self, message: StartRunbook) -> None:
        """Refuse a document or parameters that cannot run."""
        try:
            coerce_parameters(load_document(message.document), message.parameters)
        except (DocumentError, ParameterError) as error:
            raise refuse(Refusal.INVALID, str(error)) from error

    async def start_planned(self, planned: PlannedRunbook, runbook: Runbook, author: str) -> None:
        """Start the plan's runbook. That it cannot start never fails the incident (AWS), but is on the timeline."""
        try:
            message = StartRunbook(
                execution_id=str(workflow.uuid4()),
                name=planned.name,
                document=runbook.document,
                files=attached_files(runbook),
                parameters=planned.parameters | self._dynamic(planned),
                author=author,
            )
            coerce_parameters(load_document(runbook.document), message.parameters)
        except ValueError as error:  # the document's, its parameters', or too much of both
            told = {"documentName": planned.name, "reason": str(error)}
            self._journal.note(EventType.AUTOMATION_START_FAILURE, told)
            return
        await self.start(message)

    async def start(self, message: StartRunbook) -> None:
        """Start an execution whose id is in the message; one that has been started already is left alone."""
        if any(known.execution_id == message.execution_id for known in self._automations):
            return
        summary = AutomationSummary(execution_id=message.execution_id, name=message.name, status="Pending")
        self._automations.append(summary)
        if len(self._incident.related_items) < MAX_RELATED_ITEMS:
            item = RelatedItem(
                type=RelatedItemType.AUTOMATION, value=message.execution_id, title=message.name
            )
            self._incident.related_items.append(item)
            self._changed()
        self._starting += 1
        try:
            # By name, so that its result, which an earlier version had otherwise, is never read here.
            await workflow.start_child_workflow(
                AUTOMATION,
                AutomationInput(
                    execution_id=message.execution_id,
                    document_name=message.name,
                    document=message.document,
                    document_version=message.document_version,
                    files=message.files,
                    mode=message.mode,
                    parameters=message.parameters,
                    started_by=message.author,
                    incident_id=self._incident.incident_id,
                ),
                id=message.execution_id,
                task_timeout=TASK_TIMEOUT,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=label(message.name),
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("execution %s runs already", message.execution_id)
        finally:
            self._starting -= 1

    def take(self, report: AutomationReport) -> None:
        """An execution's news, onto the incident's timeline."""
        for summary in self._automations:
            if summary.execution_id == report.execution_id:
                summary.status = report.status
        self._journal.note(report.event_type, report.data, author=report.author)

    def _dynamic(self, planned: PlannedRunbook) -> dict[str, Any]:
        involved = [
            item.value
            for item in self._incident.related_items
            if item.type is RelatedItemType.INVOLVED_RESOURCE
        ]
        values = {
            DynamicParameter.INCIDENT_RECORD_ARN: self._incident.arn,
            DynamicParameter.INVOLVED_RESOURCES: involved,
        }
        return {name: values[variable] for name, variable in planned.dynamic_parameters.items()}
