"""Definitions: checking, comparing, applying, showing, deleting."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime

from temporalio.service import RPCError

from client.connection import Connection
from client.errors import ConflictError, InvalidInputError, NotFoundError
from definitions.base import Kind
from definitions.catalog import Catalog, Definition
from definitions.changes import Action, Change, changes
from definitions.checks import check
from definitions.loader import load
from definitions.overrides import OverrideClashError, kept
from definitions.problems import DefinitionError, Problem
from definitions.references import referrers
from definitions.rotations import Rotation
from definitions.sources import Loaded, Source
from definitions.warnings import find_warnings
from records import attachments
from records import definitions as store
from records.channels import read_states
from workflows.watching_hand_offs import notifying, tell_definitions_changed

Paths = Iterable[str | os.PathLike[str]] | Loaded
"""Files and folders, or what has been read from them."""


class Definitions(Connection):
    """What can be done with definitions."""

    async def validate(self, paths: Paths) -> list[Problem]:
        """Check files against what is in force; what they allow that will yet never happen, or never be heard.

        Raises InvalidInputError naming every problem as `file:line: what is wrong; what would be right`.
        """
        loaded, catalog = await self._checked_files(paths)
        async with self._database() as database:
            states = await read_states(database)
        return find_warnings(store.lay_over(catalog, states), loaded, datetime.now(UTC))

    async def diff(self, paths: Paths) -> list[Change]:
        """What applying the files would change. Raises InvalidInputError."""
        loaded = read_files(paths)
        async with self._database() as database:
            stored = await store.read_catalog(database)
        loaded = _completed(loaded, stored)
        _checked(loaded, stored)
        return changes(stored, Catalog.of(loaded.definitions))

    async def apply(self, paths: Paths) -> list[Change]:
        """Put the files' definitions in force, all or none, as new revisions; what that changed.

        Raises InvalidInputError like `validate`.
        """
        loaded = read_files(paths)
        async with self._database(transaction=True) as database:
            stored = await store.lock_catalog(database)
            loaded = _completed(loaded, stored)
            result = _checked(loaded, stored)
            made = changes(stored, Catalog.of(loaded.definitions))
            changed = {(change.kind, change.name) for change in made if change.action is not Action.UNCHANGED}
            new = [one for one in loaded.definitions if (one.kind, one.name) in changed]
            await attachments.store(database, _attached(loaded))
            await store.store(database, new, author=self.author)
        await self._tell_hand_offs(stored, result, {name for _, name in changed})
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
        if kind is Kind.ON_CALL_SCHEDULE:
            await self._tell_hand_offs(catalog, Catalog(), {name})

    async def _checked_files(self, paths: Paths) -> tuple[Loaded, Catalog]:
        """Files with the catalog that would result from applying them."""
        loaded = read_files(paths)
        async with self._database() as database:
            stored = await store.read_catalog(database)
        loaded = _completed(loaded, stored)
        return loaded, _checked(loaded, stored)

    async def _tell_hand_offs(self, before: Catalog, after: Catalog, names: Collection[str]) -> None:
        """Have those watched for whom these definitions matter; if Temporal is away the worker does it soon."""
        told = notifying(before, names) | notifying(after, names)
        with contextlib.suppress(RPCError, RuntimeError):
            for schedule in sorted(told):
                await tell_definitions_changed(
                    self.temporal, schedule, begin=schedule in notifying(after), task_queue=self._task_queue
                )


def read_files(paths: Paths) -> Loaded:
    """The definitions in files and folders; raises InvalidInputError naming every problem of every file."""
    if isinstance(paths, Loaded):
        return paths
    try:
        return load(paths)
    except DefinitionError as error:
        raise InvalidInputError(str(error)) from error


def _attached(loaded: Loaded) -> Iterator[tuple[str, bytes]]:
    """The files on disk that runbooks bring along, by checksum."""
    for _, source in loaded:
        for sha256, file in source.attached.items():
            content = file.read_bytes()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise InvalidInputError(f"{source}: {file} was changed just now; apply again")
            yield sha256, content


def _completed(loaded: Loaded, stored: Catalog) -> Loaded:
    """The files with the overrides that were added by command to the rotations in force."""
    now = datetime.now(UTC)
    entries: list[tuple[Definition, Source]] = []
    problems = []
    for definition, source in loaded:
        if isinstance(definition, Rotation):
            try:
                definition = kept(definition, stored.rotations.get(definition.name), now)
            except OverrideClashError as error:
                problems.append(source.problem(("overrides",), str(error)))
        entries.append((definition, source))
    if problems:
        raise InvalidInputError(str(DefinitionError(problems)))
    return Loaded(tuple(entries))


def _checked(loaded: Loaded, stored: Catalog) -> Catalog:
    try:
        return check(loaded, stored)
    except DefinitionError as error:
        raise InvalidInputError(str(error)) from error
