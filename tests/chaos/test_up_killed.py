"""kill -9 of `tocsin up` in the middle of an incident."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import Tocsin
from settings import Settings
from tests.chaos.conftest import DEFINITIONS
from tests.chaos.inspection import repeated_pages
from tests.chaos.story import Story, failed_tasks
from tests.mailbox import Mailbox, MailServer
from tests.stack.running import RunningStack

STORY_SECONDS = 60.0


class Stacks:
    """Stacks one after the other on one data folder."""

    def __init__(self, data: Path, mail_server: MailServer) -> None:
        self._data = data
        self._environment = {"TOCSIN_SMTP_URL": mail_server.url, "AWS_EC2_METADATA_DISABLED": "true"}
        self._stacks: list[RunningStack] = []

    async def up(self) -> RunningStack:
        """One more, once it is up."""
        stack = RunningStack(self._data, environment=self._environment)
        self._stacks.append(stack)
        await asyncio.to_thread(stack.wait_until_up)
        return stack

    def end(self) -> None:
        for stack in self._stacks:
            stack.end()


@pytest.fixture
def stacks(data: Path, mail_server: MailServer) -> Iterator[Stacks]:
    stacks = Stacks(data, mail_server)
    yield stacks
    stacks.end()


@pytest.mark.timeout(150)
async def test_an_open_incident_goes_on_when_a_killed_up_is_started_again(
    stacks: Stacks, data: Path, mailbox: Mailbox, tmp_path: Path
) -> None:
    stack = await stacks.up()
    async with await Tocsin.connect(Settings.load(data), author="chi") as tocsin:
        await tocsin.apply([DEFINITIONS])
        story = Story(tocsin, mailbox, traces=tmp_path / "traces")
        assert await story.begin()
        await story.paged("ana")
        before = await tocsin.timeline_from_history(story.incident_id)
        stack.kill()
    assert story.letters("ben") == []

    await stacks.up()
    async with (
        asyncio.timeout(STORY_SECONDS),
        await Tocsin.connect(Settings.load(data), author="chi") as tocsin,
    ):
        story.tocsin = tocsin
        await story.tell()
        timeline = await tocsin.timeline(story.incident_id)
        assert timeline == await tocsin.timeline_from_history(story.incident_id)
        assert [event for event in before if event not in timeline] == []
        assert len(story.letters("ben")) == 1
        assert len(repeated_pages(story)) <= 1
        assert failed_tasks(await story.history(story.incident_id)) == []
