"""The parts of an SSM Automation document (schemaVersion '0.3') as models, under AWS's names.

Beyond AWS: `onFailure: Pause` and `onFailure: Rollback`, `onRollback`, `onWorkerLost`, and `runner`.
"""

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel, to_pascal

from definitions.automation.problems import near_miss
from definitions.automation.values import ValueType, WrongTypeError, coerce

ABORT = "Abort"
CONTINUE = "Continue"
PAUSE = "Pause"
ROLLBACK = "Rollback"
JUMP = "step:"

STEP_NAME = r"^[a-zA-Z0-9_]+$"
RUNNER_NAME = r"^[a-zA-Z0-9][a-zA-Z0-9_.\-]{0,62}$"


# AWS: resource types are Strings that must look like the resource's id.
RESOURCE_PATTERNS = {
    "AWS::EC2::Instance::Id": r"^m?i-[a-z0-9]{8,17}$",
    "AWS::S3::Bucket::Name": r"^[0-9a-z][a-z0-9\-\.]{3,63}$",
    "AWS::IAM::Role::Arn": r"^arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b):iam::[0-9]{12}:role/.*$",
}
_RESOURCE_LISTS = {f"List<{name}>": pattern for name, pattern in RESOURCE_PATTERNS.items()}
PARAMETER_TYPES = (*(kind.value for kind in ValueType), *RESOURCE_PATTERNS, *_RESOURCE_LISTS)


def _flag(value: object) -> object:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"expected true or false, got {value!r}")


def _whole(value: object) -> object:
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError(f"expected a whole number, got {value!r}")


def _positive(value: object) -> object:
    number = _whole(value)
    if isinstance(number, int) and number < 1:
        raise ValueError(f"expected a whole number of at least 1, got {number}")
    return number


def _jump(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"expected Abort or step:NAME, got {value!r}")
    if value.startswith(JUMP):
        return JUMP + value.removeprefix(JUMP).strip()
    if value == ABORT:
        return value
    raise ValueError(f"expected Abort or step:NAME, got '{value}'{near_miss(value, [ABORT, JUMP])}")


def _failure(value: object) -> object:
    if value in (CONTINUE, PAUSE, ROLLBACK):
        return value
    if isinstance(value, str) and (value == ABORT or value.startswith(JUMP)):
        return _jump(value)
    hint = near_miss(str(value), [ABORT, CONTINUE, PAUSE, ROLLBACK, JUMP])
    raise ValueError(f"expected Abort, Continue, Pause, Rollback or step:NAME, got {value!r}{hint}")


def _compensation(value: object) -> object:
    if isinstance(value, str) and value.startswith(JUMP) and value.removeprefix(JUMP).strip():
        return _jump(value)
    raise ValueError(f"expected step:NAME, the step that undoes this one, got {value!r}")


def _parameter_type(value: object) -> object:
    if value in PARAMETER_TYPES:
        return value
    hint = near_miss(str(value), PARAMETER_TYPES) or f"; the types are {', '.join(PARAMETER_TYPES)}"
    raise ValueError(f"unknown type {value!r}{hint}")


def _output_type(value: object) -> object:
    kinds = [kind.value for kind in ValueType]
    if value in kinds:
        return value
    hint = near_miss(str(value), kinds) or f"; the types are {', '.join(kinds)}"
    raise ValueError(f"unknown type {value!r}{hint}")


Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]
Positive = Annotated[int, BeforeValidator(_positive)]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, written: object) -> object:
        """A key that may be missing may also stand there without a value."""
        if not isinstance(written, Mapping):
            return written
        optional = {field.alias for field in cls.model_fields.values() if not field.is_required()}
        return {key: value for key, value in written.items() if value is not None or key not in optional}


class _Typed(_Part):
    type: Annotated[str, BeforeValidator(_parameter_type)]
    description: str | None = None
    default: Any = None

    @property
    def value_type(self) -> ValueType:
        """The plain type of the value: resource types are Strings, lists of them StringLists."""
        if self.type in RESOURCE_PATTERNS:
            return ValueType.STRING
        return ValueType.STRING_LIST if self.type in _RESOURCE_LISTS else ValueType(self.type)

    @property
    def typed_default(self) -> Any:
        """The default as its type, as written where it is not of that type; None if there is none."""
        if self.default is None:
            return None
        try:
            return coerce(self.value_type, self.default)
        except WrongTypeError:
            return self.default


class Parameter(_Typed):
    """A parameter of a document; one without a default must be given at the start."""

    allowed_values: list[Any] | None = None
    allowed_pattern: str | None = None
    min_items: Whole | None = None
    max_items: Whole | None = None
    min_chars: Whole | None = None
    max_chars: Whole | None = None
    min_value: Whole | None = None
    max_value: Whole | None = None
    display_type: str | None = None
    interpolation_type: str | None = None

    @property
    def resource_pattern(self) -> str | None:
        """What each text of a resource-typed parameter must look like, or None for plain types."""
        return RESOURCE_PATTERNS.get(self.type) or _RESOURCE_LISTS.get(self.type)


class Variable(_Typed):
    """A value that steps of the document may change while it runs."""

    model_config = ConfigDict(extra="ignore")


class Output(_Part):
    """One output a step declares: a JSONPath into the action's response, and the type it promises."""

    model_config = ConfigDict(alias_generator=to_pascal)

    name: Annotated[str, Field(min_length=1)]
    selector: str
    type: Annotated[ValueType, BeforeValidator(_output_type)] = ValueType.STRING


class WorkerLost(StrEnum):
    """What becomes of a step whose worker dies while an action runs that cannot be repeated without asking."""

    FAIL = "Fail"
    RETRY = "Retry"


class Step(_Part):
    """One step: the action, its inputs, and where to go afterwards.

    `on_rollback` names the step that undoes this one. `on_worker_lost` is asked only for actions that must not
    silently run twice. `runner` names the workers that the step must run on; without it any worker may.
    """

    name: Annotated[str, Field(pattern=STEP_NAME)]
    action: str
    description: str | None = None
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: list[Output] = Field(default_factory=list)
    timeout_seconds: Positive | None = None
    max_attempts: Positive = 1
    on_failure: Annotated[str, BeforeValidator(_failure)] = ABORT
    on_cancel: Annotated[str, BeforeValidator(_jump)] = ABORT
    is_critical: Flag | None = None
    is_end: Flag = False
    next_step: str | None = None
    on_rollback: Annotated[str, BeforeValidator(_compensation)] | None = None
    on_worker_lost: WorkerLost = WorkerLost.FAIL
    runner: Annotated[str, Field(pattern=RUNNER_NAME)] | None = None
    precondition: Any = None

    @property
    def failure_target(self) -> str | None:
        """The step that onFailure names, if it names one."""
        return self.on_failure.removeprefix(JUMP) if self.on_failure.startswith(JUMP) else None

    @property
    def cancel_target(self) -> str | None:
        """The step that onCancel names, if it names one."""
        return self.on_cancel.removeprefix(JUMP) if self.on_cancel.startswith(JUMP) else None

    @property
    def compensation(self) -> str | None:
        """The step that onRollback names, if it names one."""
        return self.on_rollback.removeprefix(JUMP) if self.on_rollback else None

    @property
    def critical(self) -> bool:
        """Whether this step's failure is the execution's: by default unless onFailure is Continue."""
        if self.is_critical is not None:
            return self.is_critical
        return self.on_failure != CONTINUE


class Attachment(BaseModel):
    """A file that scripts of the document may use."""

    model_config = ConfigDict(extra="ignore")

    checksums: dict[str, str] = Field(default_factory=dict)
    size: Any = None


class AutomationDocument(_Part):
    """A runbook as AWS writes it. Only `load_document` makes one from what a person wrote."""

    schema_version: Literal["0.3"]
    description: str | None = None
    assume_role: str | None = None
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    variables: dict[str, Variable] = Field(default_factory=dict)
    main_steps: list[Step]
    outputs: list[str] = Field(default_factory=list)
    files: dict[str, Attachment] = Field(default_factory=dict)
    runner: Annotated[str, Field(pattern=RUNNER_NAME)] | None = None

    def step(self, name: str) -> Step:
        """The main step of that name; KeyError if there is none."""
        for step in self.main_steps:
            if step.name == name:
                return step
        raise KeyError(f"the document has no step '{name}'")


def loop_body(step: Step) -> list[Step]:
    """The steps an aws:loop repeats; entries that are not steps are left out (loading refuses them)."""
    body = step.inputs.get("Steps") if step.action == "aws:loop" else None
    steps = []
    for raw in body if isinstance(body, list) else []:
        with suppress(ValidationError):
            steps.append(Step.model_validate(raw))
    return steps
