"""Timeline events told in a sentence each."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.text import Text

from client.cli.times import clock
from records.timeline import SYSTEM, WRITTEN_BY_PEOPLE, EventType, TimelineEvent

Data = dict[str, Any]


def _trigger(data: Data) -> str:
    arn = f" ({data['triggerArn']})" if data.get("triggerArn") else ""
    if data.get("createdIncident"):
        return f"triggered by {data.get('incidentSource')}{arn}"
    return f"triggered again by {data.get('incidentSource')}{arn}; {data.get('count')} duplicates so far"


def _start(data: Data) -> str:
    return f"opened with impact {data.get('impact')}: {data.get('incidentTitle')}"


def _update(data: Data) -> str:
    changes = [
        _change(str(one["attributeName"]), one["newValue"]) for one in data.get("modifiedAttributes", [])
    ]
    return ", ".join(change for change in changes if change)


def _change(name: str, value: Any) -> str:
    if name == "relatedItems":
        (change, item) = next(iter(value.items()))
        return (
            f"{'related' if change == 'itemToAdd' else 'no longer related'}: {item['type']} {item['value']}"
        )
    return f"{name.replace('_', ' ')}: {value}" if value not in ("", None) else ""


def _page(data: Data) -> str:
    again = f", message {data['send']}" if data.get("send", 0) > 1 else ""
    return f"paged {data.get('contact')} on {data.get('channel')}{again}"


def _page_failure(data: Data) -> str:
    return f"could not page {data.get('contact')} on {data.get('channel')}: {data.get('reason')}"


def _page_stop(data: Data) -> str:
    return f"did not page {data.get('contact')} on {data.get('channel')}: {data.get('reason')}"


def _acknowledgement(data: Data) -> str:
    return f"{data.get('contact')} has it" + _after_colon(data.get("note"))


def _stage(data: Data) -> str:
    stage = f"stage {data.get('stage', 0) + 1} of {data.get('engaged')}"
    if data.get("skipped"):
        return f"{stage} skipped: {data['skipped']}"
    return f"{stage}: {', '.join(data.get('contacts', [])) or 'a wait'}"


def _step(data: Data) -> str:
    asks = f"; asks {', '.join(data['approvers'])}" if data.get("approvers") else ""
    trouble = _after_colon(data.get("failureMessage"))
    return f"{data.get('documentName')}: {data.get('step')} is {data.get('stepStatus')}{asks}{trouble}"


def _decision(data: Data) -> str:
    word = f"{data.get('signal')} {data.get('step', '')}".rstrip()
    return f"{data.get('documentName')}: {word}" + _after_colon(data.get("comment") or data.get("reason"))


def _end(data: Data) -> str:
    return f"{data.get('documentName')} ended: {data.get('status')}" + _after_colon(
        data.get("failureMessage")
    )


def _after_colon(text: Any) -> str:
    return f": {text}" if text else ""


_SENTENCES: dict[EventType, Callable[[Data], str]] = {
    EventType.CUSTOM: lambda data: str(data.get("text", "")),
    EventType.NOTE: lambda data: str(data.get("text", "")),
    EventType.TRIGGER: _trigger,
    EventType.START: _start,
    EventType.UPDATE: _update,
    EventType.PAGE: _page,
    EventType.PAGE_FAILURE: _page_failure,
    EventType.PAGE_STOP: _page_stop,
    EventType.ACKNOWLEDGEMENT: _acknowledgement,
    EventType.ENGAGEMENT_START: lambda data: f"engaged {data.get('engaged')}",
    EventType.ENGAGEMENT_STAGE: _stage,
    EventType.ENGAGEMENT_STOP: lambda data: f"stopped engaging {data.get('engaged')}: {data.get('reason')}",
    EventType.ENGAGEMENT_END: lambda data: f"{data.get('engaged')}: {data.get('reason')}",
    EventType.AUTOMATION_START: lambda data: f"runbook {data.get('documentName')} started",
    EventType.AUTOMATION_START_FAILURE: lambda data: (
        f"runbook {data.get('documentName')} did not start: {data.get('reason')}"
    ),
    EventType.AUTOMATION_STEP: _step,
    EventType.AUTOMATION_DECISION: _decision,
    EventType.AUTOMATION_END: _end,
    EventType.EVENT_EDIT: lambda data: f"changed event {str(data.get('eventId'))[:8]}",
    EventType.EVENT_DELETION: lambda data: f"deleted event {str(data.get('eventId'))[:8]}",
    EventType.ANALYSIS_REMINDER: lambda data: f"reminded {data.get('owner') or 'nobody'} of the analysis",
    EventType.ANALYSIS_END: lambda data: f"analysis {data.get('status')}" + _after_colon(data.get("reason")),
    EventType.REFUSED_SIGNAL: lambda data: f"refused the signal {data.get('signal')}: {data.get('reason')}",
}

_STYLES = {
    EventType.PAGE_FAILURE: "red",
    EventType.AUTOMATION_START_FAILURE: "red",
    EventType.REFUSED_SIGNAL: "red",
    EventType.ACKNOWLEDGEMENT: "green",
    EventType.UPDATE: "bold",
    EventType.START: "bold",
}


def tell(event: TimelineEvent) -> str:
    """What happened, in a sentence."""
    return _SENTENCES[event.event_type](event.data)


def event_line(event: TimelineEvent, now: datetime) -> Text:
    """When, what, and by whom; what people wrote carries the beginning of its id, to edit or delete it by."""
    line = Text(f"{clock(event.event_time, now)}  ", style="dim")
    line.append(tell(event), style=_STYLES.get(event.event_type, "not dim"))
    if event.author != SYSTEM:
        line.append(f"  ({event.author})")
    if event.event_type in WRITTEN_BY_PEOPLE:
        line.append(f"  [{event.event_id[:8]}]")
    return line
