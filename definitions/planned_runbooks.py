"""Whether the parameters a response plan gives fit the document they are given to."""

from collections.abc import Iterator

from definitions.automation.document import AutomationDocument
from definitions.automation.parameters import ParameterError, coerce_parameters
from definitions.automation.problems import near_miss
from definitions.automation.values import ValueType
from definitions.problems import Path
from definitions.response_plans import DynamicParameter, PlannedRunbook

_TYPE_OF = {
    DynamicParameter.INCIDENT_RECORD_ARN: ValueType.STRING,
    DynamicParameter.INVOLVED_RESOURCES: ValueType.STRING_LIST,
}


def check_planned_runbook(
    planned: PlannedRunbook, document: AutomationDocument
) -> Iterator[tuple[Path, str]]:
    """Each problem as `(path in the planned runbook, message)`; values are checked as a start would."""
    try:
        coerce_parameters(document, planned.parameters)
    except ParameterError as error:
        for problem in error.problems:
            (name,) = problem.path
            if name in planned.parameters:
                yield ("parameters", name), f"runbook {planned.name}: {problem.message}"
            elif name not in planned.dynamic_parameters:
                yield ("parameters",), f"runbook {planned.name}: {problem.message}"
    for name, filled in planned.dynamic_parameters.items():
        message = _about_dynamic(name, filled, planned, document)
        if message:
            yield ("dynamic_parameters", name), f"runbook {planned.name}: {message}"


def _about_dynamic(
    name: str, filled: DynamicParameter, planned: PlannedRunbook, document: AutomationDocument
) -> str | None:
    if name in planned.parameters:
        return f"parameter '{name}' is given twice; keep it in parameters or in dynamic_parameters"
    parameter = document.parameters.get(name)
    if parameter is None:
        known = ", ".join(document.parameters) or "none"
        hint = near_miss(name, document.parameters) or f"; the document has {known}"
        return f"unknown parameter '{name}'{hint}"
    # AWS: the runbook fails to start when the type is another.
    wanted = _TYPE_OF[filled]
    if parameter.type != wanted:
        return f"{filled} fits only a {wanted} parameter; '{name}' is a {parameter.type}"
    return None
