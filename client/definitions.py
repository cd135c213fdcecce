"""Definitions: checking, comparing, applying, showing, deleting."""

from __future__ import annotations

import os
from collections.abc import Iterable

from client.connection import Connection
from client.errors import ConflictError, InvalidInputError, NotFoundError
from definitions.base import Kind
from definitions.catalog import Catalog, Definition
from definitions.changes import Action, Change, changes
from definitions.checks import check
from definitions.loader import load
from definitions.problems import DefinitionError
from definitions.references import referrers
from definitions.sources import Loaded
from records import definitions as store

Paths = Iterable[str | os.PathLike[str]]


class Definitions(Connection):
    """What can be done with definitions."""

    async def validate(self, paths: Paths) -> Catalog:
        """Check files against what is in force; the catalog that would result. Raises InvalidInputError."""
        loaded = _loaded(paths)
        async with self._database() as database:
            return _checked(loaded, await store.read_catalog(database))

    async def diff(self, paths: Paths) -> list[Change]:
        """What applying the files would change. Raises InvalidInputError."""
        loaded = _loaded(paths)
        async with self._database() as database:
            stored = await store.read_catalog(database)
        _checked(loaded, stored)
        return changes(stored, Catalog.of(loaded.definitions))

    async def apply(self, paths: Paths) -> list[Change]:
        """Put the files' definitions in force, all or none, as new revisions; what that changed.

        Raises InvalidInputError naming every problem as `file:line: what is wrong; what would be right`.
        """
        loaded = _loaded(paths)
        async with self._database(transaction=True) as database:
            stored = await store.lock_catalog(database)
            _checked(loaded, stored)
            made = changes(stored, Catalog.of(loaded.definitions))
            changed = {(change.kind, change.name) for change in made if change.action is not Action.UNCHANGED}
            new = [one for one in loaded.definitions if (one.kind, one.name) in changed]
            await store.store(database, new, author=self.author)
        return made

    async def catalog(self) -> Catalog:
        """Every definition in force."""
        async with self._database() as database:
            return await store.read_catalog(database)

    async def get_definition(self, kind: Kind, name: str) -> Definition:
        """One definition in force; raises NotFoundError."""
        definition = (await self.catalog()).shelf(kind).get(name)
        if definition is None:
            raise NotFoundError(f"no {kind} {name!r}")
        return definition

    async def delete_definition(self, kind: Kind, name: str) -> None:
        """Take a definition out of force. Raises NotFoundError, or ConflictError while others refer to it.

        Open incidents go on with the definitions they started with.
        """
        async with self._database(transaction=True) as database:
            catalog = await store.lock_catalog(database)
            if name not in catalog.shelf(kind):
                raise NotFoundError(f"no {kind} {name!r}")
            users = referrers(catalog, kind, name)
            if users:
                told = ", ".join(f"{user.kind} {user.name!r}" for user in users)
                raise ConflictError(f"{kind} {name!r} is used by {told}; change them first")
            await store.delete(database, kind, name, author=self.author)


def _loaded(paths: Paths) -> Loaded:
    try:
        return load(paths)
    except DefinitionError as error:
        raise InvalidInputError(str(error)) from error


def _checked(loaded: Loaded, stored: Catalog) -> Catalog:
    try:
        return check(loaded, stored)
    except DefinitionError as error:
        raise InvalidInputError(str(error)) from error
