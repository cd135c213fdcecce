"""One execution for each of many targets, so many at a time, until too many have failed (AWS: rate control)."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

from workflows.automation import AutomationWorkflow
from workflows.incident_news import IncidentNews
from workflows.journal import Journal
from workflows.summaries import label
from workflows.timeouts import TASK_TIMEOUT, WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from activities.automation.aws_targets import TargetsAsked
    from activities.automation.lookups import Lookups
    from definitions.automation import ExecutionStatus, ParameterError, coerce_parameters, load_document
    from definitions.automation.rate_control import Pace, allowance
    from records.batches import AutomationRecord, RecordBatch
    from records.timeline import EventType
    from workflows.automation_messages import Stop, StopType
    from workflows.automation_signals import ENDED
    from workflows.inputs import AutomationInput, AutomationResult, JournalState, RateControlInput
    from workflows.messages import Refusal, refuse

LARGEST_TOGETHER = 1_000_000
"""Bytes of executions that are started together: what a workflow task does reaches the server as one message."""


@workflow.defn
class RateControlWorkflow:
    """Runs one child execution per target; ended when all that were started have."""

    @workflow.init
    def __init__(self, given: RateControlInput) -> None:
        """Handlers may run before `run`."""
        self._given = given
        self._own = given.automation
        self._status = ExecutionStatus.PENDING
        self._failure: str | None = None
        self._results: dict[str, AutomationResult] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._starting = 0
        self._stopping = False
        self._document_kept = False
        self._journal = Journal(self._own.execution_id, JournalState(), self._records)
        self._news = IncidentNews(self._own.execution_id, self._own.incident_id)

    @workflow.run
    async def run(self, given: RateControlInput) -> AutomationResult:
        """Go over all targets; how it ended. A cancellation stops the children that run, and starts no others."""
        life = asyncio.create_task(self._live())
        while not life.done():
            try:
                await workflow.wait_condition(life.done)
            except asyncio.CancelledError:
                self._stop_children()
        return life.result()

    @workflow.update
    async def stop(self, message: Stop) -> str:
        """Start no other target; with type Cancel also stop the executions that run. The status."""
        told = {"signal": "Stop", "type": message.type, "reason": message.reason}
        self._tell(EventType.AUTOMATION_DECISION, told, author=message.author)
        if message.type is StopType.CANCEL:
            self._stop_children()
        self._stopping = True
        await self._journal.written()
        return self._status

    @stop.validator
    def _check_stop(self, message: Stop) -> None:
        if self._status.final:
            raise refuse(Refusal.CONFLICT, "the execution is not running", aws=ENDED)

    async def _live(self) -> AutomationResult:
        keeping = asyncio.create_task(self._keep())
        self._tell(
            EventType.AUTOMATION_START,
            {
                "parameters": self._own.parameters,
                **self._given.rate_control.model_dump(exclude_defaults=True),
            },
            author=self._own.started_by,
        )
        self._status = ExecutionStatus.IN_PROGRESS
        try:
            await self._go_over(await self._targets())
        except ActivityError as error:
            self._failure = f"the targets cannot be found: {error.cause or error}"
        except ParameterError as error:
            self._failure = str(error)
        self._status = self._outcome()
        self._tell(EventType.AUTOMATION_END, {"progress": self._progress(), "failureMessage": self._failure})
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._journal.saved()
        await workflow.wait_condition(lambda: self._news.all_sent)
        keeping.cancel()
        return AutomationResult(
            execution_id=self._own.execution_id,
            status=self._status,
            outputs={},
            failure_message=self._failure,
        )

    async def _targets(self) -> list[dict[str, list[str]]]:
        """The parameters that make each target's execution its own, checked before the first one starts."""
        control = self._given.rate_control
        system = self._own.system or await workflow.execute_activity_method(
            Lookups.identify_account,
            start_to_close_timeout=timedelta(seconds=30),
            heartbeat_timeout=WORKER_LOST,
            summary="where AWS calls go",
        )
        self._own = self._own.model_copy(update={"system": system})
        document = load_document(self._own.document)
        parameter = document.parameters.get(control.target_parameter_name)
        targets: list[dict[str, list[str]]] = await workflow.execute_activity_method(
            Lookups.resolve_targets,
            TargetsAsked(
                target_parameter_name=control.target_parameter_name,
                target_parameter_type=parameter.type if parameter else "String",
                targets=control.targets,
                target_maps=control.target_maps,
                system=system,
            ),
            start_to_close_timeout=timedelta(seconds=120),
            heartbeat_timeout=WORKER_LOST,
            retry_policy=RetryPolicy(maximum_attempts=5),
            summary="targets",
        )
        for target in targets:
            coerce_parameters(document, self._own.parameters | target)
        return targets

    async def _go_over(self, targets: list[dict[str, list[str]]]) -> None:
        control = self._given.rate_control
        pace = Pace(limit=max(1, allowance(control.max_concurrency, len(targets))))
        errors_allowed = allowance(control.max_errors, len(targets))
        together = max(1, LARGEST_TOGETHER // len(self._own.model_dump_json().encode()))
        for number, target in enumerate(targets):
            await workflow.wait_condition(
                lambda: (
                    (len(self._running) < pace.width and self._starting < together)
                    or self._stopping
                    or self._errors > errors_allowed
                )
            )
            if self._stopping or self._errors > errors_allowed:
                break
            child = self._child(number, target)
            self._running[child.execution_id] = asyncio.create_task(self._run_child(child, pace))
        await workflow.wait_condition(lambda: not self._running)
        if self._errors > errors_allowed:
            self._failure = f"{self._errors} of {len(targets)} failed, {errors_allowed} may"

    def _child(self, number: int, target: dict[str, list[str]]) -> AutomationInput:
        return self._own.model_copy(
            update={
                "execution_id": str(uuid5(UUID(self._own.execution_id), f"target/{number}")),
                "parameters": self._own.parameters | target,
                "parent_execution_id": self._own.execution_id,
                "depth": self._own.depth + 1,
                "target": target,
            }
        )

    async def _run_child(self, child: AutomationInput, pace: Pace) -> None:
        try:
            result = await (await self._start_child(child))
        except (FailureError, asyncio.CancelledError) as error:
            status = ExecutionStatus.CANCELLED if is_cancelled_exception(error) else ExecutionStatus.FAILED
            result = AutomationResult(
                execution_id=child.execution_id, status=status, failure_message=str(error.__cause__ or error)
            )
        self._results[child.execution_id] = result
        del self._running[child.execution_id]
        pace.one_ended()
        told = {"target": child.target, "child": child.execution_id, "childStatus": result.status}
        self._tell(EventType.AUTOMATION_STEP, told | {"failureMessage": result.failure_message})

    async def _start_child(self, child: AutomationInput) -> Awaitable[AutomationResult]:
        self._starting += 1
        try:
            return await workflow.start_child_workflow(
                AutomationWorkflow.run,
                child,
                id=child.execution_id,
                task_timeout=TASK_TIMEOUT,
                parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
                cancellation_type=workflow.ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
                static_summary=label(str(child.target)),
            )
        finally:
            self._starting -= 1

    @property
    def _errors(self) -> int:
        return sum(result.status is not ExecutionStatus.SUCCESS for result in self._results.values())

    def _stop_children(self) -> None:
        self._stopping = True
        self._status = ExecutionStatus.CANCELLING
        for task in self._running.values():
            task.cancel()

    def _outcome(self) -> ExecutionStatus:
        if self._stopping:
            return ExecutionStatus.CANCELLED
        return ExecutionStatus.SUCCESS if self._failure is None else ExecutionStatus.FAILED

    def _progress(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for result in self._results.values():
            counts[result.status] = counts.get(result.status, 0) + 1
        if self._running:
            counts[ExecutionStatus.IN_PROGRESS] = len(self._running)
        return counts

    def _tell(self, event_type: EventType, data: dict[str, Any], *, author: str = "tocsin") -> None:
        about = {
            "executionId": self._own.execution_id,
            "documentName": self._own.document_name,
            "status": self._status,
        }
        told = {name: value for name, value in data.items() if value not in (None, {}, "")}
        self._journal.note(event_type, about | told, author=author)
        self._news.add(self._status, event_type, about | told, author=author)

    async def _keep(self) -> None:
        await asyncio.gather(self._journal.keep(), self._journal.catch_up(), self._news.send())

    def _records(self, everything: bool) -> RecordBatch:
        own = self._own
        record = AutomationRecord(
            execution_id=own.execution_id,
            incident_id=own.incident_id,
            document_name=own.document_name,
            document_version=own.document_version,
            status=self._status,
            started_by=own.started_by,
            state={},
            document=own.document if everything or not self._document_kept else None,
            parent_execution_id=own.parent_execution_id,
            target=self._given.rate_control.model_dump(exclude_defaults=True),
            progress=self._progress(),
            failure_message=self._failure,
        )
        self._document_kept = True
        return RecordBatch(subject_id=own.execution_id, automation=record)
