"""What botocore's models say of an API: its operations, what it takes, and its idempotency tokens."""

import re
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from activities.automation.steps import step_failed
from definitions.automation import FailureStage

TOKENS = {"clienttoken", "clientrequesttoken", "idempotencytoken"}
"""Members that are tokens by their name, lower case; the models mark most of these, and some others."""

_UUID_LENGTH = 36


def operation(client: Any, api: str) -> tuple[str, Any]:
    """The client's method for an API name in any spelling (DescribeInstances, describe_instances) and its model.

    Fails the step if the service has no such operation.
    """
    wanted = re.sub(r"[^a-z0-9]", "", api.lower())
    for method, name in client.meta.method_to_api_mapping.items():
        if wanted == name.lower():
            return str(method), client.meta.service_model.operation_model(name)
    service = client.meta.service_model.service_name
    raise step_failed(f"{service} has no operation {api!r}", stage=FailureStage.INPUT_VALIDATION)


def with_tokens(model: Any, parameters: dict[str, Any], key: str) -> dict[str, Any]:
    """The parameters, and for each idempotency token that they leave out one made of `key` and the operation.

    So a call that is repeated for the same step has the same token, and AWS does the work once.
    """
    if model.input_shape is None:
        return parameters
    made = {
        name: _token_text(member, token(key, model.name))
        for name, member in model.input_shape.members.items()
        if name in model.idempotent_members or (name.lower() in TOKENS and member.type_name == "string")
    }
    return made | parameters


def token(key: str, api: str) -> UUID:
    """The token of a step's call of an API: two APIs called by one step have two."""
    return uuid5(NAMESPACE_URL, f"{key}:{api}")


def _token_text(shape: Any, made: UUID) -> str:
    return made.hex if shape.metadata.get("max", _UUID_LENGTH) < _UUID_LENGTH else str(made)


def fitted(shape: Any, value: Any) -> Any:
    """The value as the API's type where that is plain: ["a"] for a text, "3" for a number, "true", "a" for a list.

    What has the right type already is left as it is, and so is what cannot be read: AWS says what is wrong with it.
    """
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: fitted(shape.members.get(name), item) for name, item in value.items()}
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: fitted(shape.value, item) for name, item in value.items()}
    if shape.type_name == "list":
        items = value if isinstance(value, list) else [value]
        return [fitted(shape.member, item) for item in items]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _scalar(shape.type_name, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return value
    text = value.strip()
    if kind in ("integer", "long") and re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        return int(text)
    if kind in ("float", "double") and re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
        return float(text)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), value)
    return value
