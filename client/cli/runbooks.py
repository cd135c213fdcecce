"""Commands for runbooks: run, execution, approve, reject, resume, stop."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from client.automations import steps_of
from client.cli.arguments import ExecutionId
from client.cli.runbook_pictures import execution_page
from client.cli.session import Asked
from client.connection import build
from client.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from client.tocsin import Tocsin
from definitions.automation.state import ExecutionStatus, Hold, Mode, StepStatus
from records.batches import AutomationRecord
from workflows.automation_messages import StopType
from workflows.inputs import RateControl

Fits = Callable[[AutomationRecord], bool]

WAITS_FOR_APPROVAL = "execution that waits for approval"


async def run(
    runbook: str,
    /,
    *,
    incident: str | None = None,
    parameter: Annotated[tuple[str, ...], Parameter(name=["--parameter", "-p"])] = (),
    interactive: bool = False,
    target_parameter: str | None = None,
    target: tuple[str, ...] = (),
    max_concurrency: str = "10",
    max_errors: str = "0",
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
    interactive
        Wait before each step until `tocsin runbook start-step` lets it begin.
    target_parameter
        Run once for each --target, which is put in this parameter.
    target
        A value, or KEY=VALUE with a KEY of AWS's: tag:NAME or ResourceGroup. `*` is every instance.
    max_concurrency
        How many targets at once, as a number or a percentage.
    max_errors
        How many may fail, as a number or a percentage, before no other target is begun.
    """
    parameters = read_parameters(parameter)
    rate_control = read_targets(target_parameter, target, max_concurrency, max_errors)
    mode = Mode.INTERACTIVE if interactive else Mode.AUTO
    async with session.connect() as tocsin:
        execution_id = await tocsin.run_runbook(
            runbook, parameters, incident_id=incident, mode=mode, rate_control=rate_control
        )
    answer(session, execution_id, "status", "Pending", f"{runbook} started")


async def execution(execution: ExecutionId, /, *, session: Asked) -> None:
    """Show a runbook execution: steps that ran, the one that runs, those to come, and outputs."""
    async with session.connect() as tocsin:
        found = await find_execution(tocsin, execution, lambda _: True, "runbook execution")
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
        found = await find_execution(tocsin, execution, waits_in("aws:approve"), WAITS_FOR_APPROVAL)
        status = await tocsin.approve(found, comment=comment)
    answer(session, found, "approval", status, f"approved; the step is {status}")


async def reject(execution: ExecutionId, /, *, comment: str = "", session: Asked) -> None:
    """Say no, in your name (see --as). One rejection is enough.

    Parameters
    ----------
    comment
        Why; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        found = await find_execution(tocsin, execution, waits_in("aws:approve"), WAITS_FOR_APPROVAL)
        status = await tocsin.reject(found, comment=comment)
    answer(session, found, "approval", status, f"rejected; the step is {status}")


async def resume(
    execution: ExecutionId, /, *, step: str | None = None, note: str = "", session: Asked
) -> None:
    """Let a paused runbook go on, or say that what a manual step asks for is done.

    Parameters
    ----------
    step
        The step you think is paused; if it is another one, nothing happens.
    note
        What you want to say; it goes on the timeline, and into the outputs of a manual step.
    """
    async with session.connect() as tocsin:
        found = await find_execution(
            tocsin, execution, waits_in("aws:pause", "tocsin:manual"), "execution that is paused"
        )
        resumed = await tocsin.resume(found, step=step, note=note)
    answer(session, found, "step", resumed, f"goes on after {resumed}")


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
        found = await find_execution(tocsin, execution, runs, "execution that runs")
        status = await tocsin.stop_runbook(found, type_=type_, reason=reason)
    answer(session, found, "status", status, f"is {status}")


def read_parameters(given: Iterable[str]) -> dict[str, Any]:
    """`NAME=VALUE` texts as runbook parameters; a repeated name is a list. Raises InvalidInputError."""
    found: dict[str, list[Any]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidInputError(f"-p {text!r} is not NAME=VALUE")
        found.setdefault(name, []).append(_read_value(name, value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def read_targets(
    parameter: str | None, targets: Sequence[str], max_concurrency: str, max_errors: str
) -> RateControl | None:
    """What `--target` and its companions mean together, None without any. Raises InvalidInputError."""
    if parameter is None and not targets:
        return None
    if parameter is None or not targets:
        raise InvalidInputError(
            "--target-parameter and --target go together: one or more values for a parameter"
        )
    keys = {key for key, equals, _ in (one.partition("=") for one in targets) if equals and _is_key(key)}
    if not keys:
        entry = {"Key": "ParameterValues", "Values": list(targets)}
        if list(targets) == ["*"]:
            entry = {"Key": "AWS::EC2::Instance", "Values": ["*"]}
    elif len(keys) == 1:
        entry = {"Key": keys.pop(), "Values": [one.partition("=")[2] for one in targets]}
    else:
        raise InvalidInputError(f"all targets have one key; here are {', '.join(sorted(keys))}")
    return build(
        RateControl,
        target_parameter_name=parameter,
        targets=[entry],
        max_concurrency=max_concurrency,
        max_errors=max_errors,
    )


def _is_key(key: str) -> bool:
    return key == "ResourceGroup" or key.startswith("tag:")


def _read_value(name: str, value: str) -> Any:
    if not value.startswith(("[", "{", '"')):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"-p {name}: not JSON, though it begins like it: {error}") from error


async def find_execution(tocsin: Tocsin, given: str, fits: Fits, wanted: str) -> str:
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


def waits_in(*actions: str) -> Fits:
    return lambda automation: any(
        step.status is StepStatus.WAITING and step.action in actions for step in steps_of(automation)
    )


def holds(hold: Hold) -> Fits:
    """Executions that wait for a person because of this."""
    return lambda automation: automation.state.get("hold") == hold


def runs(automation: AutomationRecord) -> bool:
    return automation.status not in {status for status in ExecutionStatus if status.final}


def answer(session: Asked, execution_id: str, name: str, value: str, told: str) -> None:
    session.answer({"execution_id": execution_id, name: value}, Text(f"{execution_id}  {told}"))
