"""What a step prints: its last words for the answer, and its lines for the record while it still runs."""

import asyncio
import codecs
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from activities.automation.secrets import Mask
from activities.automation.steps import StepAttempt
from records import automation_logs
from records.automation_logs import MOST_LINES, LogLine
from records.bounded import acquire_within
from records.database import DatabaseUnavailable, Pool

LONGEST_LINE = 4096
"""Characters of a line that are kept."""

MOST_CHARACTERS = 1_000_000
"""Characters of one attempt that are kept, those of the last lines."""

EVERY = 1.0
"""Seconds between two times that lines are written."""

PATIENCE = 3.0
LAST_PATIENCE = 1.0
"""Seconds that the database may take, and that it may take at the end, when the step's answer waits."""

_UNFINISHED = 65536

_log = logging.getLogger(__name__)


class StepLog:
    """Takes what is printed; bounded, whatever comes."""

    def __init__(self, attempt: StepAttempt, pool: "Pool | None", mask: Mask) -> None:
        self._attempt = attempt
        self._pool = pool if attempt.step_execution_id else None
        self._mask = mask
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self._skipping = False
        self._lines: deque[LogLine] = deque()
        self._characters = 0
        self._count = 0
        self._written = 0
        self._before: int | None = None

    def write(self, piece: bytes) -> None:
        """Take some bytes of UTF-8; they may end anywhere."""
        self._take(self._decoder.decode(piece))

    def say(self, line: str) -> None:
        """Add a line of our own."""
        self._add(line)

    def tail(self, characters: int) -> str:
        """The last characters, secrets masked."""
        found: list[str] = []
        for line in reversed(self._lines):
            if characters <= 0:
                break
            found.append(line.text)
            characters -= len(line.text) + 1
        text = "\n".join(reversed(found))
        return text if characters >= 0 else text[-characters:]

    def end(self) -> None:
        """Nothing comes any more: an unfinished line is one now."""
        self._take(self._decoder.decode(b"", final=True))
        if self._unfinished and not self._skipping:
            self._add(self._unfinished)
        self._unfinished = ""

    def _take(self, text: str) -> None:
        *finished, rest = (self._unfinished + text).split("\n")
        if len(finished) > MOST_LINES:
            # Who prints that fast must not keep the worker busy with lines that are dropped anyway.
            self._count += len(finished) - MOST_LINES
            self._lines.clear()
            self._characters, self._skipping = 0, False
            finished = finished[-MOST_LINES:]
        for line in finished:
            if not self._skipping:
                self._add(line.removesuffix("\r"))
            self._skipping = False
        if len(rest) > _UNFINISHED:
            if not self._skipping:
                self._add(rest)
            self._skipping, rest = True, ""
        self._unfinished = rest

    def _add(self, line: str) -> None:
        self._count += 1
        text = self._mask.text(line).replace("\0", "\ufffd")
        kept = LogLine(number=self._count, at=datetime.now(UTC), text=text[:LONGEST_LINE])
        self._lines.append(kept)
        self._characters += len(kept.text)
        while len(self._lines) > MOST_LINES or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._lines.popleft().text)

    async def keep(self) -> None:
        """Write to the record now and then, until cancelled; whoever prints never waits for it."""
        while self._pool is not None:
            await asyncio.sleep(EVERY)
            await self._write_down(self._pool, PATIENCE)

    async def finish(self) -> None:
        """Write what is left; an outage loses it."""
        if self._pool is not None:
            await self._write_down(self._pool, LAST_PATIENCE)

    async def _write_down(self, pool: Pool, patience: float) -> None:
        new = [line for line in self._lines if line.number > self._written]
        if not new:
            return
        dropped = self._lines[0].number - 1
        identifier = self._attempt.step_execution_id
        try:
            async with acquire_within(pool, patience) as connection:
                if self._before is None:
                    # An earlier attempt at the step has printed as well.
                    self._before = await automation_logs.last_number(connection, identifier)
                await automation_logs.append(
                    connection,
                    execution_id=self._attempt.execution_id,
                    step_execution_id=identifier,
                    lines=[line.after(self._before) for line in new],
                    dropped=self._before + dropped if dropped else 0,
                )
            self._written = new[-1].number
        except DatabaseUnavailable as error:
            _log.info("what a step printed is written later: %s", error)


@contextlib.asynccontextmanager
async def step_log(attempt: StepAttempt, pool: "Pool | None", mask: Mask) -> AsyncIterator[StepLog]:
    """A log that is written to the record while the block runs, and completed at its end."""
    log = StepLog(attempt, pool, mask)
    keeping = asyncio.ensure_future(log.keep())
    try:
        yield log
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})
        log.end()
        await log.finish()
