"""Putting somebody else on call for a while: adding, removing and swapping by overrides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from client.connection import build, plain_words
from client.definitions import Definitions
from client.errors import ConflictError, InvalidInputError, NotFoundError
from definitions.catalog import Catalog
from definitions.overrides import OverrideClashError, check_new, swap, with_overrides
from definitions.rotations import MIN_OVERRIDE, Override, Rotation
from records.base import Record
from records.definitions import lock_catalog, store


class RotationOverride(Record):
    """An override and the rotation it belongs to."""

    rotation: str
    override: Override


class Overrides(Definitions):
    """What can be done with overrides. Each change is a new revision of the rotation, with its author."""

    async def overrides(self, rotation: str | None = None) -> list[RotationOverride]:
        """The overrides of a rotation, or of all, in order of time; past ones too. Raises NotFoundError."""
        catalog = await self.catalog()
        rotations = [_rotation(catalog, rotation)] if rotation else list(catalog.rotations.values())
        found = [
            RotationOverride(rotation=one.name, override=override)
            for one in rotations
            for override in one.overrides
        ]
        return sorted(found, key=lambda one: (one.override.start, one.rotation))

    async def add_override(
        self,
        rotation: str,
        *,
        start: datetime | None = None,
        end: datetime,
        contacts: Sequence[str],
        reason: str = "",
    ) -> RotationOverride:
        """Put contacts on call in place of everybody of a rotation for a while (none: nobody), from now by default.

        Raises NotFoundError, InvalidInputError for a time that is past, too short or more than six months ahead,
        ConflictError if it overlaps another override.
        """
        now = datetime.now(UTC)
        override = build(
            Override,
            start=start or now.replace(microsecond=0),
            end=end,
            contacts=tuple(dict.fromkeys(contacts)),
            reason=reason,
            added_by=self.author,
        )
        await self._add_overrides(rotation, lambda found: [override], now)
        return RotationOverride(rotation=rotation, override=override)

    async def swap_shifts(
        self, rotation: str, first: str, second: str, *, start: datetime, end: datetime
    ) -> list[RotationOverride]:
        """Give the shifts that `first` has in [start, end) to `second` and the other way round, by overrides.

        Raises what `add_override` raises; InvalidInputError if neither has a shift there.
        """
        if first == second:
            raise InvalidInputError(f"{first} cannot swap with themselves; name two people")
        now = datetime.now(UTC)
        made = await self._add_overrides(
            rotation,
            lambda found: swap(found, first, second, start, end, added_by=self.author),
            now,
        )
        return [RotationOverride(rotation=rotation, override=override) for override in made]

    async def remove_override(self, rotation: str, *, start: datetime) -> RotationOverride:
        """Take away the override that begins at an instant or is in force then: the turns are as they were.

        One that is in force now ends now. Raises NotFoundError if there is none.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        async with self._database(transaction=True) as database:
            catalog = await lock_catalog(database)
            found = _rotation(catalog, rotation)
            gone = next((one for one in found.overrides if one.start <= start < one.end), None)
            if gone is None:
                known = ", ".join(f"{one.start:%Y-%m-%dT%H:%MZ}" for one in found.overrides) or "none"
                raise NotFoundError(
                    f"no override of {rotation} at {start.astimezone(UTC):%Y-%m-%d %H:%M} UTC; "
                    f"they begin at: {known}"
                )
            left = [one for one in found.overrides if one is not gone]
            if (
                gone.end > now and now - gone.start >= MIN_OVERRIDE
            ):  # it was in force until now, and that stays so
                left.append(gone.model_copy(update={"end": now}))
            await store(database, [_with(found, left)], author=self.author)
        await self._tell_hand_offs(catalog, catalog, {rotation})
        return RotationOverride(rotation=rotation, override=gone)

    async def _add_overrides(
        self, name: str, made_for: Callable[[Rotation], list[Override]], now: datetime
    ) -> list[Override]:
        """Put overrides into a rotation, all or none, under the lock that applying files takes too."""
        async with self._database(transaction=True) as database:
            catalog = await lock_catalog(database)
            rotation = _rotation(catalog, name)
            changed = rotation
            try:
                made = made_for(rotation)
                for override in made:
                    _check_contacts(catalog, override.contacts)
                    check_new(override, changed, now)
                    changed = _with(changed, [*changed.overrides, override])
            except OverrideClashError as error:
                raise ConflictError(str(error)) from error
            except ValueError as error:
                raise InvalidInputError(str(error)) from error
            await store(database, [changed], author=self.author)
        await self._tell_hand_offs(catalog, catalog, {name})
        return made


def _rotation(catalog: Catalog, name: str) -> Rotation:
    if name not in catalog.rotations:
        known = ", ".join(sorted(catalog.rotations)) or "none"
        raise NotFoundError(f"no rotation {name!r}; known: {known}")
    return catalog.rotations[name]


def _check_contacts(catalog: Catalog, aliases: Sequence[str]) -> None:
    for alias in aliases:
        if alias not in catalog.contacts:
            known = ", ".join(sorted(catalog.contacts)) or "none"
            raise NotFoundError(f"no contact {alias!r}; known: {known}")


def _with(rotation: Rotation, overrides: Sequence[Override]) -> Rotation:
    with plain_words():
        return with_overrides(rotation, overrides)
