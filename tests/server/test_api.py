"""Answering by program, with an API token."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from records import tokens
from records.database import Pool
from records.timeline import EventType
from tests.server.shop import Shop, until

pytestmark = pytest.mark.timeout(60)

NOWHERE = "00000000-0000-4000-8000-000000000000"


class Robot:
    """A program with a token called `robot`."""

    def __init__(self, http: httpx2.AsyncClient, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    async def __call__(self, path: str, **body: Any) -> httpx2.Response:
        return await self._http.post(f"/api/{path}", json=body, headers=self._headers)

    async def refused(self, path: str, status: int, error: str, *words: str, **body: Any) -> None:
        answer = await self(path, **body)
        assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
        for word in words:
            assert word in answer.json()["message"]


@pytest_asyncio.fixture
async def robot(shop: Shop, pool: Pool) -> Robot:
    async with pool.acquire() as connection:
        return Robot(shop.http, await tokens.create(connection, "robot"))


async def test_every_answer_can_be_given_in_the_tokens_name(shop: Shop, robot: Robot) -> None:
    await shop.goes_down()
    of_ana = {"id": shop.incident_id, "contact": "ana"}

    acknowledged = await robot("acknowledge", **of_ana, note="seen")
    assert acknowledged.status_code == 200
    assert acknowledged.json()["incident_id"] == shop.incident_id
    (event,) = await shop.told(EventType.ACKNOWLEDGEMENT)
    assert event.author == "robot"

    assert (await robot("unacknowledge", **of_ana)).status_code == 200
    assert (await shop.person()).acknowledged_at is None
    assert (await robot("snooze", **of_ana, duration="45m")).status_code == 200
    assert (await shop.person()).snoozed_until is not None
    assert (await robot("hand-over", **of_ana, to="ben")).status_code == 200
    assert (await shop.person()).handed_over_to == "ben"
    await until(lambda: shop.mailbox.to("ben@shop.example"))
    of_ben = {"id": (await shop.engagement()).engagement_id, "contact": "ben"}
    assert (await robot("decline", **of_ben)).status_code == 200
    assert (await shop.person("ben")).declined_at is not None


async def test_an_engagement_that_stands_alone_is_answered_by_its_id(shop: Shop, robot: Robot) -> None:
    alone = await shop.tocsin.page("ben", subject="Please call")
    answered = await robot("acknowledge", id=alone.engagement_id, contact="ben")
    assert (answered.json()["status"], answered.json()["acknowledged_by"]) == ("ACKNOWLEDGED", "ben")


async def test_bad_requests_are_refused_in_words_and_change_nothing(shop: Shop, robot: Robot) -> None:
    await shop.goes_down()
    id_ = shop.incident_id
    await robot.refused("acknowledge", 400, "InvalidInput", "contact", id=id_)
    await robot.refused("acknowledge", 400, "InvalidInput", "who", id=id_, contact="ana", who="ana")
    await robot.refused("acknowledge", 400, "InvalidInput", id="zz", contact="ana")
    await robot.refused("snooze", 400, "InvalidInput", "soon", id=id_, contact="ana", duration="soon")
    await robot.refused("snooze", 400, "InvalidInput", "duration", id=id_, contact="ana", duration="8d")
    await robot.refused(
        "hand-over", 400, "InvalidInput", "not a contact", id=id_, contact="ana", to="ana-then-ben"
    )
    await robot.refused("hand-over", 404, "NotFound", "nobody", id=id_, contact="ana", to="nobody")
    await robot.refused("acknowledge", 404, "NotFound", NOWHERE, id=NOWHERE, contact="ana")
    await robot.refused("decline", 409, "Conflict", "has not been engaged", id=id_, contact="ben")
    await robot.refused("acknowledge", 413, "TooLarge", id=id_, contact="ana", note="x" * 10_000_000)
    assert await until(lambda: shop.told(EventType.REFUSED_ANSWER))

    body = {"id": id_, "contact": "ana"}
    for headers in ({}, {"Authorization": "Bearer tocsin_guess"}, {"Authorization": "Basic YTpi"}):
        answer = await shop.http.post("/api/acknowledge", json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert await shop.nobody_has_it()


async def test_a_page_is_accepted_by_its_code(shop: Shop, robot: Robot) -> None:
    await shop.goes_down()
    page = await shop.page("sms")
    path = f"pages/{page.page_id}/accept"
    delivered = await robot(path, acceptCode=shop.code, acceptType="DELIVERED")
    assert (delivered.status_code, delivered.json()) == (200, {})
    assert await until(lambda: shop.told(EventType.PAGE_DELIVERY))
    assert await shop.nobody_has_it()

    assert (await robot(path, acceptCode=shop.code, note="on it")).status_code == 200
    assert (await shop.engagement()).acknowledged_by == "ana"
    (event,) = await shop.told(EventType.ACKNOWLEDGEMENT)
    assert event.author == "robot"


async def test_the_sixth_guess_at_a_code_is_refused_even_if_it_is_right(shop: Shop, robot: Robot) -> None:
    await shop.goes_down()
    path = f"pages/{(await shop.page('sms')).page_id}/accept"
    wrong = f"{(int(shop.code) + 1) % 1_000_000:06}"
    for code in ("", "12345", "12345678901", "12345a", "\u0661" * 6):
        await robot.refused(path, 400, "InvalidInput", "6 to 10 digits", acceptCode=code)
    for _ in range(5):
        await robot.refused(path, 400, "InvalidInput", "wrong accept code", acceptCode=wrong)
    await robot.refused(path, 409, "Conflict", "5 wrong codes", acceptCode=shop.code)
    await robot.refused(f"pages/{NOWHERE}/accept", 404, "NotFound", acceptCode=wrong)
    await robot.refused("pages/x/accept", 400, "InvalidInput", acceptCode=wrong)
    assert await shop.nobody_has_it()
    refused = await until(lambda: shop.told(EventType.REFUSED_ANSWER))
    assert refused[0].author == "robot"

    ignored = await robot(path, acceptCode=wrong, acceptCodeValidation="IGNORE")
    assert ignored.status_code == 200
    assert (await shop.engagement()).acknowledged_by == "ana"
