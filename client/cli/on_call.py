"""Commands about who is on call: now, next, show, hours, override, swap, preview, feed."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from client.cli.arguments import Time
from client.cli.on_call_pictures import (
    calendar_page,
    hand_off_page,
    hours_page,
    on_call_page,
    override_page,
    preview_page,
)
from client.cli.session import Asked
from client.cli.times import read_time
from client.errors import InvalidInputError
from settings import Settings

Name = Annotated[str, Parameter(help="An on-call schedule or a rotation, by name.")]
RotationName = Annotated[str, Parameter(help="The rotation's name; see `tocsin get rotations`.")]
Days = Annotated[int, Parameter(help="How many days to look at.")]
From = Annotated[
    str | None,
    Parameter(
        name="--from",
        help="The time to look from, on your own clock unless it says +01:00 or Z. Default: now.",
    ),
]
Begin = Annotated[
    str,
    Parameter(name="--from", help="When it begins, on your own clock unless it says +01:00 or Z."),
]
End = Annotated[str, Parameter(name="--to", help="When it ends, on your own clock unless it says so.")]
Contacts = Annotated[str, Parameter(help="Who is on call instead, by the names of their contacts: ana,ben.")]


async def now(schedule: str | None = None, /, *, at: Time = None, session: Asked) -> None:
    """Show who is on call, and until when; `tocsin oncall` alone does the same.

    Parameters
    ----------
    schedule
        The on-call schedule's name. Default: all of them.
    """
    instant = read_time(at)
    async with session.connect() as tocsin:
        schedules = await tocsin.on_call(schedule, at=instant)
    session.answer(schedules, on_call_page(schedules, datetime.now(UTC)))


async def next_(
    name: str | None = None,
    /,
    *,
    count: Annotated[int, Parameter(name=["--count", "-n"])] = 10,
    at: Time = None,
    session: Asked,
) -> None:
    """Show the next hand-offs: who goes and who comes, by the rotation's clock and in UTC.

    Parameters
    ----------
    name
        An on-call schedule or a rotation, by name. Default: all rotations.
    count
        How many.
    """
    after = read_time(at)
    async with session.connect() as tocsin:
        found = await tocsin.next_hand_offs(name, count=count, after=after)
    session.answer(found, hand_off_page(found, after or datetime.now(UTC)))


async def show(name: Name, /, *, days: Days = 30, from_: From = None, session: Asked) -> None:
    """Show the calendar day by day, with overrides and times with nobody on call."""
    start = read_time(from_)
    async with session.connect() as tocsin:
        calendars = await tocsin.calendar(name, start=start, days=days)
    session.answer(calendars, calendar_page(calendars))


async def hours(name: Name, /, *, days: Days = 90, from_: From = None, session: Asked) -> None:
    """Show how many hours each person is on call, and how many of them at night and at weekends."""
    start = read_time(from_)
    async with session.connect() as tocsin:
        found = await tocsin.on_call_hours(name, start=start, days=days)
    session.answer(found, hours_page(found))


async def add_override(
    rotation: RotationName,
    /,
    *,
    to: End,
    contacts: Contacts,
    from_: From = None,
    reason: str = "",
    session: Asked,
) -> None:
    """Put others on call in place of everybody of a rotation, for a while.

    Parameters
    ----------
    reason
        Why; it stands beside the override.
    """
    start, end = read_time(from_), _time(to)
    names = [name.strip() for name in contacts.split(",") if name.strip()]
    async with session.connect() as tocsin:
        made = await tocsin.add_override(rotation, start=start, end=end, contacts=names, reason=reason)
    session.answer(made, override_page([made]))


async def remove_override(rotation: RotationName, /, *, from_: Begin, session: Asked) -> None:
    """Take an override away: the turns are as they were. One in force now ends now."""
    start = _time(from_)
    async with session.connect() as tocsin:
        gone = await tocsin.remove_override(rotation, start=start)
    session.answer(gone, Text.assemble("removed: ", override_page([gone])))


async def list_overrides(rotation: str | None = None, /, *, session: Asked) -> None:
    """List overrides, of one rotation or of all.

    Parameters
    ----------
    rotation
        The rotation's name. Default: all.
    """
    async with session.connect() as tocsin:
        found = await tocsin.overrides(rotation)
    session.answer(found, override_page(found))


async def swap(
    rotation: RotationName,
    first: Annotated[str, Parameter(help="One person, by the name of their contact.")],
    second: Annotated[str, Parameter(help="The other person.")],
    /,
    *,
    from_: Begin,
    to: End,
    session: Asked,
) -> None:
    """Swap two people: within a time each has the shifts of the other, by overrides."""
    start, end = _time(from_), _time(to)
    async with session.connect() as tocsin:
        made = await tocsin.swap_shifts(rotation, first, second, start=start, end=end)
    session.answer(made, override_page(made))


async def preview(
    files: Annotated[list[str], Parameter(help="Files, or folders, with rotations.")],
    /,
    *,
    count: Annotated[int, Parameter(name=["--count", "-n"])] = 10,
    days: Days = 30,
    from_: From = None,
    session: Asked,
) -> None:
    """Show what rotations in files would do; nothing is stored.

    Parameters
    ----------
    count
        How many hand-offs.
    """
    if not files:
        raise InvalidInputError("name at least one file or folder")
    start = read_time(from_)
    async with session.connect() as tocsin:
        found = await tocsin.preview_rotations(files, count=count, days=days, start=start)
    session.answer(found, preview_page(found, start or datetime.now(UTC)))


async def feed(
    name: Annotated[str, Parameter(help="An on-call schedule, or a contact for their own shifts.")],
    /,
    *,
    session: Asked,
) -> None:
    """Print the address of a calendar feed (ICS) to subscribe to. Whoever has it can read it."""
    async with session.connect() as tocsin:
        path = await tocsin.calendar_feed_path(name)
    url = Settings.load().public_url.rstrip("/") + path
    session.answer_text({"url": url}, f"{url}\n")


def _time(text: str) -> datetime:
    found = read_time(text)
    assert found is not None, "there is a text"  # noqa: S101 - only None becomes None
    return found
