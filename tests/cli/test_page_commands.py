"""Answering pages on the command line: decline, unack, snooze, hand-over, accept."""

import asyncio
from typing import Any

from records.database import open_pool
from records.signing import read_signer
from settings import Settings
from tests.cli.command import Command


async def test_a_page_is_snoozed_given_back_handed_over_and_declined(shop: Command) -> None:
    id_ = await shop.start()
    await _page_of(shop, id_, "ana")

    snoozed = await shop("snooze", id_[:8], "--contact", "ana", "--for", "1h30m", "--note", "driving")
    assert "ana has it for 1h30m." in snoozed.out
    assert "does not have it" in (await shop("unack", id_, "--contact", "ana")).out
    assert "handed it over to ben" in (await shop("hand-over", id_, "--contact", "ana", "--to", "ben")).out
    await _page_of(shop, id_, "ben")
    assert "ben cannot." in (await shop("--as", "ben", "decline", id_)).out
    people = (await shop("show", id_, "-o", "json")).json["engagements"][0]["people"]
    assert people["ana"]["handed_over_to"] == "ben"
    assert people["ben"]["declined_at"] is not None

    (await shop("snooze", id_, "--contact", "ana", "--for", "soon")).fails(2, "--for", "'soon'")
    (await shop("snooze", id_, "--contact", "ana", "--for", "8d")).fails(
        2, "--for: 8d is too long; snooze for 1m to 7d"
    )
    (await shop("snooze", id_, "--contact", "ana", "--for", "10s")).fails(
        2, "--for: 10s is too short; snooze for 1m to 7d"
    )
    (await shop("hand-over", id_, "--contact", "ana", "--to", "zoe")).fails(3, "zoe")
    (await shop("unack", id_, "--contact", "zoe")).fails(4, "'zoe' has not been engaged")
    told = (await shop("timeline", id_)).out
    for sentence in ("ana has it until", "does not have it any more", "handed it over to ben", "ben cannot"):
        assert sentence in told
    assert "refused: unacknowledge for zoe: 'zoe' has not been engaged" in told
    assert "ana  handed it over to ben" in (await shop("show", id_)).out
    await shop.close(id_)


async def test_a_page_without_an_incident_is_shown_and_stopped_by_its_own_id(shop: Command) -> None:
    alone = (await shop("page", "ana", "--subject", "Lunch?", "-o", "json")).json["engagement_id"]
    await shop.until("show", alone[:8], shows="mail: 1 sent")
    assert (await shop("show", alone, "-o", "json")).json["subject"] == "Lunch?"
    stopped = await shop("disengage", alone[:8], "--reason", "eaten")
    assert "ana  STOPPED  eaten" in stopped.out

    id_ = await shop.start()
    await _page_of(shop, id_, "ana")
    (await shop("disengage", id_)).fails(3, "tocsin disengage INCIDENT ENGAGEMENT")
    engagement = (await shop("show", id_, "-o", "json")).json["engagements"][0]["engagement_id"]
    assert "pager-then-ben  STOPPED" in (await shop("disengage", engagement)).out
    await shop.close(id_)


async def test_a_page_is_accepted_by_its_code_or_by_who_knows_that_it_is_theirs(shop: Command) -> None:
    first, second = await shop.start(), await shop.start()
    page = (await _page_of(shop, first, "ana"))["page_id"]
    pool = await open_pool(Settings.load().require_database_url())
    async with pool.acquire() as connection:
        code = (await read_signer(connection)).accept_code(page)
    await pool.close()

    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    (await shop("accept", page, wrong)).fails(2, "wrong accept code; 4 more tries")
    (await shop("accept", page, "12")).fails(2, "6 to 10 digits")
    assert (await shop("accept", page, code)).out == "ana has it.\n"
    other = (await _page_of(shop, second, "ana"))["page_id"]
    assert (await shop("accept", other, "000000", "--ignore-code")).out == "ana has it.\n"
    await shop.close(first)
    await shop.close(second)


async def _page_of(shop: Command, incident: str, contact: str) -> Any:
    async with asyncio.timeout(20):
        while True:
            engagements = (await shop("show", incident, "-o", "json")).json["engagements"]
            people = engagements[0]["people"] if engagements else {}
            if contact in people and people[contact]["pages"]:
                return people[contact]["pages"][0]
            await asyncio.sleep(0.05)
