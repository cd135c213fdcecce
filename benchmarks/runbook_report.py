"""What runbooks cost, as tables."""

from collections.abc import Sequence
from statistics import median

from benchmarks.report import RATIO_AIM, Grid, met
from benchmarks.rounds import Spread
from benchmarks.runbook_bursts import AT_ONCE, BurstCost
from benchmarks.runbook_documents import ACTIONS, LONG, MIX, Kind
from benchmarks.runbook_prefect import PrefectCost
from benchmarks.runbook_steps import KindResult, StepCost, middle_ms

FLOOR_DOES = {
    Kind.SCRIPT: "python -c",
    Kind.API: "boto3 in a thread",
    Kind.SLEEP: "timer of 0",
    Kind.BRANCH: "activity that does nothing",
}


def tables(
    steps: Sequence[KindResult], bursts: Sequence[BurstCost], prefect: PrefectCost | str
) -> list[Grid]:
    """All of them; for Prefect a text says why it was not measured."""
    return [
        _latency(steps),
        _whole(steps),
        _weight(steps),
        _bursts(bursts, prefect),
        _beside_prefect(steps, prefect),
    ]


def verdicts(steps: Sequence[KindResult], bursts: Sequence[BurstCost]) -> list[str]:
    """Each aim, and whether it was met."""
    floor, ours = bursts[0], bursts[-1]
    slower = floor.steps_per_second(AT_ONCE) / ours.steps_per_second(AT_ONCE)
    return [
        *(
            f"{ACTIONS[one.kind]}, {where}: p50 {ratio.p50:.2f} x floor, aim {RATIO_AIM}: "
            f"{met(ratio.p50, RATIO_AIM)}"
            for one in steps
            for where, ratio in (("a step", one.ratio), ("its worker's part", one.worked_ratio))
        ),
        f"{AT_ONCE} executions at once: {slower:.2f} x the floor's time, aim {RATIO_AIM}: "
        f"{met(slower, RATIO_AIM)}",
    ]


def _latency(steps: Sequence[KindResult]) -> Grid:
    return Grid(
        "One step among equal ones, ms: p50 / p99; worker: without waiting in Temporal's own queues",
        ["step", "floor does", "floor", "Tocsin", "ratio", "floor's worker", "Tocsin's worker", "ratio"],
        [
            [
                ACTIONS[one.kind],
                FLOOR_DOES[one.kind],
                _spread(Spread.of(one.floor.steps)),
                _spread(Spread.of(one.tocsin.steps)),
                _ratio(one.ratio),
                _spread(Spread.of(one.floor.worked)),
                _spread(Spread.of(one.tocsin.worked)),
                _ratio(one.worked_ratio),
            ]
            for one in steps
        ],
    )


def _whole(steps: Sequence[KindResult]) -> Grid:
    return Grid(
        "An execution of one step, beginning to end, ms",
        ["step", "floor", "Tocsin"],
        [
            [ACTIONS[one.kind], f"{middle_ms(one.floor.whole):.0f}", f"{middle_ms(one.tocsin.whole):.0f}"]
            for one in steps
        ],
    )


def _weight(steps: Sequence[KindResult]) -> Grid:
    def row(kind: Kind, name: str, cost: StepCost) -> list[str]:
        return [
            ACTIONS[kind],
            name,
            f"{cost.events:.1f}",
            f"{cost.size:.0f}",
            f"{cost.workflow_tasks:.1f}",
            f"{cost.markers:.1f}",
            f"{middle_ms(cost.processor):.1f}",
            f"{middle_ms(cost.machine):.1f}",
        ]

    both = [
        pair
        for one in steps
        for pair in (row(one.kind, "floor", one.floor), row(one.kind, "Tocsin", one.tocsin))
    ]
    return Grid(
        "What one step leaves in the history, and takes of its worker and of the whole machine",
        ["step", "", "events", "bytes", "workflow tasks", "markers", "worker, CPU ms", "machine, CPU ms"],
        both,
    )


def _bursts(bursts: Sequence[BurstCost], prefect: PrefectCost | str) -> Grid:
    rows = [
        [
            f"{one.name}, {AT_ONCE}",
            f"{median(one.seconds):.1f}",
            f"{one.steps_per_second(AT_ONCE):.0f}",
            _seconds(Spread.middle(one.lives)),
            f"{middle_ms(one.worker):.1f}",
            f"{middle_ms(one.machine):.1f}",
        ]
        for one in bursts
    ]
    if isinstance(prefect, str):
        rows.append([prefect, "", "", "", "", ""])
    else:
        rows.append(
            [
                f"Prefect {prefect.version}, {len(prefect.lives)}",
                f"{prefect.seconds:.1f}",
                f"{prefect.steps_per_second:.0f}",
                _seconds(Spread.of(prefect.lives)),
                "not measured",
                "not measured",
            ]
        )
    return Grid(
        f"Executions of {len(MIX)} steps at once ({', '.join(MIX)})",
        [
            "who, how many",
            "seconds",
            "steps/s",
            "each, s: p50 / p99",
            "worker, CPU ms a step",
            "machine, CPU ms a step",
        ],
        rows,
    )


def _beside_prefect(steps: Sequence[KindResult], prefect: PrefectCost | str) -> Grid:
    title = "One step, alone, ms: p50 / p99 (Prefect tells its server of a task while the next one runs)"
    if isinstance(prefect, str):
        return Grid(title, ["Prefect"], [[prefect]])
    ours = {one.kind: Spread.of(one.tocsin.steps) for one in steps}
    return Grid(
        title,
        ["step", "Tocsin", f"Prefect {prefect.version}"],
        [[ACTIONS[kind], _spread(ours[kind]), _spread(Spread.of(prefect.steps[kind]))] for kind in LONG],
    )


def _ratio(ratio: Spread) -> str:
    return f"{ratio.p50:.2f} / {ratio.p99:.2f}"


def _spread(spread: Spread) -> str:
    return f"{spread.p50:.1f} / {spread.p99:.1f}"


def _seconds(spread: Spread) -> str:
    return f"{spread.p50 / 1000:.1f} / {spread.p99 / 1000:.1f}"
