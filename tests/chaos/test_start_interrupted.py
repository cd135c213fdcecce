"""Accepted in PostgreSQL, not started in Temporal: what was accepted is not lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import Tocsin
from settings import Settings
from settings.temporal import connect_temporal
from tests.chaos.conftest import DEFINITIONS
from tests.chaos.story import Story
from tests.chaos.workers import RunWorker
from tests.mailbox import Mailbox
from worker.search_attributes import register_search_attributes
from worker.stack.ports import HOST, choose_port
from worker.stack.processes import ChildProcess
from worker.stack.temporal import temporal_server

pytestmark = pytest.mark.timeout(90)

STORY_SECONDS = 60.0


@pytest.fixture
def own_port() -> int:
    return choose_port(0)


@pytest.fixture
def own_temporal(own_port: int, tmp_path: Path) -> Iterator[ChildProcess]:
    """A Temporal server that keeps its workflows in a file, so that it can go away and come back."""
    server = temporal_server(
        port=own_port, log=tmp_path / "temporal.log", database=tmp_path / "temporal.sqlite"
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_settings(settings: Settings, own_port: int) -> Settings:
    return settings.model_copy(update={"temporal_address": f"{HOST}:{own_port}"})


@pytest.mark.parametrize("worker_lives_through_it", [True, False], ids=["worker stays", "worker comes later"])
async def test_an_incident_accepted_while_temporal_is_away_is_started_when_it_is_back(
    worker_lives_through_it: bool,
    own_temporal: ChildProcess,
    own_settings: Settings,
    mailbox: Mailbox,
    run_worker: RunWorker,
    tmp_path: Path,
) -> None:
    temporal = await connect_temporal(own_settings, patience=20)
    await register_search_attributes(temporal)
    if worker_lives_through_it:
        worker = run_worker(own_settings)
        await asyncio.sleep(2.0)
    async with asyncio.timeout(STORY_SECONDS), await Tocsin.connect(own_settings, author="chi") as tocsin:
        await tocsin.apply([DEFINITIONS])
        own_temporal.stop()
        story = Story(tocsin, mailbox, traces=tmp_path / "traces")
        assert not await story.begin()
        assert (await tocsin.get_incident(story.incident_id)).incident.title == "The shop is down"
        await asyncio.sleep(1.0)
        assert mailbox.letters == []
        own_temporal.start()
        if worker_lives_through_it:
            assert worker.process.running
        else:
            run_worker(own_settings)
        await story.tell()
        timeline = await tocsin.timeline(story.incident_id)
        assert timeline == await tocsin.timeline_from_history(story.incident_id)
        assert [len(story.letters(contact)) for contact in ("ana", "ben")] == [1, 1]
