"""Alternating rounds of floor and Tocsin, so that whatever else the machine does weighs on both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from temporalio.client import Client

from benchmarks.bursts import BURSTS, TWENTY, Burst, Measured, await_second_pages, measure, percentile
from benchmarks.histories import SAMPLE, Size, events_of, first_stage, lateness, size_of, whole_life
from benchmarks.receiver import Receiver
from benchmarks.subjects import FloorSubject, TocsinSubject
from client import Tocsin


@dataclass(frozen=True)
class Spread:
    """The median and the 99th percentile, in milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Spread":
        """The spread of some times."""
        return cls(p50=percentile(seconds, 50) * 1000, p99=percentile(seconds, 99) * 1000)

    @classmethod
    def middle(cls, spreads: list["Spread"]) -> "Spread":
        """The medians over several rounds."""
        return cls(p50=median(one.p50 for one in spreads), p99=median(one.p99 for one in spreads))


@dataclass
class BurstResult:
    """What was seen of one burst, a value per round; the floor's and Tocsin's of one round make a pair."""

    name: str
    floor: list[Spread] = field(default_factory=list)
    tocsin: list[Spread] = field(default_factory=list)
    floor_start: list[Spread] = field(default_factory=list)
    tocsin_start: list[Spread] = field(default_factory=list)
    lateness: list[Spread] = field(default_factory=list)
    floor_history: list[Size] = field(default_factory=list)
    first_stage: list[Size] = field(default_factory=list)
    whole_life: list[Size] = field(default_factory=list)

    @property
    def ratios(self) -> list[Spread]:
        """Tocsin over the floor, pair by pair."""
        pairs = zip(self.tocsin, self.floor, strict=True)
        return [Spread(p50=ours.p50 / bare.p50, p99=ours.p99 / bare.p99) for ours, bare in pairs]


class Bench:
    """Both subjects and the receiver, with their workers running."""

    def __init__(
        self, tocsin: Tocsin, temporal: Client, receiver: Receiver, say: Callable[[str], None]
    ) -> None:
        self._tocsin = tocsin
        self._temporal = temporal
        self._receiver = receiver
        self._say = say
        self._floor_subject = FloorSubject(temporal)
        self._tocsin_subject = TocsinSubject(tocsin)

    async def warm_up(self) -> None:
        """A burst for each that does not count: connections are open and modules loaded afterwards."""
        for subject in (self._floor_subject, self._tocsin_subject):
            await measure(TWENTY, subject, self._receiver)

    async def run(self, rounds: int) -> list[BurstResult]:
        """The bursts, each `rounds` times for both subjects in turn."""
        results = {burst: BurstResult(burst.name) for burst in BURSTS}
        for number in range(1, rounds + 1):
            for burst, result in results.items():
                bare = await self._floor_round(burst, result)
                ours = await self._tocsin_round(burst, result)
                self._say(
                    f"round {number} of {rounds}, {burst.name}: first page after {ours.p50:.0f} ms p50, "
                    f"{ours.p99:.0f} ms p99 (floor {bare.p50:.0f}, {bare.p99:.0f})"
                )
        return list(results.values())

    async def _floor_round(self, burst: Burst, result: BurstResult) -> Spread:
        measured = await measure(burst, self._floor_subject, self._receiver)
        result.floor.append(Spread.of(measured.first_page))
        result.floor_start.append(Spread.of(measured.start_call))
        result.floor_history.append(_middle([size_of(await events_of(self._temporal, measured.ids[0]))]))
        return result.floor[-1]

    async def _tocsin_round(self, burst: Burst, result: BurstResult) -> Spread:
        measured = await measure(burst, self._tocsin_subject, self._receiver)
        result.tocsin.append(Spread.of(measured.first_page))
        result.tocsin_start.append(Spread.of(measured.start_call))
        await await_second_pages(burst, measured.ids, self._receiver)
        late = await lateness(burst.plan, measured.ids, self._temporal, self._receiver)
        result.lateness.append(Spread.of(late))
        await self._weigh(burst, measured, result)
        return result.tocsin[-1]

    async def _weigh(self, burst: Burst, measured: Measured, result: BurstResult) -> None:
        sample = measured.ids[:SAMPLE]
        begun = [size_of(first_stage(burst, await events_of(self._temporal, id_))) for id_ in sample]
        result.first_stage.append(_middle(begun))
        result.whole_life.append(_middle([await whole_life(self._tocsin, id_) for id_ in sample]))


def _middle(sizes: list[Size]) -> Size:
    return Size(
        events=round(median(one.events for one in sizes)), size=round(median(one.size for one in sizes))
    )
