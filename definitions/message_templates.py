"""The words of a page, as templates that a response plan can replace."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from definitions.base import Part, Storable

Template = Annotated[str, Field(min_length=1, max_length=4096), Storable]
"""Jinja2, rendered in a sandbox."""


class MessageTemplates(Part):
    """What replaces the standard words; what is not given stays standard (AWS: Subject, Content, Public...)."""

    subject: Template | None = None
    content: Template | None = None
    public_subject: Template | None = None
    public_content: Template | None = None

    @model_validator(mode="after")
    def _replaces_something(self) -> Self:
        if not any((self.subject, self.content, self.public_subject, self.public_content)):
            raise ValueError("name at least one of subject, content, public_subject and public_content")
        return self
