"""The words of a page, as templates that a response plan can replace."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from definitions.base import Part, Storable
from definitions.problems import Path

Template = Annotated[str, Field(min_length=1, max_length=4096), Storable]
"""Jinja2, rendered in a sandbox: see definitions/template_language.py."""

LONGEST_SUBJECT = 2048
LONGEST_CONTENT = 8192
"""Characters of a rendered text; what is longer is cut off (AWS: the same bounds)."""


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


def template_problems(templates: MessageTemplates) -> list[tuple[Path, str]]:
    """What is wrong with templates, each with its path from the top of the response plan.

    It is asked at the door and nowhere else: a plan that is in force must be readable for ever, whatever later releases
    think of its templates. A page that cannot use one has the standard words.
    """
    # Jinja is slow to import, and few commands need it.
    from definitions.template_language import problem_of

    found: list[tuple[Path, str]] = []
    for name in MessageTemplates.model_fields:
        template = getattr(templates, name)
        problem = problem_of(template) if template is not None else None
        if problem is not None:
            found.append((("messages", name), f"messages.{name}: {problem}"))
    return found
