"""Real worker processes, real servers, and a mail server that takes its time to answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client

from client import Tocsin
from settings import Settings
from tests.chaos.workers import RunWorker, WorkerProcess
from tests.mailbox import Mailbox

DEFINITIONS = Path(__file__).with_name("definitions.yaml")


class SlowMailbox(Mailbox):
    """Keeps a mail at once and says so only later: between the two, whoever sent it cannot know."""

    pause = 0.1

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(self.pause)
        return answer


@pytest.fixture
def mailbox() -> SlowMailbox:
    """What has been mailed so far, to everybody."""
    return SlowMailbox()


@pytest_asyncio.fixture
async def tocsin(settings: Settings, temporal: Client) -> AsyncIterator[Tocsin]:
    """A client, with the definitions of these tests in force."""
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        await tocsin.apply([DEFINITIONS])
        yield tocsin


@pytest.fixture
def run_worker(tmp_path: Path) -> Iterator[RunWorker]:
    """Starts worker processes; all are ended with the test."""
    started: list[WorkerProcess] = []

    def run(settings: Settings) -> WorkerProcess:
        worker = WorkerProcess(settings, log=tmp_path / f"worker-{len(started)}.log")
        started.append(worker)
        worker.start()
        return worker

    yield run
    for worker in started:
        worker.stop()
