"""Which rotations answer together under one alias (AWS: ONCALL_SCHEDULE contact)."""

from typing import Annotated, Literal

from pydantic import Field

from definitions.base import Alias, DisplayName, Kind, Part


class OnCallSchedule(Part):
    """Engaging it engages whoever is on shift in any of its rotations at that instant.

    `fallback` is engaged when the schedule is engaged directly and nobody can be reached. With `notify_hand_offs`
    people are told when their shift begins and ends.
    """

    kind: Literal[Kind.ON_CALL_SCHEDULE] = Kind.ON_CALL_SCHEDULE
    name: Alias
    display_name: DisplayName = ""
    rotations: Annotated[tuple[str, ...], Field(min_length=1, max_length=8)]
    fallback: Alias | None = None
    notify_hand_offs: bool = False
