"""The numbers as tables for people and as JSON for comparisons."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.escalations import Escalated
from benchmarks.histories import Size
from benchmarks.rounds import BurstResult, Spread

RESULTS = Path(__file__).with_name("results")
ALONE_AIM = 150.0
"""Milliseconds: p50 of one incident alone."""
RATIO_AIM = 1.3
"""Of Tocsin over the floor, p50 and p99 of the largest burst."""


LATE_AIMS = {100: 1.0, 1000: 3.0}
"""Seconds that the second stages of so many incidents may be late, p99."""


@dataclass(frozen=True)
class Grid:
    """A table, before it is rendered."""

    title: str
    head: list[str]
    rows: list[list[str]]

    def show(self, console: Console) -> None:
        """Print it."""
        table = Table(*self.head, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        """As Markdown."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return f"## {self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


OTHERS = [
    ["Grafana OnCall, 100", "14800 / 19300", "5800 / 13100 (at most)", "4.6", "not measured"],
    ["LinkedIn Iris, 5", "21000 (0-60 s by design)", "up to 60000", "", "not measured"],
]
"""Measured on a machine of this size on another day. Grafana's wait of 60 s took 65.8 to 73.1 s in a burst of 100."""


def escalation_grid(escalated: list[Escalated]) -> Grid:
    """Crowds of incidents that nobody answers, beside what others were seen to do."""
    return Grid(
        "Incidents escalating at once, ms: p50 / p99",
        ["incidents", "call to first page", "second stage late", "pages/s", "worker memory, MB"],
        [
            *(
                [
                    str(one.size),
                    f"{one.first_page_p50 * 1000:.0f} / {one.first_page_p99 * 1000:.0f}",
                    f"{one.late_p50 * 1000:.0f} / {one.late_p99 * 1000:.0f}",
                    f"{one.pages_per_second:.1f}",
                    f"{one.worker_memory:.0f}",
                ]
                for one in escalated
            ),
            *OTHERS,
        ],
    )


def grids(results: list[BurstResult]) -> list[Grid]:
    """The tables of the bursts."""
    return [
        Grid(
            "Call to first page, ms: p50 / p99 (medians over rounds; ratio with the range over rounds)",
            ["incidents", "floor", "Tocsin", "ratio p50", "ratio p99"],
            [
                [
                    one.name,
                    _spread(one.floor),
                    _spread(one.tocsin),
                    _range(ratio.p50 for ratio in one.ratios),
                    _range(ratio.p99 for ratio in one.ratios),
                ]
                for one in results
            ],
        ),
        Grid(
            "Call to return, and second page after its stage's end, ms: p50 / p99",
            ["incidents", "floor's start call", "Tocsin's start call", "stage timer late"],
            [
                [one.name, _spread(one.floor_start), _spread(one.tocsin_start), _spread(one.lateness)]
                for one in results
            ],
        ),
        Grid(
            "History per incident: events / bytes",
            ["incidents", "floor, paged", "Tocsin, first stage", "Tocsin, whole life"],
            [
                [one.name, _size(one.floor_history), _size(one.first_stage), _size(one.whole_life)]
                for one in results
            ],
        ),
    ]


def verdicts(results: list[BurstResult], escalated: list[Escalated]) -> list[str]:
    """Each aim, and whether it was met."""
    alone, largest = results[0], results[-1]
    p50 = Spread.middle(alone.tocsin).p50
    ratio = Spread.middle(largest.ratios)
    return [
        f"{alone.name}: p50 {p50:.0f} ms, aim {ALONE_AIM:.0f} ms: {met(p50, ALONE_AIM)}",
        f"{largest.name}: p50 {ratio.p50:.2f} x floor, aim {RATIO_AIM}: {met(ratio.p50, RATIO_AIM)}",
        f"{largest.name}: p99 {ratio.p99:.2f} x floor, aim {RATIO_AIM}: {met(ratio.p99, RATIO_AIM)}",
        *(
            f"{one.size} escalating: second stage p99 {one.late_p99:.2f} s late, aim {LATE_AIMS[one.size]} s: "
            f"{met(one.late_p99, LATE_AIMS[one.size])}"
            for one in escalated
            if one.size in LATE_AIMS
        ),
    ]


def show(tables: Sequence[Grid], told: Sequence[str], console: Console) -> None:
    """Print the tables and the verdicts."""
    for table in tables:
        table.show(console)
    for verdict in told:
        console.print(verdict)


def write(
    tables: Sequence[Grid],
    told: Sequence[str],
    numbers: Mapping[str, object],
    facts: Mapping[str, str],
    *,
    what: str,
    at: datetime,
) -> Path:
    """Write DATE-WHAT.md and .json into results/; the path of the former."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{at:%Y-%m-%d}-{what}.md"
    parts = [f"# {what}, {at:%Y-%m-%d %H:%M} UTC\n", *(table.markdown() for table in tables)]
    parts.append("## Aims\n\n" + "".join(f"- {verdict}\n" for verdict in told))
    parts.append("## Machine\n\n" + "".join(f"- {name}: {fact}\n" for name, fact in facts.items()))
    path.write_text("\n".join(parts), encoding="utf-8")
    written = {"at": at.isoformat(), "machine": facts, **numbers}
    path.with_suffix(".json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return path


def _spread(rounds: list[Spread]) -> str:
    middle = Spread.middle(rounds)
    return f"{middle.p50:.0f} / {middle.p99:.0f}"


def _range(values: Iterable[float]) -> str:
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:.2f} ({ordered[0]:.2f}-{ordered[-1]:.2f})"


def _size(rounds: list[Size]) -> str:
    return f"{rounds[-1].events} / {rounds[-1].size}"


def met(value: float, aim: float) -> str:
    """Whether a value is within its aim, in words."""
    return "met" if value <= aim else "NOT met"
