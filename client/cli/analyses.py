"""Commands for analyses: analysis show, complete, skip."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict
from rich.console import Group
from rich.text import Text

from client.cli.arguments import IncidentId
from client.cli.session import Asked
from client.cli.times import when
from client.connection import build
from client.errors import InvalidInputError, NotFoundError
from definitions.analysis_templates import AnalysisTemplate
from records.incidents import Analysis, AnalysisStatus


class Answers(BaseModel):
    """What `analysis complete --file` reads."""

    model_config = ConfigDict(extra="forbid")

    summary: str = ""
    answers: dict[str, str] = {}
    action_items: list[str] = []


async def show(incident: IncidentId, /, *, session: Asked) -> None:
    """Show the questions, and the answers once there are some."""
    async with session.connect() as tocsin:
        record = (await tocsin.get_incident(incident)).incident
        template = await tocsin.analysis_template(record.incident_id)
        try:
            analysis = await tocsin.get_analysis(record.incident_id)
        except NotFoundError:
            analysis = None
    answer = {
        "incident_id": record.incident_id,
        "status": record.analysis_status,
        "template": template,
        "analysis": analysis,
    }
    session.answer(answer, Group(*_lines(record.analysis_status, template, analysis)))


async def complete(
    incident: IncidentId,
    /,
    *,
    answer: tuple[str, ...] = (),
    action: tuple[str, ...] = (),
    summary: str | None = None,
    file: Path | None = None,
    session: Asked,
) -> None:
    """Answer the questions; the incident is closed by it.

    Parameters
    ----------
    answer
        QUESTION=TEXT, with the question's id as `tocsin analysis show` prints it. Repeat for each.
    action
        One thing that will change. Repeat for each.
    summary
        What happened, in a few sentences.
    file
        A YAML file with summary (a text), answers (texts by question id) and action_items (a list of texts).
    """
    given = _read_file(file) if file is not None else Answers()
    answers = given.answers | _read_answers(answer)
    async with session.connect() as tocsin:
        analysis = await tocsin.complete_analysis(
            incident,
            answers=answers,
            summary=given.summary if summary is None else summary,
            action_items=[*given.action_items, *action],
        )
    session.answer(analysis, Text(f"{analysis.incident_id}  analysis completed; the incident is closed"))


async def skip(incident: IncidentId, /, *, reason: str, session: Asked) -> None:
    """Close the incident without an analysis.

    Parameters
    ----------
    reason
        Why there is nothing to learn; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        analysis = await tocsin.skip_analysis(incident, reason=reason)
    session.answer(analysis, Text(f"{analysis.incident_id}  analysis skipped; the incident is closed"))


def _read_answers(given: Iterable[str]) -> dict[str, str]:
    answers: dict[str, str] = {}
    for text in given:
        question, equals, answer = text.partition("=")
        if not equals:
            raise InvalidInputError(f"--answer {text!r} is not QUESTION=TEXT")
        if question in answers:
            raise InvalidInputError(f"--answer: {question} is answered twice")
        answers[question] = answer
    return answers


def _read_file(path: Path) -> Answers:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: not YAML: {error}") from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"{path}: write a mapping with summary, answers and action_items")
    try:
        return build(Answers, **{str(key): value for key, value in content.items()})
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _lines(
    status: AnalysisStatus, template: AnalysisTemplate | None, analysis: Analysis | None
) -> Iterator[Text]:
    title = template.title if template else "Post-incident analysis"
    yield Text.assemble((title, "bold"), f"  {status}")
    answers = analysis.answers if analysis else {}
    for section in template.sections if template else ():
        yield Text(f"\n{section.title}", style="bold")
        for question in section.questions:
            required = "" if question.required or analysis else " (may be left out)"
            yield Text(f"  {question.id}: {question.text}{required}")
            if question.id in answers:
                yield Text(f"      {answers[question.id]}")
    if analysis is not None:
        yield from _outcome(analysis)
    elif template is None:
        yield Text("The plan names no template; a summary and actions are enough.")


def _outcome(analysis: Analysis) -> Iterator[Text]:
    yield Text()
    if analysis.summary:
        yield Text(analysis.summary)
    if analysis.skip_reason:
        yield Text(f"Skipped: {analysis.skip_reason}")
    for item in analysis.action_items:
        yield Text(f"- {item}")
    yield Text(f"{analysis.author}, {when(analysis.completed_at, datetime.now(UTC))}", style="dim")
