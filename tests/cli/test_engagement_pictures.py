"""What `tocsin show` says of the people and pages of an engagement."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from client.cli.engagement_pictures import engagement_page
from client.cli.times import clock
from definitions.contacts import ChannelType
from records.engagements import EngagedPerson, EngagementRecord, EngagementStatus, Page, Receipt, ReceiptType

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=16)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"declined_at": NOW, "finished": True}, "ana  cannot"),
        ({"handed_over_to": "ben", "finished": True}, "ana  handed it over to ben"),
        (
            {"acknowledged_at": NOW, "snoozed_until": SOON, "finished": True},
            f"ana  has it until {clock(SOON, NOW)}",
        ),
        ({"acknowledged_at": NOW, "finished": True}, f"ana  has it since {clock(NOW, NOW)}"),
        ({"finished": True}, "ana  no page could go out"),
        ({"stage_ends_at": SOON}, "ana  no page has gone out; stage 1 of their plan, which ends in 16m"),
    ],
)
def test_each_person_has_their_own_words(state: dict[str, Any], told: str) -> None:
    shown = _shown(_engagement(state))
    assert told in shown
    assert "did not answer" not in shown


def test_who_was_paged_and_kept_silent_did_not_answer() -> None:
    sent = _page([Receipt(type=ReceiptType.SENT, time=NOW)])
    assert "ana  did not answer" in _shown(_engagement({"finished": True, "pages": [sent]}))


def test_a_page_that_is_stopped_before_it_went_out_could_have_gone_out() -> None:
    stopped = _engagement({"finished": True, "pages": [_page([])]})
    stopped.status = EngagementStatus.STOPPED
    assert "ana  no page went out" in _shown(stopped)


def test_what_became_of_a_page_nobody_knows() -> None:
    unknown = _page([Receipt(type=ReceiptType.ERROR, time=NOW, info="timeout")], unknown=1, failures=1)
    assert "nobody knows whether a page arrived" in _shown(
        _engagement({"finished": True, "pages": [unknown]})
    )


def test_a_rejected_page_says_that_it_is_not_tried_again() -> None:
    error = Receipt(type=ReceiptType.ERROR, time=NOW, info="550 no such user")
    shown = _shown(_engagement({"pages": [_page([error], rejected=True, failures=1)]}))
    assert "mail: refused: 550 no such user; not tried again" in shown


def test_a_page_that_is_held_back_says_until_when() -> None:
    shown = _shown(_engagement({"pages": [_page([], held=True, next_at=SOON)]}))
    assert f"mail: not sent yet, held back until {clock(SOON, NOW)}" in shown


def test_a_failed_page_says_when_it_is_tried_again() -> None:
    error = Receipt(type=ReceiptType.ERROR, time=NOW, info="connection refused")
    shown = _shown(_engagement({"pages": [_page([error], failures=1, next_at=NOW + timedelta(seconds=5))]}))
    assert "mail: not sent yet, again in 5s, failed once: connection refused" in shown


def test_a_stage_that_waits_for_its_hours_says_until_when() -> None:
    waiting = _engagement({}).model_copy(update={"stage_count": 2, "waits_until": SOON})
    assert f"stage 1 of 2 waits until {clock(SOON, NOW)}" in _shown(waiting)


def _page(receipts: list[Receipt], **state: Any) -> Page:
    about = {"page_id": "p1", "contact": "ana", "channel": "mail", "channel_type": ChannelType.EMAIL}
    return Page(**about, receipts=receipts, **state)


def _engagement(state: dict[str, Any]) -> EngagementRecord:
    ana = EngagedPerson(contact="ana", path=["ana"], engaged_at=NOW, **state)
    return EngagementRecord(
        engagement_id="e1", contact="shop", sender="chi", subject="down", started_at=NOW, people={"ana": ana}
    )


def _shown(engagement: EngagementRecord) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(engagement_page(engagement, NOW))
    return capture.get()
