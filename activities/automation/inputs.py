"""Reading a step's inputs as what an action needs; what does not fit fails the step before anything happens."""

from collections.abc import Mapping
from typing import Any

from temporalio.exceptions import ApplicationError

from activities.automation.steps import step_failed
from definitions.automation import FailureStage


def wrong_input(message: str) -> ApplicationError:
    """The error for inputs that an action cannot work with."""
    return step_failed(message, stage=FailureStage.INPUT_VALIDATION)


def text_of(inputs: Mapping[str, Any], name: str) -> str:
    """An input that must be a text, or a list of just one."""
    value = inputs.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or not value:
        raise wrong_input(f"{name} should be a text, got {value!r}")
    return value


def texts_of(inputs: Mapping[str, Any], name: str) -> list[str]:
    """An input that must be a list of texts, or just one text."""
    given = inputs.get(name)
    values = [given] if isinstance(given, str) and given else given
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise wrong_input(f"{name} should be a list of texts, got {given!r}")
    return values


def true_of(inputs: Mapping[str, Any], name: str) -> bool:
    """Whether an input says true, as a value or as text; false if it is absent."""
    return str(inputs.get(name, "")).strip().lower() == "true"


def filled(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that hold something: documents give '' for optional ones that are left out."""
    return {name: value for name, value in inputs.items() if value not in ("", None)}


def renamed(inputs: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The inputs under the names that the API has for them; those not in `names` keep theirs."""
    return {names.get(name, name): value for name, value in inputs.items()}
