"""kill -9 of the worker, all over an incident's life: nothing is lost, and nothing is needlessly done twice."""

import asyncio
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from client import Tocsin
from records.timeline import EventType
from settings import Settings
from tests.chaos.conftest import SlowMailbox
from tests.chaos.inspection import Expected, complaints_about, expected_of, repeated_pages
from tests.chaos.points import Point, Teller, pick, points_of, reach
from tests.chaos.story import Story
from tests.chaos.workers import RunWorker
from tests.mailbox import Mailbox

POINTS = 20
AT_ONCE = 7
STORY_SECONDS = 75.0
LATEST = 30.0
"""Seconds a page may be late: what the killed worker held is missed after 5 s, and the new one has to start."""


@dataclass(frozen=True)
class Theatre:
    """All that stories need; each gets a task queue, so a worker, of its own."""

    settings: Settings
    mailbox: Mailbox
    run_worker: RunWorker
    folder: Path

    async def undisturbed(self) -> tuple[Expected, list[Point], list[Point]]:
        """A story as it should be: what came of it, and the points of its incident's and runbook's histories."""
        settings = self._on_a_queue_of_its_own()
        async with asyncio.timeout(STORY_SECONDS), await Tocsin.connect(settings, author="chi") as tocsin:
            story = self.story(tocsin)
            worker = self.run_worker(settings)
            await story.begin()
            await story.tell()
            worker.stop()
            incident = await story.history(story.incident_id)
            runbook = await story.history(await story.execution())
            expected = expected_of(await tocsin.timeline_from_history(story.incident_id))
            return (
                expected,
                points_of(Teller.INCIDENT, incident.events),
                points_of(Teller.RUNBOOK, runbook.events),
            )

    async def killed_at(self, point: Point, expected: Expected) -> "Outcome":
        """A story whose worker is killed at a point and started again."""
        settings = self._on_a_queue_of_its_own()
        outcome = Outcome(str(point))
        worker = self.run_worker(settings)
        try:
            async with asyncio.timeout(STORY_SECONDS), await Tocsin.connect(settings, author="chi") as tocsin:
                story = self.story(tocsin)
                await story.begin()
                async with asyncio.TaskGroup() as group:
                    group.create_task(story.tell())
                    await reach(tocsin.temporal, story.incident_id, point)
                    worker.kill()
                    killed = datetime.now(UTC)
                    worker.start()
                outcome.lateness = await story.lateness()
                outcome.repeated = len(repeated_pages(story))
                outcome.complaints = await complaints_about(story, expected, killed=killed)
        except Exception as error:  # every point is told of, not only the first that fails
            outcome.complaints = [*traceback.format_exception(error), worker.process.log_tail()]
        finally:
            worker.stop()
        return outcome

    def story(self, tocsin: Tocsin) -> Story:
        """A story that has not begun, with its own file of traces."""
        return Story(tocsin, self.mailbox, traces=self.folder / f"traces-{uuid4()}")

    def _on_a_queue_of_its_own(self) -> Settings:
        return self.settings.model_copy(update={"task_queue": f"chaos-{uuid4()}"})


@dataclass
class Outcome:
    """What came of a killing. `lateness`: seconds of the second stage's page; `repeated`: pages that came twice."""

    point: str
    complaints: list[str] = field(default_factory=list)
    lateness: float = 0.0
    repeated: int = 0

    def __str__(self) -> str:
        told = "".join(f"\n    {complaint}" for complaint in self.complaints)
        return f"{self.point}: second stage {self.lateness:.1f} s late, {self.repeated} repeated{told}"


@pytest.fixture
def theatre(
    settings: Settings, tocsin: Tocsin, mailbox: Mailbox, run_worker: RunWorker, tmp_path: Path
) -> Theatre:
    assert tocsin  # its definitions are in force
    return Theatre(settings, mailbox, run_worker, tmp_path)


@pytest.mark.timeout(300)
async def test_a_worker_killed_at_any_of_twenty_points_of_an_incident_loses_nothing(
    theatre: Theatre, capsys: pytest.CaptureFixture[str]
) -> None:
    expected, incident, runbook = await theatre.undisturbed()
    points = pick(incident, runbook, POINTS)
    assert len(set(points)) == POINTS
    stage = asyncio.Semaphore(AT_ONCE)

    async def kill_at(point: Point) -> Outcome:
        async with stage:
            return await theatre.killed_at(point, expected)

    outcomes = await asyncio.gather(*map(kill_at, points))
    worst = max(outcomes, key=lambda outcome: outcome.lateness)
    with capsys.disabled():
        print("", *outcomes, f"worst lateness {worst.lateness:.1f} s", sep="\n")
    assert [str(outcome) for outcome in outcomes if outcome.complaints] == []
    assert worst.lateness < LATEST


@pytest.mark.timeout(60)
async def test_a_page_whose_sender_dies_before_the_mail_servers_answer_comes_twice_as_the_same_mail(
    theatre: Theatre, tocsin: Tocsin, mailbox: SlowMailbox
) -> None:
    mailbox.pause = 1.0
    worker = theatre.run_worker(theatre.settings)
    story = theatre.story(tocsin)
    await story.begin("shop-slow")
    async with asyncio.timeout(50):
        first = await story.paged("ana")
        worker.kill()
        mailbox.pause = 0.0
        worker.start()
        told = await story.on_the_timeline(EventType.PAGE)
    first_again, second = story.letters("ana")
    assert first_again is first
    assert second.message_id == first.message_id == told.data["providerId"]
    worker.stop()
