"""Each event of a timeline in a sentence."""

from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

import pytest
from rich.console import Console

from client.cli.failures import in_a_line
from client.cli.story import Story, tell
from records.timeline import EventType, TimelineEvent

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
WHO = {"engagementId": "e1", "engaged": "shop"}
PAGE = WHO | {
    "contact": "gappy",
    "channel": "mail",
    "channelType": "EMAIL",
    "pageId": "p1",
    "send": 0,
    "stage": 0,
}
RUN = {"documentName": "restart"}

DATA: dict[EventType, dict[str, Any]] = {
    EventType.CUSTOM: {"text": "the disk is full"},
    EventType.NOTE: {"text": "a remark"},
    EventType.TRIGGER: {
        "createdIncident": False,
        "incidentSource": "grafana",
        "count": 2,
        "triggerArn": None,
    },
    EventType.START: {"incidentTitle": "The shop is down", "impact": 1},
    EventType.UPDATE: {"modifiedAttributes": [{"attributeName": "impact", "newValue": 2}]},
    EventType.PAGE: PAGE,
    EventType.ACKNOWLEDGEMENT: WHO | {"contact": "ana", "isEssential": True, "note": "", "stage": 0},
    EventType.AUTOMATION_START_FAILURE: RUN | {"reason": "no such parameter"},
    EventType.PAGE_FAILURE: PAGE | {"reason": "550 no such user", "nextAttempt": None},
    EventType.PAGE_STOP: PAGE | {"reason": "stopped on its way"},
    EventType.PAGE_DELIVERY: PAGE | {"contact": "ana", "channel": "phone", "providerId": "SM1"},
    EventType.PAGE_HELD: PAGE | {"outcome": "HELD", "until": "2026-03-02T14:18:55+00:00"},
    EventType.PAGE_DECLINE: WHO | {"contact": "ben", "note": "in the cinema", "stage": 0},
    EventType.PAGE_UNACKNOWLEDGEMENT: WHO | {"contact": "carla", "note": "", "stage": 0},
    EventType.PAGE_SNOOZE: WHO | {"contact": "carla", "until": "2026-03-02T14:16:00+00:00", "note": ""},
    EventType.PAGE_HAND_OVER: WHO | {"contact": "carla", "to": "ana", "note": ""},
    EventType.CHANNEL_DEACTIVATION: WHO | {"contact": "p1", "channel": "mail", "reason": "OPTED_OUT"},
    EventType.REFUSED_ANSWER: {
        "answer": "hand_over",
        "contact": "ana",
        "reason": "'ana' has not been engaged",
    },
    EventType.ENGAGEMENT_START: WHO | {"subject": "The shop is down"},
    EventType.ENGAGEMENT_STAGE: WHO | {"stage": 0, "contacts": ["ana", "ben"]},
    EventType.ENGAGEMENT_STOP: WHO | {"reason": "asleep"},
    EventType.ENGAGEMENT_END: WHO | {"reason": "the plan is over and nobody has acknowledged"},
    EventType.AUTOMATION_START: RUN | {"parameters": {}},
    EventType.AUTOMATION_STEP: RUN | {"step": "Ask", "stepStatus": "Failed", "failureMessage": "no\nlog"},
    EventType.AUTOMATION_DECISION: RUN | {"signal": "Approve", "step": "Ask", "comment": "go"},
    EventType.AUTOMATION_END: RUN | {"status": "Failed", "failureMessage": "no\nlog"},
    EventType.EVENT_EDIT: {"eventId": "0123456789"},
    EventType.EVENT_DELETION: {"eventId": "0123456789"},
    EventType.ANALYSIS_REMINDER: {"owner": None, "outcomes": []},
    EventType.ANALYSIS_END: {"status": "SKIPPED", "actionItems": [], "reason": "a drill"},
    EventType.REFUSED_SIGNAL: {"signal": "resolve", "reason": "it is closed"},
}

SENTENCES: dict[EventType, str] = {
    EventType.PAGE: "paged gappy on mail",
    EventType.PAGE_DELIVERY: "delivered to ana on phone",
    EventType.PAGE_HELD: "held back: gappy on mail until {14:18:55}",
    EventType.PAGE_DECLINE: "ben cannot: in the cinema",
    EventType.PAGE_UNACKNOWLEDGEMENT: "carla does not have it any more",
    EventType.PAGE_SNOOZE: "carla has it until {14:16:00}",
    EventType.PAGE_HAND_OVER: "carla handed it over to ana",
    EventType.CHANNEL_DEACTIVATION: "p1's mail is not paged any more: OPTED_OUT",
    EventType.REFUSED_ANSWER: "refused: hand over for ana: 'ana' has not been engaged",
    EventType.ENGAGEMENT_STAGE: "stage 1 of shop: ana, ben",
    EventType.AUTOMATION_STEP: "restart: Ask is Failed: no",
    EventType.AUTOMATION_END: "restart ended: Failed: no",
}


@pytest.mark.parametrize("event_type", EventType, ids=lambda one: one.name)
def test_every_type_of_event_has_a_sentence(event_type: EventType) -> None:
    told = tell(_event(event_type, DATA[event_type]))
    assert told != str(event_type)
    assert "None" not in told.replace("nobody", "")
    if event_type in SENTENCES:
        assert told == _local(SENTENCES[event_type])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"fallback": "boss", "reason": "nobody was reached"},
         "nobody could be reached: the fallback boss is engaged"),
        ({"stage": 1, "skipped": "nobody is on call"}, "stage 2 of shop skipped: nobody is on call"),
        ({"stage": 1, "waitsUntil": "2026-03-02T18:00:00+00:00", "reason": "it is outside office"},
         "stage 2 of shop waits until {18:00:00}: it is outside office"),
        ({"stage": 0, "round": 1, "contacts": ["ana"]}, "stage 1 of shop, round 2: ana"),
        ({"stage": 0, "plan": "db", "contacts": ["ana"]}, "stage 1 of db within shop: ana"),
        ({"stage": 0, "plan": "db", "round": 2, "skipped": "nobody is on call"},
         "stage 1 of db within shop, round 3 skipped: nobody is on call"),
        ({"stage": 2, "contacts": []}, "stage 3 of shop: a wait"),
    ],
)  # fmt: skip
def test_a_stage_says_what_it_does(data: dict[str, Any], told: str) -> None:
    assert tell(_event(EventType.ENGAGEMENT_STAGE, WHO | data)) == _local(told)


def test_a_page_in_a_digest_says_so() -> None:
    digested = _event(EventType.PAGE, PAGE | {"detail": "told in the digest 0123-0"})
    assert tell(digested) == "told gappy on mail, in a digest"
    assert tell(_event(EventType.PAGE, PAGE | {"send": 2})) == "paged gappy on mail, message 2"


def test_a_page_that_is_held_back_for_good_names_no_time() -> None:
    held = tell(_event(EventType.PAGE_HELD, PAGE | {"until": None}))
    assert held == "held back: gappy on mail"


def test_a_time_on_another_day_has_its_date() -> None:
    until = NOW + timedelta(days=3)
    data = {"contact": "carla", "until": until.isoformat(), "note": "ill"}
    told = tell(_event(EventType.PAGE_SNOOZE, data))
    assert told == f"carla has it until {until.astimezone():%Y-%m-%d %H:%M:%S}: ill"


def test_a_type_of_a_newer_version_is_told_in_its_own_words() -> None:
    newer = _event(EventType.NOTE, {}).model_copy(update={"event_type": "SSM Incident Party"})
    assert tell(newer) == "SSM Incident Party"
    console = Console(width=200)
    with console.capture() as capture:
        console.print(Story([newer], NOW))
    assert "SSM Incident Party" in capture.get()


def test_of_a_failure_with_a_traceback_one_line_is_told() -> None:
    traceback = "Traceback (most recent call last):\n  File \"<script>\", line 3, in main\nKeyError: 'host'\n"
    assert in_a_line(f"KeyError - 'host'\nstarting\n{traceback}") == "KeyError - 'host'"
    assert in_a_line(f"KeyError - 'host'\n{traceback[:40]} ...") == "KeyError - 'host'"
    assert in_a_line(traceback) == "KeyError: 'host'"
    assert (
        in_a_line(f"{traceback}\nDuring handling:\n\n{traceback.replace('Key', 'Type')}")
        == "TypeError: 'host'"
    )
    assert len(in_a_line("x" * 1000)) == 200
    assert in_a_line(None) == in_a_line("\n") == ""


def _event(event_type: EventType, data: dict[str, Any]) -> TimelineEvent:
    return TimelineEvent(
        event_id="0123456789", event_type=event_type, event_time=NOW, updated_time=NOW, data=data, position=1
    )


def _local(told: str) -> str:
    """The sentence with times in braces, which are UTC, on this machine's clock."""
    before, brace, rest = told.partition("{")
    if not brace:
        return told
    time, _, after = rest.partition("}")
    instant = datetime.combine(NOW.date(), clock_time.fromisoformat(time), UTC).astimezone()
    same_day = instant.date() == NOW.astimezone().date()
    return f"{before}{instant:{'%H:%M:%S' if same_day else '%Y-%m-%d %H:%M:%S'}}{after}"
