"""How an execution begins: where an earlier run left it, from a document and parameters, or to undo another one."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from workflows.timeouts import WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from activities.automation.executions import Executions
    from activities.automation.lookups import Lookups, ParameterStoreAsked
    from definitions.automation import (
        AutomationDocument,
        DocumentError,
        Execution,
        ExecutionState,
        IllegalTransitionError,
        ParameterError,
        SystemVariables,
        coerce_parameters,
        load_document,
        parameter_store_names,
    )
    from workflows.inputs import AutomationInput
    from workflows.messages import Refusal


class CannotBegin(Exception):  # noqa: N818 - an outcome, not a defect
    """What an execution needs to begin cannot be had; says why."""


def resumed(given: AutomationInput) -> Execution | None:
    """The execution where an earlier run left it, if there was one: whoever speaks to it need not wait."""
    if given.carried is None:
        return None
    return Execution(load_document(given.document), ExecutionState.model_validate(given.carried.state))


async def begin(given: AutomationInput) -> Execution:
    """The execution, ready for its first step.

    Raises CannotBegin, and ApplicationError if document or parameters are wrong, which callers check before.
    """
    try:
        document = load_document(given.document)
        parameters = {} if given.undoes else coerce_parameters(document, given.parameters)
    except (DocumentError, ParameterError) as error:
        raise ApplicationError(str(error), type=Refusal.INVALID, non_retryable=True) from error
    if given.undoes is not None:
        return await _undo(given, document, given.undoes)
    system = given.system or await _system()
    parameters |= await _from_parameter_store(document, parameters, system)
    try:
        return Execution.start(
            document,
            document_name=given.document_name,
            execution_id=given.execution_id,
            parameters=parameters,
            system=system,
            now=workflow.now(),
            mode=given.mode,
        )
    except ParameterError as error:
        raise CannotBegin(str(error)) from error


async def _system() -> SystemVariables:
    system: SystemVariables = await workflow.execute_activity_method(
        Lookups.identify_account,
        start_to_close_timeout=timedelta(seconds=30),
        heartbeat_timeout=WORKER_LOST,
        summary="where AWS calls go",
    )
    return system


async def _from_parameter_store(
    document: AutomationDocument, parameters: dict[str, Any], system: SystemVariables
) -> dict[str, Any]:
    """The values of parameters whose defaults stand in AWS's Parameter Store."""
    names = parameter_store_names(document, parameters)
    if not names:
        return {}
    try:
        found: dict[str, Any] = await workflow.execute_activity_method(
            Lookups.read_parameter_store,
            ParameterStoreAsked(names=names, system=system),
            start_to_close_timeout=timedelta(seconds=60),
            heartbeat_timeout=WORKER_LOST,
            retry_policy=RetryPolicy(maximum_attempts=5),
            summary="defaults in the Parameter Store",
        )
    except ActivityError as error:
        raise CannotBegin(
            f"defaults cannot be read from the Parameter Store: {error.cause or error}"
        ) from error
    return found


async def _undo(given: AutomationInput, document: AutomationDocument, undone: str) -> Execution:
    try:
        origin = await workflow.execute_activity_method(
            Executions.read_execution,
            undone,
            start_to_close_timeout=timedelta(seconds=10),
            summary="what is to be rolled back",
        )
    except ActivityError as error:
        raise CannotBegin(f"execution {undone} cannot be rolled back: {error.cause or error}") from error
    try:
        return Execution.undo(
            document,
            ExecutionState.model_validate(origin),
            execution_id=given.execution_id,
            now=workflow.now(),
        )
    except (ValidationError, IllegalTransitionError) as error:
        raise CannotBegin(f"execution {undone} cannot be rolled back: {error}") from error
