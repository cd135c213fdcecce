"""The two services behind the client, and their failures in the client's own words."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import getpass
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from client.errors import ConflictError, InvalidInputError, NotFoundError, TocsinError, UnavailableError
from records import incident_store
from records.bounded import acquire_within
from records.database import DatabaseUnavailable, MalformedUrlError, open_pool
from settings import Settings, SettingsError
from settings.temporal import connect_temporal
from workflows.inputs import IncidentInput
from workflows.messages import Refusal
from workflows.starting import PATIENCE, start_late
from workflows.summaries import label
from workflows.timeouts import TASK_TIMEOUT

if TYPE_CHECKING:
    from typing import Self

    from records.database import Connection as Database
    from records.database import Pool

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

ANSWER = timedelta(seconds=15)
"""How long a workflow may take to answer an update."""

DATABASE_PATIENCE = 10.0
"""Seconds a question to PostgreSQL may take, all told."""

RECORDED_LOOKS = 50
RECORDED_PAUSE = 0.05
"""How often to look for a new workflow's first record, and seconds between."""

SHORTEST_PREFIX = 4
"""Characters of an id that are enough, where they are unambiguous."""

_REFUSALS: dict[str, type[TocsinError]] = {
    Refusal.INVALID: InvalidInputError,
    Refusal.NOT_FOUND: NotFoundError,
    Refusal.CONFLICT: ConflictError,
}


class Connection:
    """Open connections, and who is asking. `author` stands behind everything that is done through it."""

    def __init__(self, *, pool: Pool, temporal: Client, author: str, task_queue: str) -> None:
        self._pool = pool
        self._temporal: Client | None = temporal
        self.author = author
        self._task_queue = task_queue

    @classmethod
    async def connect(cls, settings: Settings | None = None, *, author: str | None = None) -> Self:
        """Connect by the environment or the running stack; `author` is the login name unless given.

        PostgreSQL and Temporal are reached when they are first needed. Raises SettingsError.
        """
        settings = settings or Settings.load()
        try:
            pool = await open_pool(settings.require_database_url())
        except MalformedUrlError as error:
            raise SettingsError(f"DATABASE_URL: {error}") from error
        temporal = await connect_temporal(settings, lazy=True)
        return cls(
            pool=pool, temporal=temporal, author=author or getpass.getuser(), task_queue=settings.task_queue
        )

    @property
    def temporal(self) -> Client:
        """Temporal's own client, for what Tocsin has no method for."""
        if self._temporal is None:
            raise UnavailableError("this connection has been closed; connect again")
        return self._temporal

    def as_author(self, author: str) -> Self:
        """The same connections in somebody else's name. Only the original is closed."""
        other = copy.copy(self)
        other.author = author
        return other

    async def close(self) -> None:
        """Close the connections.

        Temporal's client has no close: its threads let go of Python when the last reference is gone, and if that
        is only at the interpreter's exit, they abort the process ("PyGILState_Release").
        """
        self._temporal = None
        gc.collect()
        await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.close()

    @asynccontextmanager
    async def _database(self, *, transaction: bool = False) -> AsyncIterator[Database]:
        try:
            async with acquire_within(self._pool, DATABASE_PATIENCE) as connection:
                if not transaction:
                    yield connection
                    return
                async with connection.transaction():
                    yield connection
        except DatabaseUnavailable as error:
            raise UnavailableError(str(error)) from error

    async def _update(self, workflow_id: str, name: str, message: BaseModel, result: type[T]) -> T:
        """Have a workflow accept a message, and wait for its answer."""
        handle = self.temporal.get_workflow_handle(workflow_id)
        try:
            answer: T = await handle.execute_update(
                name, message, id=str(uuid.uuid4()), result_type=result, rpc_timeout=ANSWER
            )
            return answer
        except WorkflowUpdateFailedError as error:
            raise _refused(error) from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise UnavailableError(
                f"no worker answered within {ANSWER.seconds} s; is one running? `tocsin worker` starts one"
            ) from error
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise UnavailableError(f"Temporal does not answer: {error.message}") from error
            if await self._start_if_waiting(workflow_id):
                return await self._update(workflow_id, name, message, result)
            raise await self._gone(workflow_id) from error
        except RuntimeError as error:  # the client connects at its first call, and says so if it cannot
            raise UnavailableError(f"Temporal does not answer: {error}") from error

    async def _start_if_waiting(self, incident_id: str) -> bool:
        """Start the workflow of an incident that was accepted while Temporal was away; False if there is none."""
        async with self._database() as database:
            start = await incident_store.waiting_start(database, incident_id)
        if start is None:
            return False
        try:
            await start_late(self.temporal, IncidentInput.model_validate(start), task_queue=self._task_queue)
        except (RPCError, RuntimeError) as error:
            raise UnavailableError(f"Temporal does not answer: {error}") from error
        return True

    async def _gone(self, workflow_id: str) -> TocsinError:
        async with self._database() as database:
            incident = await incident_store.find(database, workflow_id)
            known = await incident_store.ids_beginning_with(database, workflow_id)
        if incident is not None and incident.closed_at is not None:
            return ConflictError(
                f"incident {workflow_id} is closed: its analysis is done and nothing changes any more"
            )
        if known:
            return ConflictError(f"{workflow_id} has ended; nothing changes any more")
        return NotFoundError(f"nothing is known under {workflow_id}")

    async def _start(self, run: Any, given: BaseModel, *, id_: str, summary: str, otherwise: str) -> None:
        """Start a workflow that nothing has stored before; UnavailableError says what does not happen `otherwise`."""
        try:
            await self.temporal.start_workflow(
                run,
                given,
                id=id_,
                task_queue=self._task_queue,
                task_timeout=TASK_TIMEOUT,
                rpc_timeout=PATIENCE,
                static_summary=label(summary),
            )
        except (RPCError, RuntimeError) as error:
            raise UnavailableError(f"Temporal does not answer, {otherwise}: {error}") from error
        await self._recorded(id_)

    async def _recorded(self, id_: str) -> None:
        """Wait a little for a new workflow's first record, so that whoever started it can find it.

        It runs all the same when nobody can be asked or no worker has come to it yet.
        """
        with contextlib.suppress(UnavailableError):
            for _ in range(RECORDED_LOOKS):
                async with self._database() as database:
                    if await incident_store.ids_beginning_with(database, id_):
                        return
                await asyncio.sleep(RECORDED_PAUSE)

    async def full_id(self, given: str) -> str:
        """The id that begins with `given`; four characters are enough where they are unambiguous."""
        text = given.strip().lower()
        if _is_uuid(text):
            return text
        if len(text) < SHORTEST_PREFIX or not set(text) <= set("0123456789abcdef-"):
            raise InvalidInputError(
                f"{given!r} is not an id; give at least its first {SHORTEST_PREFIX} characters"
            )
        async with self._database() as database:
            found = await incident_store.ids_beginning_with(database, text)
        if not found:
            raise NotFoundError(f"no id begins with {given!r}")
        if len(found) > 1:
            raise InvalidInputError(f"more than one id begins with {given!r}; give more of it")
        return found[0]


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _refused(error: WorkflowUpdateFailedError) -> TocsinError:
    cause = error.cause
    if isinstance(cause, ApplicationError):
        refused = _REFUSALS.get(cause.type or "", TocsinError)(cause.message)
        refused.aws = next((str(detail) for detail in cause.details), "")
        return refused
    return TocsinError(str(cause or error))


@contextmanager
def plain_words() -> Iterator[None]:
    """Tell what is wrong with input in words, not in a validator's report."""
    try:
        yield
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            where = ".".join(str(part) for part in problem["loc"])
            message = problem["msg"].removeprefix("Value error, ")
            got = problem.get("input")
            shown = f" (got {_brief(got)})" if not isinstance(got, dict | list) else ""
            lines.append(f"{where}: {message}{shown}" if where else message)
        raise InvalidInputError("\n".join(lines)) from error


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{len(str(value))} characters"


def build(model: type[M], **fields: Any) -> M:
    """A message from what somebody gave; raises InvalidInputError."""
    with plain_words():
        return model(**fields)
