"""What undoes an execution: the compensations (onRollback) of the steps that succeeded."""

from datetime import datetime

from definitions.automation.document_steps import DocumentSteps
from definitions.automation.model import AutomationDocument
from definitions.automation.state import ExecutionState, StepStatus
from definitions.automation.step_records import not_begun

_DONE = (StepStatus.SUCCESS, StepStatus.EXITED)


def compensations(document: AutomationDocument, state: ExecutionState) -> list[str]:
    """The steps that undo what the execution has done so far, that of its latest step first, each once.

    A loop that was left by a jump has done something too. What has been undone already is not undone again, and
    a compensation has none of its own.
    """
    undoing = {step.compensation for step in document.main_steps}
    done = [
        document.step(name)
        for name in reversed(state.path)
        if name not in undoing and state.step(name).status in _DONE
    ]
    asked = dict.fromkeys(step.compensation for step in done if step.compensation)
    return [name for name in asked if state.step(name).status is not StepStatus.SUCCESS]


def undoing_state(
    document: AutomationDocument, origin: ExecutionState, *, execution_id: str, now: datetime
) -> ExecutionState:
    """The state of a new execution that undoes another one, and reads its parameters, variables and outputs."""
    origin = origin.model_copy(deep=True)
    outputs = {step.name: step.outputs for step in origin.steps}
    records = list(not_begun(DocumentSteps(document), execution_id))
    for record in records:
        record.outputs = outputs.get(record.name, {})
    return ExecutionState(
        execution_id=execution_id,
        document_name=origin.document_name,
        system=origin.system,
        parameters=origin.parameters,
        variables=origin.variables,
        steps=records,
        started_at=now,
        rolling_back=True,
        compensations=compensations(document, origin),
    )
