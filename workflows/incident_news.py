"""What an execution tells the incident that it runs for."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from records.timeline import EventType
    from workflows.messages import AutomationReport


class IncidentNews:
    """Sends events in order, one after another; without an incident nobody is told."""

    def __init__(self, execution_id: str, incident_id: str | None) -> None:
        self._execution_id = execution_id
        self._incident_id = incident_id
        self._to_send: list[AutomationReport] = []

    def add(self, status: str, event_type: EventType, data: dict[str, Any], *, author: str) -> None:
        """Have an event sent."""
        if self._incident_id is not None:
            self._to_send.append(
                AutomationReport(
                    execution_id=self._execution_id,
                    status=status,
                    event_type=event_type,
                    data=data,
                    author=author,
                )
            )

    @property
    def all_sent(self) -> bool:
        """Whether the incident knows everything, or listens no more."""
        return not self._to_send

    async def send(self) -> None:
        """Send what comes, for as long as the execution lives."""
        if self._incident_id is None:
            return
        incident = workflow.get_external_workflow_handle(self._incident_id)
        while True:
            await workflow.wait_condition(lambda: bool(self._to_send))
            try:
                await incident.signal("report_automation", self._to_send[0])
            except FailureError as error:
                workflow.logger.info("the incident no longer listens: %s", error)
            self._to_send.pop(0)
