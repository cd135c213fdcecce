"""The questions a post-incident analysis asks (AWS: ProblemAnalysisTemplate)."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from definitions.base import Kind, Part
from definitions.durations import Duration, format_duration
from definitions.problems import Path, refuse


class Question(Part):
    """One question; an analysis may be completed without an answer only where `required` is false."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]+$", max_length=50)]
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    required: bool = False


class Section(Part):
    """Questions on one theme, such as detection or prevention."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]+$", max_length=50)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=50)]


class AnalysisTemplate(Part):
    """Sections of questions, and how often the owner is reminded until they are answered."""

    kind: Literal[Kind.ANALYSIS_TEMPLATE] = Kind.ANALYSIS_TEMPLATE
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_\-.]+$", max_length=128)]
    title: Annotated[str, Field(max_length=200)] = "Post-incident analysis"
    reminder_interval: Duration = timedelta(days=1)
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        problems: list[tuple[Path, str]] = []
        seen: set[str] = set()
        for i, section in enumerate(self.sections):
            for j, question in enumerate(section.questions):
                if question.id in seen:
                    path: Path = ("sections", i, "questions", j, "id")
                    problems.append((path, f"two questions have the id {question.id!r}; give each its own"))
                seen.add(question.id)
        if self.reminder_interval < timedelta(minutes=1):
            short = format_duration(self.reminder_interval)
            problems.append((("reminder_interval",), f"reminder_interval is {short}; it must be at least 1m"))
        refuse(problems)
        return self

    def questions(self) -> dict[str, Question]:
        """Every question by its id, in order."""
        return {question.id: question for section in self.sections for question in section.questions}
