"""PostgreSQL being away for one test's database."""

from types import TracebackType
from urllib.parse import urlsplit

import asyncpg


class Outage:
    """While entered, nobody can connect to the database and every connection to it is cut."""

    def __init__(self, database_url: str, operator_url: str) -> None:
        self._database = urlsplit(database_url).path.strip("/")
        self._operator_url = operator_url

    async def __aenter__(self) -> None:
        await self._run(f"ALTER DATABASE {self._database} ALLOW_CONNECTIONS false")
        await self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", self._database
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._run(f"ALTER DATABASE {self._database} ALLOW_CONNECTIONS true")

    async def _run(self, statement: str, *arguments: str) -> None:
        connection = await asyncpg.connect(self._operator_url)
        try:
            await connection.fetch(statement, *arguments)
        finally:
            await connection.close()
