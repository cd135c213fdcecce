"""Paging without an incident: when such an engagement ends."""

import pytest

from client import ConflictError
from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE
from tests.engagement.story import Stories


async def test_an_answer_ends_it_once_it_has_not_been_taken_back_for_a_day(stories: Stories) -> None:
    await stories.given(PEOPLE)
    story = await stories.page("persistent")
    await story.at("5m")
    await story.acknowledge("persistent")
    await story.at("1d")
    assert not await story.over()
    await story.at("1d6m")
    assert await story.over()
    await story.expect("0s persistent mail", "4m persistent mail")
    assert (await stories.tocsin.get_engagement(story.id)).status is EngagementStatus.ACKNOWLEDGED


async def test_stopping_ends_it(stories: Stories) -> None:
    await stories.given(PEOPLE)
    story = await stories.page("persistent")
    await story.stop("wrong person")
    await story.settled()
    assert await story.over()
    await story.expect("0s persistent mail")
    with pytest.raises(ConflictError, match="has ended"):
        await story.acknowledge("persistent")


async def test_it_waits_a_day_for_a_late_answer_and_ends(stories: Stories) -> None:
    await stories.given(PEOPLE)
    story = await stories.page("persistent")
    await story.at("1d")
    assert not await story.over()
    await story.at("1d21m")
    assert await story.over()
    await story.expect("0s persistent mail", *(f"{minutes}m persistent mail" for minutes in (4, 8, 12, 16)))
    assert (await stories.tocsin.get_engagement(story.id)).status is EngagementStatus.FINISHED
