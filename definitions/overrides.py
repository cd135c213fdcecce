"""Overrides that people add, remove and swap by command: a rotation with and without them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from definitions.durations import format_duration
from definitions.rotations import MIN_OVERRIDE, Override, Rotation
from definitions.shifts import Shift, ShiftType, shifts

FARTHEST = timedelta(days=183)
"""How far ahead an override added by command may reach (AWS: six months)."""

KEPT_FOR = timedelta(days=92)
"""How long one that is over stays with its rotation, so that calendars of the last quarter are those that were."""

LATE = timedelta(minutes=1)
"""How late a start still counts as now: people write minutes."""


class OverrideClashError(ValueError):
    """An override that cannot stand beside one that is there."""


def with_overrides(rotation: Rotation, overrides: Sequence[Override]) -> Rotation:
    """The rotation with these overrides in place of its own; raises pydantic's ValidationError."""
    given = rotation.model_dump() | {"overrides": sorted(overrides, key=lambda one: one.start)}
    return Rotation.model_validate(given)


def check_new(override: Override, rotation: Rotation, now: datetime) -> None:
    """Raises ValueError if an override may not be added by command, OverrideClashError if another is in its way."""
    if override.end - override.start < MIN_OVERRIDE:
        least = format_duration(MIN_OVERRIDE)
        raise ValueError(f"an override lasts at least {least}; this one is from {_span(override)}")
    if override.start < now - LATE:
        raise ValueError(
            f"{_span(override)} begins in the past, and who was on call then stays as it was; begin now or later"
        )
    if override.end > now + FARTHEST:
        raise ValueError(
            f"{_span(override)} ends more than {FARTHEST.days} days ahead; add it later, "
            "or write it in the rotation's file"
        )
    for other in rotation.overrides:
        if override.start < other.end and other.start < override.end:
            raise OverrideClashError(
                f"{_span(override)} overlaps the override of {rotation.name} from {_span(other)}"
                f" ({', '.join(other.contacts) or 'nobody'}); remove that first, or end where it starts"
            )


def swap(
    rotation: Rotation, first: str, second: str, start: datetime, end: datetime, *, added_by: str
) -> list[Override]:
    """Overrides by which one has the other's shifts within [start, end), and the other way round.

    Raises ValueError if neither has a shift there alone or the window cuts off a piece that is too short, and
    OverrideClashError if one of them is there by an override already.
    """
    other = {first: second, second: first}
    found = []
    for shift in shifts(rotation, start, end):
        there = {first, second} & set(shift.contacts)
        if len(there) != 1:
            continue
        if shift.type is ShiftType.OVERRIDDEN:
            raise OverrideClashError(
                f"{there.pop()} is on call by an override from {_span(shift)}; remove that first"
            )
        contacts = tuple(other.get(contact, contact) for contact in shift.contacts)
        part = Override(
            start=max(shift.start, start),
            end=min(shift.end, end),
            contacts=contacts,
            reason=f"{first} and {second} swap",
            added_by=added_by,
        )
        if part.end - part.start < MIN_OVERRIDE:
            least = format_duration(MIN_OVERRIDE)
            raise ValueError(
                f"only {_span(part)} of a shift lies in the window, less than {least}; "
                f"move --from or --to to where a shift begins, such as {shift.start:%Y-%m-%dT%H:%MZ}"
            )
        found.append(part)
    if not found:
        raise ValueError(
            f"neither {first} nor {second} has a shift of {rotation.name} alone in that time; "
            f"see `tocsin oncall show '{rotation.name}'`"
        )
    return found


def kept(rotation: Rotation, stored: Rotation | None, now: datetime) -> Rotation:
    """The rotation as it is to be stored: with what was added by command to the one in force.

    Such overrides stay until long after they are over. Raises OverrideClashError if one is in the way of the new ones.
    """
    if stored is None:
        return rotation
    own = list(rotation.overrides)
    named = {(override.start, override.end, override.contacts) for override in own}
    added = [
        override
        for override in stored.overrides
        if override.added_by is not None
        and override.end > now - KEPT_FOR
        and (override.start, override.end, override.contacts) not in named
    ]
    for override in added:
        for mine in own:
            if override.start < mine.end and mine.start < override.end:
                raise OverrideClashError(
                    f"the override from {_span(mine)} overlaps the one that {override.added_by} added by command, "
                    f"from {_span(override)}; remove that with `tocsin oncall override remove`, or move this one"
                )
    return with_overrides(rotation, [*own, *added]) if added else rotation


def _span(of: Override | Shift) -> str:
    return f"{of.start:%Y-%m-%d %H:%M} to {of.end:%Y-%m-%d %H:%M} UTC"
