"""The door: what a person wrote becomes an `AutomationDocument`, or is refused with all that is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from definitions.automation.checks import Placed, check_circles, check_steps
from definitions.automation.interpolation import references
from definitions.automation.model import AutomationDocument, Output, Parameter, Step
from definitions.automation.problems import DocumentError, Path, Problem, near_miss
from definitions.automation.rollback_checks import check_rollback
from definitions.automation.secrets import check_no_secrets

__all__ = ["AutomationDocument", "DocumentError", "Parameter", "Problem", "Step", "load_document"]

_CHANGE_TEMPLATE = ("templateInformation", "executableRunBooks", "emergencyChange")


def load_document(data: Mapping[str, Any]) -> AutomationDocument:
    """The document in parsed YAML or JSON; raises DocumentError with every problem found."""
    if not isinstance(data, Mapping):
        raise DocumentError([Problem((), "expected a map with schemaVersion and mainSteps")])
    document: AutomationDocument | None = None
    problems: list[Problem] = []
    try:
        document = AutomationDocument.model_validate(data)
    except ValidationError as error:
        problems = [_problem(details, AutomationDocument) for details in error.errors()]
    problems += _check_parts(data)
    if document is None or problems:
        raise DocumentError(_in_order(problems, data))
    return document


def _check_parts(data: Mapping[str, Any]) -> list[Problem]:
    """Problems between parts, found even when some part is malformed by itself."""
    raw_steps = data.get("mainSteps")
    steps = raw_steps if isinstance(raw_steps, list) else []
    outer = _written_names(steps)
    placed: list[Placed] = []
    problems: list[Problem] = []
    for place, raw in enumerate(steps):
        path: Path = ("mainSteps", place)
        step = _well_formed(raw)
        if step is None:
            continue
        placed.append(Placed(step, path, tuple(outer)))
        if step.action == "aws:loop":
            body_placed, body_problems = _loop_body(step, path, outer)
            placed += body_placed
            problems += body_problems
    problems += check_steps(placed)
    problems += _check_circles(placed)
    main = [one for one in placed if not one.repeated]
    # Where a step follows another only because one between them is malformed, nothing true can be said.
    if len(main) == len(steps):
        problems += check_rollback([one.step for one in main], [one.path for one in main])
    problems += check_no_secrets(data)
    problems += _check_outputs(data.get("outputs"))
    assume_role = data.get("assumeRole")
    if any(reference.startswith("ssm:") for reference in references(assume_role)):
        problems.append(Problem(("assumeRole",), "{{ ssm:... }} works only as a parameter's default"))
    return problems


def _well_formed(raw: object) -> Step | None:
    try:
        return Step.model_validate(raw)
    except ValidationError:
        return None


def _written_names(steps: Sequence[object]) -> list[str]:
    """The names as written, so that a step with some other fault can still be a target."""
    named = [raw.get("name") for raw in steps if isinstance(raw, Mapping)]
    return [name for name in named if isinstance(name, str)]


def _loop_body(loop: Step, path: Path, outer: Sequence[str]) -> tuple[list[Placed], list[Problem]]:
    raw_steps = loop.inputs.get("Steps")
    steps_path: Path = (*path, "inputs", "Steps")
    if not isinstance(raw_steps, list):
        return [], [] if raw_steps is None else [Problem(steps_path, "expected a list of steps")]
    reach = (*_written_names(raw_steps), *outer)
    placed: list[Placed] = []
    problems: list[Problem] = []
    for place, raw in enumerate(raw_steps):
        try:
            step = Step.model_validate(raw)
            placed.append(Placed(step, (*steps_path, place), reach, repeated=True))
        except ValidationError as error:
            problems += [_problem(details, Step, (*steps_path, place)) for details in error.errors()]
    return placed, problems


def _check_circles(placed: Sequence[Placed]) -> Iterator[Problem]:
    """Circles among the main steps, and within each loop's body."""
    groups: dict[Path, list[Placed]] = {}
    for one in placed:
        groups.setdefault(one.path[:-1], []).append(one)
    for group in groups.values():
        # Of steps with the same name the first stands for both; the second is a problem of its own.
        unique = {one.step.name: one for one in reversed(group)}
        ordered = [one for one in group if unique[one.step.name] is one]
        yield from check_circles([one.step for one in ordered], [one.path for one in ordered])


def _check_outputs(outputs: object) -> Iterator[Problem]:
    for place, entry in enumerate(outputs if isinstance(outputs, list) else []):
        if isinstance(entry, str) and not all(entry.partition(".")):
            yield Problem(("outputs", place), f"expected Step.Output, got '{entry}'")


def _problem(details: ErrorDetails, model: type[BaseModel], under: Path = ()) -> Problem:
    """One of pydantic's findings in our words."""
    path = (*under, *details["loc"])
    value = details["input"]
    match details["type"]:
        case "extra_forbidden":
            return Problem(path, _unknown_key(str(path[-1]), _model_at(model, details["loc"][:-1])))
        case "missing":
            return Problem(path[:-1], f"'{path[-1]}' is missing")
        case "literal_error":
            return Problem(path, f"expected the text '0.3' in quotes, got {value!r}")
        case "string_pattern_mismatch":
            if path[-1] == "runner":
                return Problem(
                    path, f"expected the name of a runner, letters, digits, _ . and -, got {value!r}"
                )
            return Problem(path, f"expected letters, digits and _ only, got {value!r}")
        case "value_error":
            return Problem(path, str(details["ctx"]["error"]))
    expected = {
        "string_type": "a text",
        "dict_type": "a map",
        "list_type": "a list",
        "model_type": "a map",
        "model_attributes_type": "a map",
    }.get(details["type"])
    return Problem(path, f"expected {expected}, got {value!r}" if expected else details["msg"])


def _unknown_key(key: str, model: type[BaseModel]) -> str:
    if key in _CHANGE_TEMPLATE:
        return f"'{key}' belongs to Change Manager templates, which cannot be run here"
    known = [field.alias or name for name, field in model.model_fields.items()]
    hint = near_miss(key, known) or f"; the keys are {', '.join(known)}"
    return f"unknown key '{key}'{hint}"


def _model_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> type[BaseModel]:
    """The model that stands at a path of keys and positions."""
    collection = loc[-2] if len(loc) > 1 else None
    parts: dict[object, type[BaseModel]] = {"parameters": Parameter, "mainSteps": Step, "outputs": Output}
    return parts.get(collection, model)


def _in_order(problems: list[Problem], data: Mapping[str, Any]) -> list[Problem]:
    """Problems in the order of the document, those of the document as a whole first."""
    keys = list(data)

    def place(problem: Problem) -> tuple[int, int]:
        first = problem.path[0] if problem.path else None
        second = problem.path[1] if len(problem.path) > 1 else -1
        return (keys.index(first) if first in keys else -1, second if isinstance(second, int) else -1)

    return sorted(problems, key=place)
