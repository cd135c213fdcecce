"""Calendar feeds: what a calendar reads from them is what Tocsin reckons, overrides and all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from icalendar import Calendar, Event
from starlette.applications import Starlette

from client import Tocsin
from definitions.shifts import Shift, ShiftType, shifts
from records.database import Pool
from records.signing import ForgedLinkError, PageLink, Signer, read_signer
from server import calendars
from tests.cli.command import Command

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest_asyncio.fixture
async def web(client: Tocsin) -> AsyncIterator[httpx2.AsyncClient]:
    """The server's calendars over HTTP."""
    app = Starlette(routes=calendars.routes)
    app.state.tocsin = client
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://tocsin.example") as http:
        yield http


def events(content: bytes) -> list[Event]:
    """The events of a feed, as a calendar reads them."""
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    return [one for one in calendar.walk("VEVENT") if isinstance(one, Event)]


def as_shift(event: Event) -> Shift:
    return Shift(
        event.decoded("dtstart"),
        event.decoded("dtend"),
        tuple(str(event["x-tocsin-contacts"]).split()),
        tuple(str(event["x-tocsin-overridden"]).split()),
        ShiftType(str(event["x-tocsin-type"])),
    )


async def test_a_schedules_feed_is_exactly_its_shifts_from_a_month_back_to_a_year_ahead(
    client: Tocsin, web: httpx2.AsyncClient
) -> None:
    start = TODAY + 3 * DAY
    await client.add_override("days", start=start, end=start + 3 * DAY, contacts=["carla"], reason="a trip")
    await client.add_override("days", start=start + 5 * DAY, end=start + 6 * DAY, contacts=[])
    answer = await web.get(await client.calendar_feed_path("shop"))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    catalog = await client.catalog()
    around = TODAY - 31 * DAY, TODAY + 366 * DAY
    expected = [shift for name in ("days", "office") for shift in shifts(catalog.rotations[name], *around)]
    found = events(answer.content)
    assert [as_shift(event) for event in found] == expected
    assert len({str(event["uid"]) for event in found}) == len(expected)
    by_summary = {str(event["summary"]) for event in found}
    assert by_summary == {
        "Ana Reis on call: days",
        "ben on call: days",
        "carla on call: days",
        "Nobody on call: days",
        "carla on call: office",
    }
    assert str(Calendar.from_ical(answer.content)["x-wr-calname"]) == "The shop on call"


async def test_a_contacts_feed_is_their_own_shifts_and_those_they_stand_in_for(
    client: Tocsin, web: httpx2.AsyncClient
) -> None:
    start = TODAY + 3 * DAY
    await client.add_override("days", start=start, end=start + DAY, contacts=["carla"])
    found = events((await web.get(await client.calendar_feed_path("carla"))).content)
    assert {str(event["summary"]) for event in found} == {"carla on call: office", "carla on call: days"}
    stood_in = [event for event in found if "days" in str(event["summary"])]
    assert sum((event.decoded("dtend") - event.decoded("dtstart") for event in stood_in), timedelta()) == DAY
    assert all("in place of" in str(event["description"]) for event in stood_in)


async def test_a_shift_keeps_its_id_when_it_changes_and_says_that_it_has(
    client: Tocsin, web: httpx2.AsyncClient
) -> None:
    path = await client.calendar_feed_path("shop")
    before = {str(event["uid"]): event for event in events((await web.get(path)).content)}
    start = TODAY + 4 * DAY + timedelta(hours=12)
    await client.add_override("days", start=start, end=start + timedelta(hours=1), contacts=["carla"])
    after = {str(event["uid"]): event for event in events((await web.get(path)).content)}
    assert set(before) < set(after)
    cut = [uid for uid in before if before[uid].decoded("dtend") != after[uid].decoded("dtend")]
    assert len(cut) == 1
    assert after[cut[0]].decoded("dtend") == start
    for uid, event in before.items():
        newer = after[uid]["sequence"] > event["sequence"]
        assert newer == ("days" in str(event["summary"]))
        assert (after[uid].decoded("last-modified") >= event.decoded("last-modified")) is True


async def test_a_feed_that_has_not_changed_is_not_sent_again(client: Tocsin, web: httpx2.AsyncClient) -> None:
    path = await client.calendar_feed_path("shop")
    first = await web.get(path)
    known = {"If-None-Match": first.headers["etag"]}
    again = await web.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert (await web.get(path)).content == first.content
    await client.add_override("days", start=TODAY + DAY, end=TODAY + 2 * DAY, contacts=["carla"])
    changed = await web.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.content != first.content


async def test_a_calendar_nobody_was_given_is_not_found(client: Tocsin, web: httpx2.AsyncClient) -> None:
    good = await client.calendar_feed_path("shop")
    for path in ("/calendars/shop.ics", "/calendars/.ics", good.replace(".ics", "x.ics")):
        assert (await web.get(path)).status_code == 404
    page_link = good.replace("/calendars/", "/").removesuffix(".ics")
    assert (await web.get(page_link)).status_code == 404


async def test_who_has_left_is_not_told_who_is_still_there(
    client: Tocsin, web: httpx2.AsyncClient, pool: Pool
) -> None:
    async with pool.acquire() as database:
        signer = await read_signer(database)
    answer = await web.get(f"/calendars/{signer.calendar('zoe')}.ics")
    assert answer.status_code == 404
    assert not any(name in answer.text for name in ("ana", "ben", "carla", "shop"))


def test_a_token_of_a_page_opens_no_calendar_and_an_old_key_still_does() -> None:
    page = PageLink(subject_id="i", engagement_id="e", contact="ana", page_id="p", send=0)
    with pytest.raises(ForgedLinkError):
        Signer(["new"]).read_calendar(Signer(["new"]).link(page))
    with pytest.raises(ForgedLinkError):
        Signer(["new"]).read_calendar(Signer(["other"]).calendar("shop"))
    assert Signer(["new", "old"]).read_calendar(Signer(["old"]).calendar("shop")) == "shop"


async def test_the_address_of_a_feed_is_printed(oncall: Command, turns: Path) -> None:
    told = await oncall("oncall", "feed", "shop")
    assert told.out.startswith("http://127.0.0.1:8130/calendars/")
    assert told.out.endswith(".ics\n")
    assert (await oncall("oncall", "feed", "ana", "-o", "json")).json["url"] != told.out.strip()
