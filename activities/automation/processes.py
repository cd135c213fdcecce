"""A process with everything it starts: fed, listened to, limited in time and in what it prints, and ended whole."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

MOST_PRINTED = 10_000_000
"""Bytes a process may print before it is stopped."""

MOST_ANSWERED = 1_000_000
"""Bytes it may write to its answer."""

ANSWER = "TOCSIN_ANSWER"
"""The variable that tells the process which file descriptor its answer goes to."""

_MARK = "TOCSIN_PROCESS"
_KEEPER_SECONDS = 0.8
_SWEEP_SECONDS = 1.0
_CHUNK = 65536


class Ending(StrEnum):
    """How it came to an end."""

    EXIT = "exit"
    TIME = "time"
    """It took longer than it may."""
    OUTPUT = "output"
    """It printed, or answered, more than it may."""


@dataclass(frozen=True)
class Finished:
    """A process that is over. `code` is negative for a signal."""

    ending: Ending
    code: int
    answer: bytes


@dataclass(frozen=True)
class Program:
    """What to run. `sealed`: nothing of it outlives it anyway.

    `leave` what it left running when it ends by itself: for programs whose purpose that may be.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: str | None
    given: bytes = b""
    seconds: float | None = None
    sealed: bool = False
    leave: bool = False


async def run(program: Program, printed: Callable[[bytes], None]) -> Finished:
    """Run to the end; `printed` gets what it prints, piece by piece. Raises OSError if it cannot be started.

    Cancelled, out of time or printing too much, it is killed with everything that it started.
    """
    mark = uuid4().hex
    over = asyncio.Event()
    answer: list[bytes] = []
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(_Pipe(MOST_PRINTED, printed, over))
        answers = stack.enter_context(_Pipe(MOST_ANSWERED, answer.append, over))
        process = await asyncio.create_subprocess_exec(
            *_kept(program),
            stdin=stack.enter_context(_given(program.given)),
            stdout=output.end,
            stderr=output.end,
            pass_fds=(answers.end,),
            cwd=program.folder,
            env={**program.environment, _MARK: mark, ANSWER: str(answers.end)},
            start_new_session=True,
        )
        output.close_end()
        answers.close_end()
        ending = Ending.TIME
        try:
            ending = await _end_of(process, over, program.seconds)
        finally:
            if not (program.leave and ending is Ending.EXIT):
                await _kill_all(process, program, mark)
        # A survivor that holds the pipes open is not waited for.
        output.take_rest()
        answers.take_rest()
        if output.overrun or answers.overrun:
            ending = Ending.OUTPUT
        return Finished(ending, process.returncode or 0, b"".join(answer))


async def _end_of(process: asyncio.subprocess.Process, over: asyncio.Event, seconds: float | None) -> Ending:
    exited = asyncio.ensure_future(process.wait())
    overrun = asyncio.ensure_future(over.wait())
    try:
        await asyncio.wait({exited, overrun}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if exited.done():
            return Ending.EXIT
        return Ending.OUTPUT if overrun.done() else Ending.TIME
    finally:
        overrun.cancel()
        exited.cancel()


def _kept(program: Program) -> Sequence[str]:
    """The command, where nothing else holds together what comes of it under somebody who does."""
    if program.sealed or sys.platform != "linux":
        return program.command
    leave = ["--leave"] if program.leave else []
    return [os.path.realpath(sys.executable), "-I", "-S", "-c", _keeper(), *leave, *program.command]


@cache
def _keeper() -> str:
    return (Path(__file__).parent / "process_keeper.py").read_text(encoding="utf-8")


async def _kill_all(process: asyncio.subprocess.Process, program: Program, mark: str) -> None:
    if not program.sealed:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            process.terminate()
        # Who keeps them kills them all; unless they got at it themselves, for they may be the same user.
        await _even_if_cancelled(asyncio.ensure_future(_ended(process, _KEEPER_SECONDS)))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if not program.sealed:
        # Those that left the process group are known by what they inherited.
        sweep = asyncio.ensure_future(asyncio.to_thread(_sweep, f"{_MARK}={mark}".encode()))
        await _even_if_cancelled(sweep)
    await _even_if_cancelled(asyncio.ensure_future(process.wait()))


async def _ended(process: asyncio.subprocess.Process, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await process.wait()


async def _even_if_cancelled(work: "asyncio.Future[Any]") -> None:
    """Wait for what is over soon, and be cancelled only then."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _sweep(mark: bytes) -> None:
    """Kill until nobody is left; who forks on meanwhile is met again."""
    deadline = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < deadline:
        found = [pid for pid in _processes() if _has(pid, mark)]
        if not found:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)


def _processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal() and int(name) != os.getpid()]
    except FileNotFoundError:
        return []


def _has(pid: int, mark: bytes) -> bool:
    try:
        return mark in Path("/proc", str(pid), "environ").read_bytes().split(b"\0")
    except OSError:
        return False


@contextlib.contextmanager
def _given(content: bytes) -> Iterator[int]:
    """A file in memory to be read from its start, which needs nobody to feed it."""
    if not content:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    elif hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("given")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        if content:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


class _Pipe:
    """Our end of a pipe, read as it fills; the process gets `end`."""

    def __init__(self, most: int, take: Callable[[bytes], object], over: asyncio.Event) -> None:
        self._left = most
        self._take = take
        self._over = over
        self._ours, self.end = os.pipe()
        self._end_open = True
        os.set_blocking(self._ours, False)

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._ours, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        self.close_end()
        os.close(self._ours)

    @property
    def overrun(self) -> bool:
        """Whether more came than may."""
        return self._left < 0

    def close_end(self) -> None:
        """The process has it now."""
        if self._end_open:
            os.close(self.end)
            self._end_open = False

    def take_rest(self) -> None:
        """What is in the pipe at this moment."""
        while not self.overrun and self._read():
            pass

    def _read(self) -> bool:
        try:
            piece = os.read(self._ours, _CHUNK)
        except BlockingIOError:
            return False
        if not piece or self.overrun:
            asyncio.get_running_loop().remove_reader(self._ours)
            return False
        self._left -= len(piece)
        self._take(piece)
        if self.overrun:
            self._over.set()
        return True
