"""`tocsin migrate`: makes an external database and an external Temporal ready for this version."""

import asyncio
import sys

from temporalio.service import RPCError

from records.database import DatabaseUnavailable
from records.migrations import MigrationError, migrate
from settings import Settings, SettingsError
from settings.temporal import TemporalUnavailableError, connect_temporal
from worker.search_attributes import SearchAttributeTypeError, register_search_attributes

TEMPORAL_SECONDS = 60.0
SETUP_ERRORS = (
    DatabaseUnavailable,
    MigrationError,
    RPCError,
    SearchAttributeTypeError,
    SettingsError,
    TemporalUnavailableError,
)


async def prepare_services(settings: Settings, *, patience: float = TEMPORAL_SECONDS) -> list[int]:
    """Migrates the schema and registers the search attributes; returns the versions it applied.

    Says on stderr which search attributes it may not add. patience: seconds to wait for Temporal to answer.
    Raises one of SETUP_ERRORS.
    """
    applied = await migrate(settings.require_database_url())
    client = await connect_temporal(settings, patience=patience)
    forbidden = await register_search_attributes(client)
    if forbidden:
        print(
            f"tocsin: Temporal does not let us add search attributes; add to namespace {client.namespace}: "
            + ", ".join(forbidden),
            file=sys.stderr,
        )
    return applied


def run() -> int:
    """The command: prints what was applied; returns the exit code."""
    try:
        applied = asyncio.run(prepare_services(Settings.load()))
    except SETUP_ERRORS as error:
        print(f"tocsin: {error}", file=sys.stderr)
        return 1
    print(f"schema: applied {', '.join(map(str, applied))}" if applied else "schema: nothing to do")
    return 0
