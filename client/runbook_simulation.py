"""A runbook in a file, run without any effect: nothing is asked, changed or waited for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from client.errors import InvalidInputError
from client.invented_answers import invented_value
from client.runbook_files import load_runbook, only_runbook
from client.told_answers import ToldAnswers
from definitions.automation import ParameterError, SystemVariables, coerce_parameters
from definitions.automation.model import AutomationDocument
from definitions.automation.parameters import parameter_store_names
from definitions.automation.simulation import Simulation, SimulationError, simulate, steered
from definitions.automation.values import ValueType

START = datetime(2030, 1, 1, tzinfo=UTC)
SYSTEM = SystemVariables(account_id="123456789012", region="us-east-1")


def simulate_file(path: str, given: Mapping[str, Any], *, answers: Path | None = None) -> Simulation:
    """Simulates the one runbook of a file. Raises InvalidInputError.

    Parameters without default that are not given, and those from Parameter Store, are invented.
    """
    runbook = only_runbook(path)
    document = load_runbook(runbook.document, of=path)
    told = ToldAnswers(document, {}) if answers is None else ToldAnswers.read(document, answers)
    try:
        return simulate(
            steered(document, told.ways),
            told,
            parameters=_parameters(document, given),
            system=SYSTEM,
            start=START,
            document_name=runbook.name,
        )
    except (SimulationError, ParameterError) as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _parameters(document: AutomationDocument, given: Mapping[str, Any]) -> dict[str, Any]:
    missing = {
        name: invented_value(name, parameter)
        for name, parameter in document.parameters.items()
        if name not in given and parameter.default is None
    }
    # What is invented need not keep to the rules that what is given must keep to.
    optional = {
        name: parameter.model_copy(update={"default": missing.get(name, parameter.default)})
        for name, parameter in document.parameters.items()
    }
    try:
        values = coerce_parameters(document.model_copy(update={"parameters": optional}), given)
    except ParameterError as error:
        raise InvalidInputError(str(error)) from error
    for name in parameter_store_names(document, values):
        invented = (
            ["invented"] if document.parameters[name].value_type is ValueType.STRING_LIST else "invented"
        )
        values[name] = invented
    return values
