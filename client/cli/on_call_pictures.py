"""How on-call calendars look: in the rotation's own local time, so that a hand-off reads as it was written."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from client.cli.screen import table
from client.cli.times import countdown, when
from client.on_call import HandOff, OnCallNow, PersonHours, Preview, RotationCalendar, Stretch
from client.overrides import RotationOverride
from definitions.wall_clock import time_zone

NOBODY = "nobody"


def on_call_page(schedules: Iterable[OnCallNow], now: datetime) -> RenderableType:
    """Who is on call for each schedule, and until when."""
    lines = []
    for schedule in schedules:
        names = ", ".join(_name(contact.name, contact.display_name) for contact in schedule.contacts)
        until = f"  until {when(schedule.until, now)}" if schedule.until else ""
        lines.append(Text.assemble((f"{schedule.schedule}  ", "bold"), names or NOBODY, (until, "dim")))
    return (
        Group(*lines) if lines else Text("There are no on-call schedules; `tocsin apply` puts some in force.")
    )


def hand_off_page(hand_offs: Sequence[HandOff], now: datetime) -> RenderableType:
    """Hand-offs in order: local time of the rotation, UTC, who goes and who comes."""
    if not hand_offs:
        return Text("No hand-off is in sight.")
    rows = []
    for one in hand_offs:
        local = one.at.astimezone(time_zone(one.time_zone))
        rows.append(
            (
                f"{local:%a %Y-%m-%d %H:%M}",
                one.time_zone,
                f"{one.at:%d %H:%MZ}",
                countdown(one.at, now),
                one.rotation,
                f"{_people(one.before)} → {_people(one.after)}",
            )
        )
    return table(("local time", "zone", "UTC", "", "rotation", "hand-off"), rows)


def calendar_page(calendars: Sequence[RotationCalendar]) -> RenderableType:
    """Each rotation's days; a day has a line for each stretch that begins on it or runs over its whole length."""
    return Group(*(line for calendar in calendars for line in _calendar(calendar)))


def _calendar(calendar: RotationCalendar) -> Iterator[RenderableType]:
    yield Text.assemble((calendar.rotation, "bold"), (f"  ({calendar.time_zone})", "dim"))
    zone = time_zone(calendar.time_zone)
    rows: list[tuple[str | Text, ...]] = []
    shown: date | None = None
    for stretch in calendar.stretches:
        start, end = stretch.start.astimezone(zone), stretch.end.astimezone(zone)
        day = start.date()
        while datetime.combine(day, time()) < end.replace(tzinfo=None) or day == start.date():
            starts = f"{start:%H:%M}" if day == start.date() else "00:00"
            ends = f"{end:%H:%M}" if day == end.date() else "24:00"
            rows.append((f"{day:%a %Y-%m-%d}" if day != shown else "", f"{starts}-{ends}", *_who(stretch)))
            shown = day
            day += timedelta(days=1)
    yield table(("", "", "", ""), rows)


def _who(stretch: Stretch) -> tuple[Text, Text]:
    if stretch.contacts:
        return Text(_people(stretch.contacts)), Text("override" if stretch.overridden else "", "yellow")
    return Text(NOBODY, "bold red"), Text("override" if stretch.overridden else "", "yellow")


def hours_page(hours: Sequence[PersonHours]) -> RenderableType:
    """Hours per person and their share of all."""
    total = sum(one.hours for one in hours)
    rows = [
        (
            one.contact,
            f"{one.hours:.1f}",
            f"{one.hours / total:.0%}" if total else "",
            f"{one.nights:.1f}",
            f"{one.weekends:.1f}",
        )
        for one in hours
    ]
    return table(("", "hours", "share", "at night", "at weekends"), rows)


def override_page(found: Sequence[RotationOverride]) -> Text:
    """Overrides, a line each, in UTC."""
    if not found:
        return Text("There are no overrides.")
    lines = []
    for one in found:
        override = one.override
        by = f"  by {override.added_by}" if override.added_by else ""
        why = f"  {override.reason}" if override.reason else ""
        lines.append(
            f"{one.rotation}  {override.start:%a %Y-%m-%d %H:%MZ} to {override.end:%a %Y-%m-%d %H:%MZ}"
            f"  {_people(override.contacts)}{by}{why}"
        )
    return Text("\n".join(lines))


def preview_page(preview: Preview, now: datetime) -> RenderableType:
    """Hand-offs, then the calendars."""
    return Group(hand_off_page(preview.hand_offs, now), Text(), calendar_page(preview.calendars))


def _people(aliases: Sequence[str]) -> str:
    return ", ".join(aliases) or NOBODY


def _name(alias: str, display_name: str) -> str:
    return f"{alias} ({display_name})" if display_name else alias
