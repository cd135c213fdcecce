"""Many incidents at once page a person once, then once more for all the others; a critical one always does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from client import Tocsin
from records.timeline import EventType
from tests.incidents.conftest import until
from tests.mailbox import Mailbox

STORM = """
kind: Contact
name: eve
channels: [{name: mail, type: EMAIL, address: eve@shop.example}]
plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
min_page_gap: 4s
---
kind: ResponsePlan
name: storm
incident_template: {title: A shelf is empty, impact: 3}
engagements: [eve]
---
kind: ResponsePlan
name: fire
incident_template: {title: A shelf is on fire, impact: 1}
engagements: [eve]
"""


async def events(tocsin: Tocsin, incident_id: str, kind: EventType) -> list[str]:
    told = await tocsin.timeline(incident_id)
    return [event.data["outcome"] for event in told if event.event_type is kind]


@pytest.mark.usefixtures("worker")
async def test_a_storm_is_one_page_and_one_digest_but_a_critical_incident_pages_at_once(
    tocsin: Tocsin, mailbox: Mailbox, definitions: Callable[[str], Path]
) -> None:
    await tocsin.apply([definitions(STORM)])
    first = (await tocsin.start_incident("storm")).incident.incident_id
    await until(lambda: len(mailbox.letters) == 1)
    others = [(await tocsin.start_incident("storm")).incident.incident_id for _ in range(3)]
    await tocsin.start_incident("fire")
    await until(lambda: len(mailbox.letters) == 2)
    assert "on fire" in str(mailbox.letters[1].message["Subject"])

    await until(lambda: len(mailbox.letters) == 3, seconds=20)
    digest = mailbox.letters[2].message.get_content()
    assert "2 more incidents" in digest
    for incident_id in others:
        await until_told(tocsin, incident_id)
        assert await events(tocsin, incident_id, EventType.PAGE) == ["SENT"]
    assert await events(tocsin, first, EventType.PAGE_HELD) == []
    assert len(mailbox.letters) == 3


async def until_told(tocsin: Tocsin, incident_id: str) -> None:
    async def told() -> bool:
        return bool(await events(tocsin, incident_id, EventType.PAGE))

    await until(told, seconds=30)
