"""The life of an incident, from trigger to analysis, on real parts."""

import pytest

from client import ConflictError, Tocsin
from records.incidents import AnalysisStatus, IncidentStatus
from records.timeline import EventType
from tests.incidents.conftest import until
from tests.mailbox import Mailbox


@pytest.mark.usefixtures("worker")
async def test_nobody_answers_so_the_second_stage_is_paged_and_the_story_ends_in_an_analysis(
    tocsin: Tocsin, mailbox: Mailbox
) -> None:
    started = await tocsin.start_incident("shop-down")
    id_ = started.incident.incident_id
    await until(lambda: mailbox.recipients == ["ana@shop.example"])
    await until(lambda: mailbox.recipients == ["ana@shop.example", "ben@shop.example"])
    await tocsin.acknowledge(id_, "ben", note="looking")
    await tocsin.update_incident(id_, impact=3)
    resolved = await tocsin.resolve(id_)
    assert resolved.status is IncidentStatus.RESOLVED
    assert (await tocsin.get_incident(id_)).incident.analysis_status is AnalysisStatus.PENDING
    await tocsin.complete_analysis(id_, answers={"P1": "A second database."}, action_items=["Buy one"])
    await tocsin.temporal.get_workflow_handle(id_).result()

    timeline = await tocsin.timeline(id_)
    assert [event.event_type for event in timeline] == [
        EventType.TRIGGER,
        EventType.START,
        EventType.ENGAGEMENT_START,
        EventType.ENGAGEMENT_STAGE,
        EventType.PAGE,
        EventType.ENGAGEMENT_STAGE,
        EventType.PAGE,
        EventType.ACKNOWLEDGEMENT,
        EventType.UPDATE,
        EventType.UPDATE,
        EventType.ENGAGEMENT_STOP,
        EventType.ANALYSIS_END,
    ]
    assert timeline == await tocsin.timeline_from_history(id_)
    with pytest.raises(ConflictError, match="closed"):
        await tocsin.update_incident(id_, title="Too late")
