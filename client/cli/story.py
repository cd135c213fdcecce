"""Timeline events told in a sentence each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from client.cli.failures import in_a_line
from client.cli.times import clock
from records.timeline import SYSTEM, WRITTEN_BY_PEOPLE, EventType, TimelineEvent

Data = dict[str, Any]

DIGEST = "told in the digest"
"""How the remark begins that a channel makes on a page which went out as part of a digest."""


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
    if str(data.get("detail", "")).startswith(DIGEST):
        return f"told {data.get('contact')} on {data.get('channel')}, in a digest"
    again = f", message {data['send']}" if data.get("send", 0) > 1 else ""
    return f"paged {data.get('contact')} on {data.get('channel')}{again}"


def _page_failure(data: Data) -> str:
    return f"could not page {data.get('contact')} on {data.get('channel')}: {data.get('reason')}"


def _page_stop(data: Data) -> str:
    return f"did not page {data.get('contact')} on {data.get('channel')}: {data.get('reason')}"


def _acknowledgement(data: Data) -> str:
    return f"{data.get('contact')} has it" + _after_colon(data.get("note"))


def _decline(data: Data) -> str:
    return f"{data.get('contact')} cannot" + _after_colon(data.get("note"))


def _unacknowledgement(data: Data) -> str:
    return f"{data.get('contact')} does not have it any more" + _after_colon(data.get("note"))


def _hand_over(data: Data) -> str:
    return f"{data.get('contact')} handed it over to {data.get('to')}" + _after_colon(data.get("note"))


def _refused_answer(data: Data) -> str:
    whose = f" for {data['contact']}" if data.get("contact") else ""
    answer = str(data.get("answer")).replace("_", " ")
    return f"refused: {answer}{whose}" + _after_colon(data.get("reason"))


def _snooze(data: Data, told_at: datetime) -> str:
    until = _clock(data.get("until"), told_at)
    return f"{data.get('contact')} has it until {until}" + _after_colon(data.get("note"))


def _held(data: Data, told_at: datetime) -> str:
    until = f" until {_clock(data['until'], told_at)}" if data.get("until") else ""
    return f"held back: {data.get('contact')} on {data.get('channel')}{until}"


def _stage(data: Data, told_at: datetime) -> str:
    if data.get("fallback"):
        return f"nobody could be reached: the fallback {data['fallback']} is engaged"
    stage = f"stage {data.get('stage', 0) + 1} of {data.get('plan') or data.get('engaged')}"
    if data.get("plan") and data.get("engaged"):
        stage += f" within {data['engaged']}"
    if data.get("round"):
        stage += f", round {data['round'] + 1}"
    if data.get("skipped"):
        return f"{stage} skipped: {data['skipped']}"
    if data.get("waitsUntil"):
        return f"{stage} waits until {_clock(data['waitsUntil'], told_at)}" + _after_colon(data.get("reason"))
    return f"{stage}: {', '.join(data.get('contacts', [])) or 'a wait'}"


def _clock(instant: Any, told_at: datetime) -> str:
    """A time in an event's data, with the date only if that is another than the event's."""
    try:
        return clock(datetime.fromisoformat(str(instant)), told_at)
    except ValueError:
        return str(instant)


def _step(data: Data) -> str:
    document, trouble = data.get("documentName"), _after_colon(in_a_line(data.get("failureMessage")))
    if "child" in data:
        return f"{document}: {_target(data.get('target') or {})} is {data.get('childStatus')}{trouble}"
    step = str(data.get("step"))
    if "iteration" in data:
        step += f" ({data.get('loop')}, iteration {data['iteration']})"
    if "waitsFor" in data:
        return f"{document}: {step} waits to be started"
    if "notificationFailure" in data:
        return f"{document}: {step} could not notify its approvers: {data['notificationFailure']}"
    asks = f"; asks {', '.join(data['approvers'])}" if data.get("approvers") else ""
    return f"{document}: {step} is {data.get('stepStatus')}{asks}{trouble}"


def _target(target: Data) -> str:
    return ", ".join(f"{name} {' '.join(map(str, values))}" for name, values in target.items())


def _decision(data: Data) -> str:
    word = f"{data.get('signal')} {data.get('step', '')}".rstrip()
    return f"{data.get('documentName')}: {word}" + _after_colon(
        data.get("comment") or data.get("reason") or data.get("note")
    )


def _end(data: Data) -> str:
    return f"{data.get('documentName')} ended: {data.get('status')}" + _after_colon(
        in_a_line(data.get("failureMessage"))
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
    EventType.PAGE_DELIVERY: lambda data: f"delivered to {data.get('contact')} on {data.get('channel')}",
    EventType.PAGE_DECLINE: _decline,
    EventType.PAGE_UNACKNOWLEDGEMENT: _unacknowledgement,
    EventType.PAGE_HAND_OVER: _hand_over,
    EventType.CHANNEL_DEACTIVATION: lambda data: (
        f"{data.get('contact')}'s {data.get('channel')} is not paged any more"
        + _after_colon(data.get("reason"))
    ),
    EventType.REFUSED_ANSWER: _refused_answer,
    EventType.ENGAGEMENT_START: lambda data: f"engaged {data.get('engaged')}",
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

_SENTENCES_WITH_TIMES: dict[EventType, Callable[[Data, datetime], str]] = {
    EventType.PAGE_SNOOZE: _snooze,
    EventType.PAGE_HELD: _held,
    EventType.ENGAGEMENT_STAGE: _stage,
}
"""Those that tell of another time than the event's own."""

_STYLES = {
    EventType.PAGE_FAILURE: "red",
    EventType.AUTOMATION_START_FAILURE: "red",
    EventType.REFUSED_SIGNAL: "red",
    EventType.REFUSED_ANSWER: "red",
    EventType.PAGE_SNOOZE: "green",
    EventType.ACKNOWLEDGEMENT: "green",
    EventType.UPDATE: "bold",
    EventType.START: "bold",
}


def tell(event: TimelineEvent) -> str:
    """What happened, in a sentence; in the event type's own words where there is none for it."""
    if event.event_type in _SENTENCES_WITH_TIMES:
        return _SENTENCES_WITH_TIMES[event.event_type](event.data, event.event_time)
    if event.event_type in _SENTENCES:
        return _SENTENCES[event.event_type](event.data)
    return str(event.event_type)


def event_line(event: TimelineEvent, now: datetime) -> Text:
    """When, what, and by whom; what people wrote carries the beginning of its id, to edit or delete it by."""
    line = Text(f"{clock(event.event_time, now)}  ", style="dim")
    line.append(tell(event), style=_STYLES.get(event.event_type, "not dim"))
    if event.author != SYSTEM:
        line.append(f"  ({event.author})")
    if event.event_type in WRITTEN_BY_PEOPLE:
        line.append(f"  [{event.event_id[:8]}]")
    return line


class Story:
    """Events, a line each. The sentences are made when it is shown: who wants JSON gets along without them."""

    def __init__(self, events: Sequence[TimelineEvent], now: datetime) -> None:
        self._events = events
        self._now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, oldest first."""
        for event in self._events:
            yield event_line(event, self._now)
