"""What steps of runbooks print, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records.database import Connection

MOST_LINES = 2000
"""Lines of one step that are kept, the last ones."""

_APPEND = """
insert into automation_logs (step_execution_id, execution_id, number, logged_at, line)
select $1, $2, * from unnest($3::integer[], $4::timestamptz[], $5::text[])
on conflict do nothing
"""

_DROP = "delete from automation_logs where step_execution_id = $1 and number <= $2"

_NOTE = "{} earlier lines are not kept"


@dataclass(frozen=True)
class LogLine:
    """One line; `number` counts from 1 within a step."""

    number: int
    at: datetime
    text: str

    def after(self, number: int) -> LogLine:
        """The same line, counted on from another."""
        return replace(self, number=self.number + number)


async def append(
    connection: Connection,
    *,
    execution_id: str,
    step_execution_id: str,
    lines: Sequence[LogLine],
    dropped: int = 0,
) -> None:
    """Add lines to a step's; only the last MOST_LINES stay, after a line that tells how many went before.

    dropped: the number of the last line that is not to be kept. Lines that are there already stay as they are.
    """
    if not lines:
        return
    dropped = max(dropped, lines[-1].number - MOST_LINES)
    if dropped > 0:
        note = LogLine(dropped, datetime.now(UTC), _NOTE.format(dropped))
        lines = [note, *(line for line in lines if line.number > dropped)]
    columns = [line.number for line in lines], [line.at for line in lines], [line.text for line in lines]
    async with connection.transaction():
        if dropped > 0:
            await connection.execute(_DROP, step_execution_id, dropped)
        await connection.execute(_APPEND, step_execution_id, execution_id, *columns)


async def last_number(connection: Connection, step_execution_id: str) -> int:
    """The number of a step's last line, 0 if it has none."""
    found = await connection.fetchval(
        "select max(number) from automation_logs where step_execution_id = $1", step_execution_id
    )
    return int(found or 0)


async def read(
    connection: Connection, step_execution_id: str, *, after: int = 0, limit: int = MOST_LINES + 1
) -> list[LogLine]:
    """A step's lines in order, those after a number: who follows a log asks on from the last one."""
    rows = await connection.fetch(
        "select number, logged_at, line from automation_logs"
        " where step_execution_id = $1 and number > $2 order by number limit $3",
        step_execution_id,
        after,
        limit,
    )
    return [LogLine(row["number"], row["logged_at"], row["line"]) for row in rows]


async def read_tail(connection: Connection, execution_id: str, *, limit: int = 40) -> list[LogLine]:
    """The last lines that the steps of an execution printed, in order."""
    rows = await connection.fetch(
        "select number, logged_at, line from automation_logs where execution_id = $1"
        " order by logged_at desc, number desc limit $2",
        execution_id,
        limit,
    )
    return [LogLine(row["number"], row["logged_at"], row["line"]) for row in reversed(rows)]
