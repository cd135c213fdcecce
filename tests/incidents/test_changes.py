"""What people can do to an incident: updates, signals, notes, related items, engagements."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from client import ConflictError, InvalidInputError, NotFoundError, Tocsin
from records.incidents import AnalysisStatus, IncidentStatus, RelatedItem, RelatedItemType, Trigger
from records.timeline import EventType, TimelineEvent
from tests.incidents.conftest import until
from tests.mailbox import Mailbox

pytestmark = pytest.mark.usefixtures("worker")


async def events(tocsin: Tocsin, incident_id: str, event_type: EventType) -> list[TimelineEvent]:
    return [event for event in await tocsin.timeline(incident_id) if event.event_type is event_type]


@pytest.fixture
async def incident_id(tocsin: Tocsin) -> str:
    return (await tocsin.start_incident("one-at-a-time")).incident.incident_id


async def test_an_update_changes_what_is_given_and_says_so_on_the_timeline(
    tocsin: Tocsin, incident_id: str
) -> None:
    await tocsin.update_incident(incident_id, title="Payments fail", impact=1, chat_channel="#payments")
    incident = await tocsin.update_incident(incident_id, chat_channel="")
    assert (incident.title, incident.impact, incident.chat_channel) == ("Payments fail", 1, None)
    assert (incident.modified_by, incident.summary) == ("chi", "")
    [first, second] = await events(tocsin, incident_id, EventType.UPDATE)
    assert first.author == "chi"
    assert {change["attributeName"]: change["newValue"] for change in first.data["modifiedAttributes"]} == {
        "title": "Payments fail",
        "impact": 1,
        "chat_channel": "#payments",
    }
    assert second.data["modifiedAttributes"] == [{"attributeName": "chat_channel", "newValue": ""}]


async def test_status_and_impact_are_search_attributes(tocsin: Tocsin, incident_id: str) -> None:
    await tocsin.update_incident(incident_id, impact=2)
    await tocsin.resolve(incident_id)
    query = (
        f"WorkflowId = '{incident_id}' and IncidentStatus = 'RESOLVED' and IncidentImpact = 2 "
        "and ResponsePlan = 'one-at-a-time'"
    )

    async def found() -> list[str]:
        return [execution.id async for execution in tocsin.temporal.list_workflows(query)]

    assert await until(found) == [incident_id]


async def test_a_note_is_added_edited_and_deleted_and_each_leaves_a_trace(
    tocsin: Tocsin, incident_id: str
) -> None:
    earlier = datetime.now(UTC) - timedelta(minutes=5)
    note = await tocsin.add_event(
        incident_id, "deployed 1.2", note=True, event_time=earlier, references=["a:b"]
    )
    gone = await tocsin.add_event(incident_id, "wrong")
    await tocsin.edit_event(incident_id, note, "deployed 1.3")
    await tocsin.delete_event(incident_id, gone)
    timeline = await tocsin.timeline(incident_id)
    assert timeline[0].event_id == note
    assert timeline[0].data == {"text": "deployed 1.3", "edited": True}
    assert timeline[0].event_time == earlier
    assert gone not in [event.event_id for event in timeline]
    assert [event.data for event in await events(tocsin, incident_id, EventType.EVENT_DELETION)] == [
        {"eventId": gone}
    ]
    assert [event.data for event in await events(tocsin, incident_id, EventType.EVENT_EDIT)] == [
        {"eventId": note}
    ]
    assert timeline == await tocsin.timeline_from_history(incident_id)


async def test_system_events_cannot_be_changed(tocsin: Tocsin, incident_id: str) -> None:
    await tocsin.add_event(incident_id, "so that the start is written down")
    [start] = await events(tocsin, incident_id, EventType.START)
    with pytest.raises(NotFoundError, match="system events cannot be changed"):
        await tocsin.edit_event(incident_id, start.event_id, "never happened")
    with pytest.raises(NotFoundError, match="system events cannot be changed"):
        await tocsin.delete_event(incident_id, start.event_id)
    assert await events(tocsin, incident_id, EventType.START) == [start]


async def test_related_items_are_added_once_and_removed(tocsin: Tocsin, incident_id: str) -> None:
    dashboard = RelatedItem(
        type=RelatedItemType.METRIC, value="https://graphs.shop.example/1", title="Orders"
    )
    await tocsin.add_related_item(incident_id, dashboard)
    assert (await tocsin.add_related_item(incident_id, dashboard)).related_items == [dashboard]
    assert (await tocsin.remove_related_item(incident_id, dashboard)).related_items == []
    with pytest.raises(NotFoundError, match="no related item METRIC"):
        await tocsin.remove_related_item(incident_id, dashboard)


async def test_more_people_are_engaged_and_disengaged(
    tocsin: Tocsin, mailbox: Mailbox, incident_id: str
) -> None:
    engagement = await tocsin.engage(incident_id, "ben", subject="Please help")
    await until(lambda: len(mailbox.to("ben@shop.example")) == 1)
    assert mailbox.to("ben@shop.example")[0].message["Subject"] == "Please help"
    stopped = await tocsin.disengage(incident_id, engagement.engagement_id, reason="wrong Ben")
    assert stopped.stop_reason == "wrong Ben"
    with pytest.raises(ConflictError, match="stopped already"):
        await tocsin.disengage(incident_id, engagement.engagement_id)
    with pytest.raises(NotFoundError, match="nobody to engage as 'bob'"):
        await tocsin.engage(incident_id, "bob")


async def test_resolve_and_reopen(tocsin: Tocsin, incident_id: str) -> None:
    with pytest.raises(ConflictError, match="OPEN"):
        await tocsin.complete_analysis(incident_id)
    await tocsin.resolve(incident_id, note="fixed")
    with pytest.raises(ConflictError, match="the incident is RESOLVED; this needs it OPEN"):
        await tocsin.resolve(incident_id)
    reopened = await tocsin.reopen(incident_id, reason="not fixed")
    assert (reopened.status, reopened.resolved_at) == (IncidentStatus.OPEN, None)
    assert reopened.analysis_status is AnalysisStatus.NOT_DUE
    with pytest.raises(ConflictError, match="is open"):
        await tocsin.reopen(incident_id)


async def test_a_resolved_incident_cannot_be_reopened_while_another_has_its_key(
    tocsin: Tocsin, incident_id: str
) -> None:
    await tocsin.resolve(incident_id)
    other = await tocsin.start_incident("one-at-a-time")
    assert other.created
    with pytest.raises(ConflictError, match="another open incident has the dedupe key"):
        await tocsin.reopen(incident_id)
    assert (await tocsin.get_incident(incident_id)).incident.status is IncidentStatus.RESOLVED


async def test_a_duplicate_trigger_folds_into_the_open_incident(tocsin: Tocsin, incident_id: str) -> None:
    again = await tocsin.start_incident("one-at-a-time", trigger=Trigger(source="my.alarm", raw_data="{}"))
    await tocsin.start_incident("one-at-a-time")
    assert (again.created, again.incident.incident_id) == (False, incident_id)

    async def folded() -> list[dict[str, Any]]:
        triggers = await events(tocsin, incident_id, EventType.TRIGGER)
        return [event.data for event in triggers if not event.data["createdIncident"]]

    # The first within a minute is on the timeline; all are counted.
    [duplicate] = await until(folded)
    assert (duplicate["incidentSource"], duplicate["count"]) == ("my.alarm", 1)


async def test_temporals_own_tools_are_enough(tocsin: Tocsin, mailbox: Mailbox, incident_id: str) -> None:
    await until(lambda: mailbox.recipients == ["ana@shop.example"])
    handle = tocsin.temporal.get_workflow_handle(incident_id)
    await handle.signal("acknowledge", "ben")
    await handle.signal("acknowledge", {"contact": 7})
    await handle.signal("acknowledge", "ana")
    await handle.signal("resolve")
    await handle.signal("complete_analysis", {"summary": "A cable."})
    await handle.result()
    refused = [event.data["reason"] for event in await events(tocsin, incident_id, EventType.REFUSED_SIGNAL)]
    assert refused == [
        "'ben' has not been engaged; engaged so far: ana",
        "contact: Input should be a valid string",
    ]
    [acknowledged] = await events(tocsin, incident_id, EventType.ACKNOWLEDGEMENT)
    assert acknowledged.data["contact"] == "ana"
    assert (await tocsin.get_analysis(incident_id)).summary == "A cable."
    assert await tocsin.timeline(incident_id) == await tocsin.timeline_from_history(incident_id)


async def test_an_analysis_answers_what_was_asked_or_gives_a_reason(tocsin: Tocsin) -> None:
    id_ = (await tocsin.start_incident("shop-down")).incident.incident_id
    await tocsin.resolve(id_)
    with pytest.raises(InvalidInputError, match=r"question P1 \(What changes\?\) must be answered"):
        await tocsin.complete_analysis(id_)
    with pytest.raises(InvalidInputError, match="no question 'P2' in 'review'; it asks: P1"):
        await tocsin.complete_analysis(id_, answers={"P1": "All", "P2": "?"})
    with pytest.raises(InvalidInputError, match="reason"):
        await tocsin.skip_analysis(id_, reason="")
    skipped = await tocsin.skip_analysis(id_, reason="a drill")
    assert (skipped.status, skipped.skip_reason) == (AnalysisStatus.SKIPPED, "a drill")


async def test_bad_input_is_refused_in_words_and_changes_nothing(tocsin: Tocsin, incident_id: str) -> None:
    before = await tocsin.get_incident(incident_id)
    with pytest.raises(
        NotFoundError, match="no response plan 'shop-dwn'; known plans: one-at-a-time, shop-down"
    ):
        await tocsin.start_incident("shop-dwn")
    with pytest.raises(InvalidInputError, match=r"impact: .* \(got 6\)"):
        await tocsin.start_incident("shop-down", impact=6)
    with pytest.raises(InvalidInputError, match=r"title: .* at most 200 characters \(got 201 characters\)"):
        await tocsin.start_incident("shop-down", title="x" * 201)
    with pytest.raises(InvalidInputError, match=r"title: contains a NUL character"):
        await tocsin.update_incident(incident_id, title="a\0b")
    with pytest.raises(ConflictError, match="'ben' has not been engaged"):
        await tocsin.acknowledge(incident_id, "ben")
    with pytest.raises(NotFoundError, match="nothing is known under"):
        await tocsin.resolve("00000000-0000-4000-8000-000000000000")
    with pytest.raises(InvalidInputError, match="give at least its first 4 characters"):
        await tocsin.resolve("xyz")
    assert len(await tocsin.list_incidents()) == 1
    assert (await tocsin.get_incident(incident_id)).incident == before.incident


async def test_the_longest_names_in_any_script_start_an_incident(tocsin: Tocsin, mailbox: Mailbox) -> None:
    started = await tocsin.start_incident("shop-down", title="店" * 200)
    assert started.running
    await until(lambda: len(mailbox.to("ana@shop.example")) == 1)
    assert "店" * 200 in str(mailbox.letters[0].message["Subject"])


async def test_an_acknowledgement_right_after_the_start_counts(tocsin: Tocsin, mailbox: Mailbox) -> None:
    id_ = (await tocsin.start_incident("shop-down")).incident.incident_id
    await tocsin.acknowledge(id_, "ana")
    [engagement] = (await tocsin.get_incident(id_)).engagements
    assert engagement.acknowledged_by == "ana"
