"""Everything wrong with runbooks in files, all at once, with lines."""

from collections.abc import Iterable, Iterator, Mapping

from activities.automation.effects import effects
from client.api_models import UnknownApiError, find_api
from client.runbook_files import Finding, Severity, WrittenRunbook, find_runbooks
from definitions.automation import DocumentError, document_warnings, load_document
from definitions.automation.interpolation import references
from definitions.automation.lint import placed_steps
from definitions.automation.model import AutomationDocument, Step
from definitions.automation.problems import Path, Problem, near_miss, path_text

_CALLS = ("aws:executeAwsApi", "aws:assertAwsResourceProperty", "aws:waitForAwsResourceProperty")
_OWN_INPUTS = ("Service", "Api", "PropertySelector", "DesiredValues")


def lint_files(paths: Iterable[str]) -> list[Finding]:
    """Errors and warnings of every runbook in the files and folders, by file and line."""
    effects()  # Actions of our own say themselves what they need.
    runbooks, findings = find_runbooks(paths)
    for runbook in runbooks:
        findings += _lint(runbook)
    return sorted(set(findings))


def _lint(runbook: WrittenRunbook) -> Iterator[Finding]:
    written = runbook.document.plain()
    try:
        document = load_document(written if isinstance(written, Mapping) else {})
    except DocumentError as error:
        for problem in error.problems:
            yield _finding(runbook, problem, Severity.ERROR)
        return
    for warning in (*document_warnings(document), *api_warnings(document)):
        yield _finding(runbook, warning, Severity.WARNING)


def _finding(runbook: WrittenRunbook, problem: Problem, severity: Severity) -> Finding:
    line = runbook.document.nearest(problem.path).line
    return Finding(runbook.file, line, severity, f"{path_text(problem.path)}: {problem.message}".lstrip(": "))


def api_warnings(document: AutomationDocument) -> Iterator[Problem]:
    """Calls of services, operations and parameters that AWS does not have, as far as botocore knows."""
    for step, path in placed_steps(document):
        if step.action in _CALLS:
            yield from _call_warnings(step, (*path, "inputs"))


def _call_warnings(step: Step, path: Path) -> Iterator[Problem]:
    service, api = str(step.inputs["Service"]), str(step.inputs["Api"])
    if references([service, api]):
        return
    try:
        known = find_api(service, api).parameters
    except UnknownApiError as error:
        yield Problem((*path, "Api"), str(error))
        return
    for name in step.inputs:
        if name not in known and name not in _OWN_INPUTS:
            hint = near_miss(name, known) or "; the step is likely to fail"
            yield Problem((*path, name), f"{service} {api} has no parameter '{name}'{hint}")
