"""JSON Schemas of the definitions, for editors that complete and check YAML while it is written."""

from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from definitions.base import Kind
from definitions.catalog import Definition

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

MODELS: dict[Kind, type[Definition]] = {
    model.model_fields["kind"].default: model for model in get_args(Definition)
}
"""The model of each kind."""


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of one kind of definition."""
    schema = TypeAdapter(MODELS[kind]).json_schema()
    return {"$schema": _DIALECT, **_with_kind_required(schema)}


def schema_of_all() -> dict[str, Any]:
    """One JSON Schema for any definition, told apart by `kind`."""
    models = list(MODELS.values())
    places, schema = models_json_schema([(model, "validation") for model in models])
    for model in models:
        name = places[model, "validation"]["$ref"].rpartition("/")[2]
        schema["$defs"][name] = _with_kind_required(schema["$defs"][name])
    return {
        "$schema": _DIALECT,
        "title": "Tocsin definitions",
        "oneOf": [places[model, "validation"] for model in models],
        "$defs": schema["$defs"],
    }


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of the file it belongs in."""
    files = {f"{kind}.schema.json": schema_of(kind) for kind in MODELS}
    return files | {"definitions.schema.json": schema_of_all()}


def _with_kind_required(schema: dict[str, Any]) -> dict[str, Any]:
    """The model fills in its own `kind`; a file has to say it."""
    return {**schema, "required": ["kind", *schema.get("required", [])]}
