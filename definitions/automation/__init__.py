"""SSM Automation documents (schemaVersion '0.3'): loading them, and running them as a pure state machine."""

from definitions.automation.attempts import ResolvedStep
from definitions.automation.document import AutomationDocument, DocumentError, Problem, Step, load_document
from definitions.automation.execution import PURE_ACTIONS, Execution, IllegalTransitionError
from definitions.automation.lint import document_warnings
from definitions.automation.parameters import ParameterError, coerce_parameters, parameter_store_names
from definitions.automation.state import (
    ExecutionState,
    ExecutionStatus,
    FailureStage,
    FailureType,
    Hold,
    Mode,
    ParentStep,
    StepState,
    StepStatus,
    SystemVariables,
)
from definitions.automation.view import StepView

__all__ = [
    "PURE_ACTIONS",
    "AutomationDocument",
    "DocumentError",
    "Execution",
    "ExecutionState",
    "ExecutionStatus",
    "FailureStage",
    "FailureType",
    "Hold",
    "IllegalTransitionError",
    "Mode",
    "ParameterError",
    "ParentStep",
    "Problem",
    "ResolvedStep",
    "Step",
    "StepState",
    "StepStatus",
    "StepView",
    "SystemVariables",
    "coerce_parameters",
    "document_warnings",
    "load_document",
    "parameter_store_names",
]
