"""How runbook executions look: steps that ran, the one that runs, those still to come."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from client.automations import AutomationDetails
from client.cli.failures import in_a_line
from client.cli.screen import styled, table
from client.cli.times import clock, rough
from definitions.automation import StepView
from definitions.automation.state import StepState, StepStatus
from definitions.automation.view import Place
from records.batches import AutomationRecord

_MARKS = {Place.PAST: "✓", Place.CURRENT: "▶", Place.FUTURE: "·", Place.NOT_TAKEN: "-"}
_GOOD = (StepStatus.SUCCESS, StepStatus.EXITED)


def execution_heading(automation: AutomationRecord) -> Text:
    """The execution in a line."""
    return Text.assemble(
        (f"runbook {automation.document_name}  ", "bold"),
        (automation.status, _status_style(automation.status)),
        (f"  {automation.execution_id[:8]}", "dim"),
    )


def execution_page(details: AutomationDetails, now: datetime) -> RenderableType:
    """An execution with its steps, what they got, put out and printed, and the executions they started."""
    automation = details.automation
    parts: list[RenderableType] = [
        execution_heading(automation),
        Text(f"id {automation.execution_id}, started by {automation.started_by}"),
        *_about(automation),
        *_steps(details, now),
        *_iterations(details, now),
        *_children(details),
    ]
    for step in details.steps:
        parts += [Text(f"{step.name} <- {name} = {value}", "dim") for name, value in step.inputs.items()]
        parts += [Text(f"{step.name}.{name} = {value}") for name, value in step.outputs.items()]
    outputs = details.automation.state.get("outputs") or {}
    parts += [Text(f"output {name} = {', '.join(texts)}", "bold") for name, texts in outputs.items()]
    if details.log:
        parts.append(Text("printed last:", "bold"))
        parts += [Text(f"  {clock(line.at, now)}  {line.text}") for line in details.log]
    return Group(*parts)


def _steps(details: AutomationDetails, now: datetime) -> Iterator[RenderableType]:
    if details.steps or not details.automation.progress:
        yield steps_table(details.steps, now, whole=True)


def _about(automation: AutomationRecord) -> Iterator[RenderableType]:
    if automation.undoes:
        yield Text(f"undoes {automation.undoes}")
    elif automation.parent_execution_id:
        yield Text(f"started by a step of {automation.parent_execution_id}")
    if automation.target:
        yield Text(f"for {automation.target}")
    if automation.progress:
        yield Text(", ".join(f"{count} {status}" for status, count in automation.progress.items()))
    if automation.failure_message:
        yield Text(automation.failure_message, "red")


def _iterations(details: AutomationDetails, now: datetime) -> Iterator[RenderableType]:
    """Of loops, every time that a step of the body ran, but for the latest, which stands among the steps."""
    latest = {step.step_execution_id for step in details.steps}
    for run in details.runs:
        if run.step_execution_id not in latest:
            state = StepState.model_validate(run.state)
            iteration = state.parent.iteration if state.parent else 1
            text = f"  iteration {iteration}: {state.name} {state.status}"
            if state.started_at:
                text += f" ({clock(state.started_at, now)})"
            yield Text(text, "dim")


def _children(details: AutomationDetails) -> Iterator[RenderableType]:
    for child in details.children:
        yield Text(f"  runs {child.document_name} {child.execution_id[:8]}: {child.status}")


def steps_table(steps: Sequence[StepView], now: datetime, *, whole: bool = False) -> RenderableType:
    """A line for each step: ✓ past (✗ if it failed), ▶ current, · future, - not taken.

    Why a step failed is cut to one line, unless the `whole` of it is wanted.
    """
    if not steps:
        return Text("  has not begun")
    rows = [
        (
            "  " + ("✗" if step.place is Place.PAST and step.status not in _GOOD else _MARKS[step.place]),
            styled(step.name, _place_style(step)),
            step.action.removeprefix("aws:"),
            styled(step.status.value if step.started_at else "", _status_style(step.status)),
            _times(step, now),
            _remark(step, whole=whole),
        )
        for step in steps
    ]
    return table(("",) * len(rows[0]), rows)


def _times(step: StepView, now: datetime) -> str:
    if step.started_at is None:
        return ""
    return f"{clock(step.started_at, now)}, {rough((step.ended_at or now) - step.started_at)}"


def _remark(step: StepView, *, whole: bool) -> str:
    if step.failure_message:
        return step.failure_message if whole else in_a_line(step.failure_message)
    if step.action == "tocsin:manual" and step.status is StepStatus.WAITING:
        return f"{step.inputs.get('Message')} (`tocsin resume` when done, or `tocsin runbook skip-step`)"
    if step.status is not StepStatus.WAITING:
        return f"attempt {step.attempt} of {step.max_attempts}" if step.attempt > 1 else ""
    if step.action == "aws:pause":
        return "`tocsin resume` lets it go on"
    approvers = step.inputs.get("Approvers") or []
    named = ", ".join(map(str, approvers)) if isinstance(approvers, list) else str(approvers)
    message = step.inputs.get("Message") or "May it go on?"
    return f"asks {named}: {message} (`tocsin approve` or `tocsin reject`)"


def _place_style(step: StepView) -> str:
    return {Place.CURRENT: "bold", Place.NOT_TAKEN: "dim", Place.FUTURE: "dim", Place.PAST: ""}[step.place]


def _status_style(status: str) -> str:
    if status in ("Failed", "TimedOut"):
        return "bold red"
    if status in ("Waiting", "Cancelling", "Cancelled"):
        return "bold yellow"
    return "green" if status == "Success" else ""
