"""aws:executeAutomation: a step that is another execution, or one for each of many targets."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ChildWorkflowError, FailureError

from workflows.actions import ActionFailed
from workflows.summaries import label
from workflows.timeouts import TASK_TIMEOUT, WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from activities.automation.executions import Executions, FoundDocument, RunbookAsked
    from activities.automation.lookups import Lookups
    from definitions.automation import (
        DocumentError,
        Execution,
        ExecutionStatus,
        FailureStage,
        FailureType,
        ParameterError,
        ResolvedStep,
        coerce_parameters,
        load_document,
    )
    from definitions.automation.values import as_text
    from workflows.inputs import AutomationInput, AutomationResult, RateControl, RateControlInput

DEEPEST = 10
"""Executions that may stand above one: a document that runs itself must come to an end."""

SPREAD = ("Targets", "TargetMaps")
"""Inputs that make one execution of many (a TargetLocations of AWS is this account and region here)."""


class Children:
    """Starts the executions that steps of one execution are."""

    def __init__(self, given: AutomationInput) -> None:
        self._given = given

    async def execute(self, execution: Execution, resolved: ResolvedStep) -> dict[str, Any]:
        """Run the document to its end; the step's response. Raises ActionFailed, with the response, if it fails."""
        if self._given.depth >= DEEPEST:
            raise ActionFailed(
                f"{DEEPEST} executions started one another; does the document run itself?",
                stage=FailureStage.INPUT_VALIDATION,
            )
        found = await self._find(resolved)
        state = execution.state.step(resolved.step.name)
        # A new attempt is a new execution: the one before has come to its end.
        child_id = str(uuid5(UUID(state.step_execution_id), f"child/{state.attempt}"))
        child = self._child(execution, resolved, found, child_id)
        result = await self._run(resolved, child)
        response = {
            "ExecutionId": child_id,
            "Status": result.status,
            "Output": [_one_text(texts) for texts in result.outputs.values()],
        }
        if result.status is not ExecutionStatus.SUCCESS:
            raise ActionFailed(
                f"execution {child_id} of {found.name} ended {result.status}: {result.failure_message}",
                kind=FailureType.ACTION,
                response=response,
            )
        return response

    async def _find(self, resolved: ResolvedStep) -> FoundDocument:
        name = str(resolved.inputs.get("DocumentName") or "")
        asked = RunbookAsked(name=name, version=str(resolved.inputs.get("DocumentVersion") or ""))
        try:
            found = await workflow.execute_activity_method(
                Executions.find_runbook,
                asked,
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=5)),
                summary=label(name),
            )
            if found is None:
                found = await _of_aws(asked)
        except ActivityError as error:
            raise ActionFailed(f"document {name!r} cannot be read: {error.cause or error}") from error
        if found is None:
            raise ActionFailed(
                f"there is no runbook {name!r}, here or in AWS", stage=FailureStage.INPUT_VALIDATION
            )
        return found

    def _child(
        self, execution: Execution, resolved: ResolvedStep, found: FoundDocument, child_id: str
    ) -> AutomationInput | RateControlInput:
        given = resolved.inputs.get("RuntimeParameters") or {}
        spread = any(resolved.inputs.get(name) for name in SPREAD)
        try:
            child = AutomationInput(
                execution_id=child_id,
                document_name=found.name,
                document=found.document,
                document_version=found.version,
                parameters=given,
                files=found.files,
                started_by=self._given.started_by,
                incident_id=self._given.incident_id,
                parent_execution_id=execution.state.execution_id,
                depth=self._given.depth + 1,
                system=execution.state.system,
            )
            document = load_document(found.document)
            if not spread:
                coerce_parameters(document, given)
                return child
            return RateControlInput(automation=child, rate_control=_rate_control(resolved.inputs))
        except (DocumentError, ParameterError, ValidationError) as error:
            raise ActionFailed(f"{found.name}: {error}", stage=FailureStage.INPUT_VALIDATION) from error

    async def _run(
        self, resolved: ResolvedStep, child: AutomationInput | RateControlInput
    ) -> AutomationResult:
        automation = child.automation if isinstance(child, RateControlInput) else child
        running = await workflow.start_child_workflow(
            "RateControlWorkflow" if isinstance(child, RateControlInput) else "AutomationWorkflow",
            child,
            id=automation.execution_id,
            result_type=AutomationResult,
            task_timeout=TASK_TIMEOUT,
            # A parent that is terminated takes its children with it, each with time to clean up.
            parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
            cancellation_type=workflow.ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            static_summary=label(automation.document_name),
        )
        limit = resolved.timeout_seconds
        try:
            await workflow.wait([running], timeout=limit)
            if not running.done():
                running.cancel()
                await workflow.wait([running])
                raise ActionFailed(f"not done within {limit} s", timed_out=True)
            result: AutomationResult = running.result()
        except ChildWorkflowError as error:
            raise ActionFailed(_reason(error), kind=FailureType.INTERNAL) from error
        finally:
            if not running.done():
                # This step is being stopped: so is what it started, and it is waited for.
                running.cancel()
                await workflow.wait([running])
        return result


async def _of_aws(asked: RunbookAsked) -> FoundDocument | None:
    return await workflow.execute_activity_method(
        Lookups.find_aws_document,
        asked,
        start_to_close_timeout=timedelta(seconds=60),
        heartbeat_timeout=WORKER_LOST,
        retry_policy=RetryPolicy(maximum_attempts=3),
        summary=label(asked.name),
    )


def _rate_control(inputs: dict[str, Any]) -> RateControl:
    return RateControl(
        target_parameter_name=inputs.get("TargetParameterName") or "",
        targets=inputs.get("Targets") or [],
        target_maps=inputs.get("TargetMaps") or [],
        max_concurrency=as_text(inputs.get("MaxConcurrency") or "10"),
        max_errors=as_text(inputs.get("MaxErrors") or "0"),
    )


def _one_text(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else as_text(texts)


def _reason(error: FailureError) -> str:
    return str(error.cause or error)
