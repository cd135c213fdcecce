"""Commands for runbooks: run, execution, approve, reject, resume, stop."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from client.automations import steps_of
from client.cli.arguments import ExecutionId
from client.cli.runbook_pictures import execution_page
from client.cli.session import Asked
from client.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from client.tocsin import Tocsin
from definitions.automation.state import ExecutionStatus, StepStatus
from records.batches import AutomationRecord
from workflows.automation_messages import StopType

Fits = Callable[[AutomationRecord], bool]

WAITS_FOR_APPROVAL = "execution that waits for approval"


async def run(
    runbook: str,
    /,
    *,
    incident: str | None = None,
    parameter: Annotated[tuple[str, ...], Parameter(name=["--parameter", "-p"])] = (),
    session: Asked,
) -> None:
    """Start a runbook, for an incident or alone.

    Parameters
    ----------
    runbook
        The runbook's name; `tocsin get runbooks` lists them.
    incident
        The open incident it is for; its first four characters are enough.
    parameter
        NAME=VALUE. Repeat a name to make a list. A VALUE that begins with [ or { or a quote is read as JSON.
    """
    parameters = read_parameters(parameter)
    async with session.connect() as tocsin:
        execution_id = await tocsin.run_runbook(runbook, parameters, incident_id=incident)
    _answer(session, execution_id, "status", "Pending", f"{runbook} started")


async def execution(execution: ExecutionId, /, *, session: Asked) -> None:
    """Show a runbook execution: steps that ran, the one that runs, those to come, and outputs."""
    async with session.connect() as tocsin:
        found = await _find(tocsin, execution, lambda _: True, "runbook execution")
        details = await tocsin.get_automation(found)
    session.answer(details, execution_page(details, datetime.now(UTC)))


async def approve(execution: ExecutionId, /, *, comment: str = "", session: Asked) -> None:
    """Say yes, in your name (see --as), to the step that waits for approval.

    Parameters
    ----------
    comment
        What you want to say; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        found = await _find(tocsin, execution, _waits_in("aws:approve"), WAITS_FOR_APPROVAL)
        status = await tocsin.approve(found, comment=comment)
    _answer(session, found, "approval", status, f"approved; the step is {status}")


async def reject(execution: ExecutionId, /, *, comment: str = "", session: Asked) -> None:
    """Say no, in your name (see --as). One rejection is enough.

    Parameters
    ----------
    comment
        Why; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        found = await _find(tocsin, execution, _waits_in("aws:approve"), WAITS_FOR_APPROVAL)
        status = await tocsin.reject(found, comment=comment)
    _answer(session, found, "approval", status, f"rejected; the step is {status}")


async def resume(execution: ExecutionId, /, *, step: str | None = None, session: Asked) -> None:
    """Let a paused runbook go on.

    Parameters
    ----------
    step
        The step you think is paused; if it is another one, nothing happens.
    """
    async with session.connect() as tocsin:
        found = await _find(tocsin, execution, _waits_in("aws:pause"), "execution that is paused")
        resumed = await tocsin.resume(found, step=step)
    _answer(session, found, "step", resumed, f"goes on after {resumed}")


async def stop(
    execution: ExecutionId,
    /,
    *,
    complete: bool = False,
    reason: str = "",
    session: Asked,
) -> None:
    """Stop a runbook execution.

    Parameters
    ----------
    complete
        Let the running step finish first.
    reason
        Why; it goes on the timeline.
    """
    type_ = StopType.COMPLETE if complete else StopType.CANCEL
    async with session.connect() as tocsin:
        found = await _find(tocsin, execution, _runs, "execution that runs")
        status = await tocsin.stop_runbook(found, type_=type_, reason=reason)
    _answer(session, found, "status", status, f"is {status}")


def read_parameters(given: Iterable[str]) -> dict[str, Any]:
    """`NAME=VALUE` texts as runbook parameters; a repeated name is a list. Raises InvalidInputError."""
    found: dict[str, list[Any]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidInputError(f"-p {text!r} is not NAME=VALUE")
        found.setdefault(name, []).append(_read_value(name, value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _read_value(name: str, value: str) -> Any:
    if not value.startswith(("[", "{", '"')):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"-p {name}: not JSON, though it begins like it: {error}") from error


async def _find(tocsin: Tocsin, given: str, fits: Fits, wanted: str) -> str:
    """The execution of that id, or the one that fits of the incident of that id."""
    full = await tocsin.full_id(given)
    try:
        incident = await tocsin.get_incident(full)
    except (NotFoundError, UnavailableError):
        # Not an incident, or PostgreSQL is away: an execution can be told what to do without it.
        return full
    fitting = [automation.execution_id for automation in incident.automations if fits(automation)]
    if not fitting:
        raise ConflictError(f"incident {full} has no {wanted}")
    if len(fitting) > 1:
        raise InvalidInputError(f"incident {full} has more than one {wanted}; name one: {', '.join(fitting)}")
    return fitting[0]


def _waits_in(action: str) -> Fits:
    return lambda automation: any(
        step.status is StepStatus.WAITING and step.action == action for step in steps_of(automation)
    )


def _runs(automation: AutomationRecord) -> bool:
    return automation.status not in {status for status in ExecutionStatus if status.final}


def _answer(session: Asked, execution_id: str, name: str, value: str, told: str) -> None:
    session.answer({"execution_id": execution_id, name: value}, Text(f"{execution_id}  {told}"))
