"""The command `tocsin runbook lint`."""

from typing import Annotated

from cyclopts import Parameter

from client.cli.errors import ExitCode
from client.cli.plain import plain
from client.cli.session import Asked
from client.errors import InvalidInputError
from client.runbook_files import Severity
from client.runbook_lint import lint_files

Paths = Annotated[
    list[str], Parameter(help="Files, or folders whose *.yaml, *.yml and *.json files are all read.")
]


def lint(paths: Paths, /, *, session: Asked) -> int:
    """Check runbooks: Automation documents (YAML or JSON), and definitions of the kind Runbook.

    Ends with 1 if one of them cannot run; warnings alone are no failure.
    """
    if not paths:
        raise InvalidInputError("name at least one file or folder")
    findings = lint_files(paths)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    lines = [*map(str, findings), f"{errors} errors, {len(findings) - errors} warnings"]
    session.answer_text(findings, plain("".join(f"{line}\n" for line in lines)))
    return ExitCode.FAILED if errors else ExitCode.DONE
