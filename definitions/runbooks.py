"""A runbook: an SSM Automation document under a name."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from definitions.base import Kind, Part

MAX_DOCUMENT_BYTES = 128 * 1024
"""A document travels in workflow inputs, which stay well under 256 KB."""


class Runbook(Part):
    """Holds its Automation document (schemaVersion '0.3') inline, or names the file that holds it.

    `file` is relative to the YAML file; the loader replaces it by the document, so only `document` is stored.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["document"]}, {"required": ["file"]}]}
    )

    kind: Literal[Kind.RUNBOOK] = Kind.RUNBOOK
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_\-.]{3,128}$")]
    document: dict[str, Any] = Field(default_factory=dict)
    file: str | None = None

    @model_validator(mode="after")
    def _document_or_file(self) -> Self:
        if bool(self.document) == (self.file is not None):
            here = "both" if self.document else "neither"
            raise ValueError(f"a runbook has either a document or a file; here is {here}")
        return self
