"""Links in pages: looked at by anybody, answered once, by whom they were sent to."""

import time
from collections.abc import AsyncIterator
from types import TracebackType
from unittest import mock
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from itsdangerous import TimestampSigner

from client import Tocsin
from records.engagements import EngagementStatus
from records.signing import LINK_AGE, PageLink
from records.timeline import EventType
from settings import Settings
from tests.engagement.outage import Outage
from tests.server.shop import Shop, serving, until
from worker.stack.ports import HOST, choose_port
from worker.stack.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(60)


@pytest_asyncio.fixture
async def without_temporal(settings: Settings, tocsin: Tocsin) -> AsyncIterator[httpx2.AsyncClient]:
    """The HTTP server while Temporal is down."""
    down = settings.model_copy(update={"temporal_address": f"{HOST}:{choose_port(0)}"})
    async with serving(down) as url, httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
        yield http


class Gone(Outage):
    """As if the database had never been there."""

    async def __aenter__(self) -> None:
        await super().__aenter__()
        await self._run(f"ALTER DATABASE {self._database} RENAME TO {self._database}_away")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._run(f"ALTER DATABASE {self._database}_away RENAME TO {self._database}")
        await super().__aexit__(kind, error, trace)


async def test_looking_at_a_link_shows_the_incident_and_acknowledges_nothing(shop: Shop) -> None:
    link = await shop.goes_down(title="<script>alert('x')</script> & down")

    for _ in range(3):
        looked = await shop.http.get(link)
        assert (looked.status_code, (await shop.http.head(link)).status_code) == (200, 200)
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; down" in looked.text
    assert "<script" not in looked.text
    for words in (
        "1 of 5",
        "Open",
        "UTC",
        "Nobody can buy.",
        "answer as <b>ana</b>",
        "I have it",
        "I cannot",
        "Snooze",
    ):
        assert words in looked.text
    assert looked.headers["cache-control"] == "no-store"
    assert looked.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in looked.headers["x-robots-tag"]
    assert "default-src 'none'" in looked.headers["content-security-policy"]
    assert "unsafe" not in looked.headers["content-security-policy"]

    assert await shop.nobody_has_it()
    assert not await shop.told(EventType.ACKNOWLEDGEMENT)


async def test_pressing_the_button_acknowledges_in_the_contacts_name_and_only_once(shop: Shop) -> None:
    link = await shop.goes_down()

    pressed = await shop.http.post(link, data={"action": "acknowledge"})
    assert pressed.status_code == 200
    assert "You have it" in pressed.text
    assert "<button" not in pressed.text
    engagement = await shop.engagement()
    assert (engagement.status, engagement.acknowledged_by) == (EngagementStatus.ACKNOWLEDGED, "ana")
    assert [event.author for event in await shop.told(EventType.ACKNOWLEDGEMENT)] == ["ana"]

    again = await shop.http.post(link, data={"action": "decline"})
    assert again.status_code == 409
    assert "You have it already. This link has been used" in again.text
    assert "ana has it since" in again.text
    assert "ago)" in again.text
    refused = await until(lambda: shop.told(EventType.REFUSED_ANSWER))
    assert [(event.author, event.data["answer"]) for event in refused] == [("ana", "decline")]
    assert (await shop.person()).declined_at is None
    looked = await shop.http.get(link)
    assert looked.status_code == 200
    assert "You have it already. This link has been used" in looked.text


async def test_whoever_cannot_declines_by_link_and_the_next_is_paged_and_snoozes(shop: Shop) -> None:
    link = await shop.goes_down()

    declined = await shop.http.post(link, data={"action": "decline"})
    assert declined.status_code == 200
    assert "You cannot" in declined.text
    await until(lambda: shop.mailbox.to("ben@shop.example"))

    snoozed = await shop.http.post(shop.link_of("ben"), data={"action": "snooze"})
    assert snoozed.status_code == 200
    assert "has it until" in snoozed.text
    assert (await shop.person("ben")).snoozed_until is not None


async def test_a_link_that_was_not_made_here_or_is_too_old_is_refused_in_words(shop: Shop) -> None:
    link = await shop.goes_down()
    last_week = int(time.time()) - LINK_AGE - 60
    with mock.patch.object(TimestampSigner, "get_timestamp", return_value=last_week):
        old = f"/a/{await shop.token('ana')}"
    body, at, signature = link.rsplit(".", 2)
    others_body = (await shop.token("ben")).rsplit(".", 2)[0]
    for path, status in (
        (f"{body}.{at}.{'A' * len(signature)}", 403),
        (link[:-1], 403),
        (link[: len(link) // 2], 403),
        (f"/a/{others_body}.{at}.{signature}", 403),
        ("/a/x", 403),
        ("/a/%00%ff", 403),
        (old, 410),
    ):
        looked = await shop.http.get(path)
        pressed = await shop.http.post(path, data={"action": "acknowledge"})
        assert (looked.status_code, pressed.status_code) == (status, status), path
        assert "link" in looked.text
        assert "<button" not in looked.text + pressed.text
    assert await shop.nobody_has_it()


async def test_a_link_answers_for_whom_it_was_sent_to_and_for_nobody_else(shop: Shop) -> None:
    link = await shop.goes_down()
    stranger = f"/a/{await shop.token('ben')}"

    refused = await shop.http.post(stranger, data={"action": "acknowledge", "contact": "ana"})
    assert refused.status_code == 409
    assert "has not been engaged" in refused.text
    assert await shop.nobody_has_it()
    events = await until(lambda: shop.told(EventType.REFUSED_ANSWER))
    assert events[0].data["contact"] == "ben"
    assert "has not been engaged" in events[0].data["reason"]

    pressed = await shop.http.post(link, data={"action": "acknowledge", "contact": "ben"})
    assert pressed.status_code == 200
    assert (await shop.engagement()).acknowledged_by == "ana"


async def test_nonsense_and_ten_megabytes_change_nothing(shop: Shop) -> None:
    link = await shop.goes_down()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, status in (
        (b"", 400),
        (b"action=hand_over", 400),
        (b"action=acknowledge\xff", 400),
        (b"&".join([b"action=acknowledge"] * 5000), 413),
        (b"action=acknowledge&x=" + b"x" * 10_000_000, 413),
    ):
        answered = await shop.http.post(link, content=content, headers=form)
        assert answered.status_code == status
    assert (await shop.http.put(link)).status_code == 405
    assert await shop.nobody_has_it()


async def test_whoever_answers_while_temporal_is_away_is_told_to_press_again(
    without_temporal: httpx2.AsyncClient, tocsin: Tocsin
) -> None:
    subject, engagement, page = (str(uuid4()) for _ in range(3))
    link = PageLink(subject_id=subject, engagement_id=engagement, contact="ana", page_id=page, send=0)
    path = f"/a/{(await tocsin.signer()).link(link)}"
    looked = await without_temporal.get(path)
    assert looked.status_code == 200
    assert "You can answer all the same" in looked.text
    assert "I have it" in looked.text
    pressed = await without_temporal.post(path, data={"action": "acknowledge"})
    assert (pressed.status_code, pressed.headers["retry-after"]) == (503, "5")
    assert "I have it" in pressed.text


async def test_links_work_while_postgresql_is_away(
    shop: Shop, database_url: str, postgres: EmbeddedPostgres
) -> None:
    link = await shop.goes_down()
    async with Gone(database_url, postgres.url_of("postgres")):
        looked = await shop.http.get(link)
        assert looked.status_code == 200
        assert "The shop is down" in looked.text
        pressed = await shop.http.post(link, data={"action": "acknowledge"}, timeout=20)
        assert pressed.status_code == 200
        assert "ana</b> has it since" in pressed.text
    await until(shop.somebody_has_it)


async def test_a_link_made_by_a_worker_whose_clock_is_ahead_answers(shop: Shop) -> None:
    await shop.goes_down()
    ahead = int(time.time()) + 120
    with mock.patch.object(TimestampSigner, "get_timestamp", return_value=ahead):
        link = f"/a/{await shop.token('ana')}"
    assert (await shop.http.post(link, data={"action": "acknowledge"})).status_code == 200
    assert await shop.somebody_has_it()


async def test_who_answers_what_is_resolved_is_told_so_and_not_that_somebody_is_paged(shop: Shop) -> None:
    link = await shop.goes_down()
    await shop.tocsin.resolve(shop.incident_id)
    declined = await shop.http.post(link, data={"action": "decline"})
    assert declined.status_code == 409
    assert "It was resolved: nobody is paged for it any more. Nothing was changed." in declined.text
    taken = await shop.http.post(link, data={"action": "acknowledge"})
    assert taken.status_code == 200
    assert "It was resolved; your answer is noted." in taken.text


async def test_an_engagement_that_was_stopped_is_not_answered_any_more(shop: Shop) -> None:
    alone = await shop.tocsin.page("ben", subject="Please call")
    await until(lambda: shop.mailbox.to("ben@shop.example"))
    link = shop.link_of("ben")
    assert "<button" in (await shop.http.get(link)).text
    await shop.tocsin.disengage(alone.engagement_id, alone.engagement_id)
    assert "<button" not in (await shop.http.get(link)).text
    assert (await shop.http.post(link, data={"action": "acknowledge"})).status_code == 409
