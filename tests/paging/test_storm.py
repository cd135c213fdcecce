"""Many incidents page one person at once: one page tells of them all, and none is lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from activities.paging import storm
from activities.paging.messages import Delivery, Outcome, PageMessage
from activities.paging.pager import Pager
from definitions.contacts import Channel, ChannelType
from records.database import Pool, open_pool
from records.storms import Go, Hold, Line, admit
from settings import Settings
from tests.engagement.outage import Outage
from tests.paging.answering import AnsweringServer, Behaviour
from tests.paging.examples import channel, page
from worker.stack.postgres import EmbeddedPostgres

GAP = timedelta(minutes=5)


class Storm:
    """Pages Ana by webhook; the server is her phone."""

    def __init__(self, pool: Pool, pager: Pager, phone: AnsweringServer) -> None:
        self.pool = pool
        self.pager = pager
        self.phone = phone

    @property
    def hook(self) -> Channel:
        return channel(ChannelType.WEBHOOK, address=self.phone.url)

    def page(self, **changed: Any) -> PageMessage:
        return page(self.hook, **{"min_gap": GAP} | changed)

    async def send(self, message: PageMessage) -> Delivery:
        return await ActivityEnvironment().run(self.pager.send_page, message)

    async def send_all(self, messages: list[PageMessage]) -> list[Delivery]:
        return await asyncio.gather(*(self.send(message) for message in messages))

    async def pass_time(self, time: timedelta) -> None:
        await self.pool.execute("update last_pages set claimed_at = claimed_at - $1::interval", time)

    async def held(self, count: int) -> list[PageMessage]:
        """So many pages that were held after one that went out."""
        assert (await self.send(self.page())).outcome is Outcome.SENT
        messages = [self.page() for _ in range(count)]
        assert {delivery.outcome for delivery in await self.send_all(messages)} == {Outcome.HELD}
        return messages

    @property
    def told(self) -> list[int]:
        """How many other incidents each page on the phone told of."""
        return [request.json["others"] for request in self.phone.requests]


@pytest_asyncio.fixture
async def pages(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Storm]:
    # Twenty connections are opened at once, perhaps on a busy machine.
    monkeypatch.setattr(storm, "PATIENCE", 20.0)
    phone = AnsweringServer()
    await phone.start()
    pool = await open_pool(database_url)
    async with httpx2.AsyncClient() as http:
        yield Storm(pool, Pager(Settings(), http, pool), phone)
    await pool.close()
    await phone.stop()


async def test_a_storm_is_one_page_and_one_digest(pages: Storm) -> None:
    messages = await pages.held(20)
    assert pages.told == [0]
    await pages.pass_time(GAP)
    waiting, rounds = messages, 0
    ended: list[Delivery] = []
    while waiting:
        deliveries = await pages.send_all(waiting)
        ended += [delivery for delivery in deliveries if delivery.outcome is Outcome.SENT]
        for delivery in deliveries:
            assert delivery.outcome is Outcome.SENT or delivery.retry_after == timedelta(seconds=5)
        waiting = [
            message
            for message, delivery in zip(waiting, deliveries, strict=True)
            if delivery.outcome is Outcome.HELD
        ]
        rounds += 1
        assert rounds < 10
    assert pages.told == [0, 19]
    digest = pages.phone.requests[1].json["id"]
    assert sum(delivery.detail == f"told in the digest {digest}" for delivery in ended) == 19
    assert {delivery.provider_id for delivery in ended} == {digest}


async def test_a_burst_without_any_page_before_is_one_page_too(pages: Storm) -> None:
    deliveries = await pages.send_all([pages.page() for _ in range(20)])
    outcomes = [delivery.outcome for delivery in deliveries]
    assert (outcomes.count(Outcome.SENT), outcomes.count(Outcome.HELD)) == (1, 19)
    assert len(pages.phone.requests) == 1


async def test_a_held_page_says_when_the_gap_is_over(pages: Storm) -> None:
    assert (await pages.send(pages.page())).outcome is Outcome.SENT
    await pages.pass_time(timedelta(minutes=2))
    delivery = await pages.send(pages.page())
    assert delivery.outcome is Outcome.HELD
    assert delivery.retry_after is not None
    assert timedelta(minutes=2, seconds=30) < delivery.retry_after <= timedelta(minutes=3)


@pytest.mark.parametrize("exempt", [{"impact": 1}, {"impact": None}, {"impact": None, "incident_id": None}])
async def test_what_is_critical_or_stands_alone_is_never_held(pages: Storm, exempt: dict[str, Any]) -> None:
    for _ in range(2):
        assert (await pages.send(pages.page(**exempt))).outcome is Outcome.SENT
    assert (await pages.send(pages.page())).outcome is Outcome.HELD  # but others are held after it


async def test_repetitions_of_an_engagement_are_not_held_and_tell_of_what_is(pages: Storm) -> None:
    first = pages.page()
    assert (await pages.send(first)).outcome is Outcome.SENT
    assert (await pages.send(pages.page())).outcome is Outcome.HELD
    again = first.model_copy(update={"send": 1, "key": f"{first.page_id}-1"})
    assert (await pages.send(again)).outcome is Outcome.SENT
    assert pages.told == [0, 1]


async def test_other_channels_and_other_people_are_paged(pages: Storm) -> None:
    assert (await pages.send(pages.page())).outcome is Outcome.SENT
    second = pages.hook.model_copy(update={"name": "second"})
    assert (await pages.send(pages.page(channel=second))).outcome is Outcome.SENT
    assert (await pages.send(pages.page(contact="ben"))).outcome is Outcome.SENT


async def test_nobody_who_wants_every_page_is_spared_one(pages: Storm) -> None:
    for _ in range(3):
        assert (await pages.send(pages.page(min_gap=timedelta(0)))).outcome is Outcome.SENT


async def test_incidents_that_no_longer_page_are_not_counted(pages: Storm) -> None:
    held = await pages.held(4)
    for message, status in zip(held, ["ENGAGED", "ACKNOWLEDGED", "STOPPED"], strict=False):
        await pages.pool.execute(
            "insert into engagements (engagement_id, contact, status, started_at, record, written)"
            " values ($1, 'ana', $2, now(), '{}', 1)",
            UUID(message.engagement_id),
            status,
        )
    await pages.pass_time(GAP)
    assert (await pages.send(held[0])).outcome is Outcome.SENT
    assert pages.told == [0, 1]  # the fourth has not been written down yet


async def test_a_page_that_failed_holds_nobody(pages: Storm) -> None:
    pages.phone.answer_with(500, None)
    assert (await pages.send(pages.page())).outcome is Outcome.RETRY
    pages.phone.answer_with(200, None)
    assert (await pages.send(pages.page())).outcome is Outcome.SENT


async def test_a_digest_that_failed_told_nobody(pages: Storm) -> None:
    held = await pages.held(3)
    await pages.pass_time(GAP)
    pages.phone.answer_with(410, None)
    assert (await pages.send(held[0])).outcome is Outcome.REJECTED
    pages.phone.answer_with(200, None)
    assert (await pages.send(held[1])).outcome is Outcome.SENT
    assert pages.told == [0, 2, 1]
    assert (await pages.send(held[2])).detail.startswith("told in the digest")


async def test_a_digest_that_may_have_arrived_told_everybody(pages: Storm) -> None:
    held = await pages.held(2)
    await pages.pass_time(GAP)
    pages.phone.behaviour = Behaviour.DROP
    assert (await pages.send(held[0])).outcome is Outcome.UNKNOWN
    assert (await pages.send(held[1])).outcome is Outcome.SENT
    assert len(pages.phone.requests) == 2


async def test_a_worker_that_dies_with_the_digest_in_its_hands_loses_no_page(pages: Storm) -> None:
    first, second, third = await pages.held(3)
    await pages.pass_time(GAP)
    line = Line("ana", pages.hook.name, first.engagement_id, first.key)
    async with pages.pool.acquire() as connection:
        assert await admit(connection, line, GAP) == Go(2)
    # Its claim stands for a minute ...
    delivery = await pages.send(second)
    assert (delivery.outcome, delivery.retry_after) == (Outcome.HELD, timedelta(seconds=5))
    # ... unless Temporal gives the same page to another worker, which comes to more than nothing and less than twice.
    assert (await pages.send(first)).outcome is Outcome.SENT
    assert (await pages.send(second)).detail.startswith("told in the digest")
    assert (await pages.send(third)).detail.startswith("told in the digest")
    assert pages.told == [0, 2]


async def test_a_claim_of_the_dead_is_over_after_a_minute(pages: Storm) -> None:
    first, second = await pages.held(2)
    await pages.pass_time(GAP)
    line = Line("ana", pages.hook.name, first.engagement_id, first.key)
    async with pages.pool.acquire() as connection:
        assert await admit(connection, line, GAP) == Go(1)
    assert (await pages.send(second)).outcome is Outcome.HELD
    await pages.pass_time(timedelta(minutes=1))
    assert (await pages.send(second)).outcome is Outcome.SENT


async def test_a_page_that_was_stopped_on_its_way_holds_nobody(pages: Storm) -> None:
    pages.phone.behaviour = Behaviour.HANG
    environment = ActivityEnvironment()
    sending = asyncio.create_task(environment.run(pages.pager.send_page, pages.page()))
    await pages.phone.rang.wait()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    pages.phone.behaviour = Behaviour.ANSWER
    assert (await pages.send(pages.page())).outcome is Outcome.SENT


async def test_without_postgresql_every_page_goes_and_soon(
    pages: Storm, database_url: str, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storm, "PATIENCE", 0.5)
    await pages.send(pages.page())
    async with Outage(database_url, postgres.url_of("postgres")):
        began = time.monotonic()
        assert (await pages.send(pages.page())).outcome is Outcome.SENT
        assert time.monotonic() - began < 3
    assert len(pages.phone.requests) == 2


async def test_a_database_that_hangs_holds_no_page_up(pages: Storm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storm, "PATIENCE", 0.5)
    message = pages.page()
    async with pages.pool.acquire() as connection, connection.transaction():
        await connection.execute("lock table last_pages in access exclusive mode")
        began = time.monotonic()
        assert (await pages.send(message)).outcome is Outcome.SENT
        assert time.monotonic() - began < 3
    assert [request.json["id"] for request in pages.phone.requests] == [message.key]


async def test_holding_is_for_each_engagement(pages: Storm) -> None:
    async with pages.pool.acquire() as connection:
        mine = Line("ana", "mail", str(uuid4()), "a-0")
        assert await admit(connection, mine, GAP) == Go(0)
        assert await admit(connection, mine, GAP) == Go(0)
        other = Line("ana", "mail", str(uuid4()), "b-0")
        assert isinstance(await admit(connection, other, GAP), Hold)
