"""`tocsin rehearse`: see what a plan would do, without waking anybody."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

from cyclopts import Parameter
from rich.console import Group
from rich.table import Table
from rich.text import Text

from definitions.catalog import Catalog
from definitions.checks import check
from definitions.durations import format_duration, parse_duration
from definitions.loader import load
from definitions.problems import DefinitionError
from definitions.wall_clock import parse_instant
from records.bounded import acquire_within
from records.channels import ChannelStates, read_states
from records.database import DatabaseUnavailable, open_pool
from records.definitions import lay_over, read_catalog
from settings import NotConfiguredError, Settings, SettingsError
from worker.rehearsal.rehearsal import Answer, Cue, UnknownContactError, rehearse
from worker.rehearsal.telling import Ending, Rehearsal

PATIENCE = 5.0
"""Seconds that PostgreSQL may take to tell the definitions in force."""


class Asker(Protocol):
    """Whoever typed the command, and how they want the answer."""

    def answer(self, value: Any, picture: Any) -> None:
        """Print `value` for programs, or `picture` for people."""


async def command(
    plan: str,
    /,
    *,
    file: tuple[Path, ...] = (),
    at: str | None = None,
    ack: tuple[str, ...] = (),
    decline: tuple[str, ...] = (),
    nobody_answers: bool = False,
    impact: int | None = None,
    longest: Annotated[str, Parameter(name="--for")] = "1d",
    session: Annotated[Asker, Parameter(parse=False)],
) -> int:
    """Run a plan without paging anybody: minute by minute who would be paged, and when the plan would run out.

    Parameters
    ----------
    plan
        A response plan, escalation plan, on-call schedule or contact, by name.
    file
        Definition files or folders that are not in force yet; may be given several times.
    at
        When the plan would be needed, like 2026-12-24T03:00, on this machine's clock unless it has an offset.
    ack
        Who acknowledges and when, like ana@7m; may be given several times.
    decline
        Who declines and when, likewise.
    nobody_answers
        Say that nobody answers; that is also what happens without --ack.
    impact
        Of the incident, 1 to 5. Default: the response plan's; anything else has none.
    longest
        How much of the plan's time to rehearse at most.
    """
    try:
        if nobody_answers and (ack or decline):
            raise ValueError("--nobody-answers contradicts --ack and --decline; leave one out")
        cues = [_cue(Answer.ACK, one) for one in ack] + [_cue(Answer.DECLINE, one) for one in decline]
        instant = _instant(at)
        most = parse_duration(longest)
        if impact is not None and not 1 <= impact <= 5:
            raise ValueError(f"an impact is 1 to 5, not {impact}")
        catalog = await _catalog(file)
        told = await rehearse(catalog, plan, at=instant, cues=cues, impact=impact, longest=most)
    except KeyError:
        known = [
            *catalog.response_plans,
            *catalog.escalation_plans,
            *catalog.on_call_schedules,
            *catalog.contacts,
        ]
        print(f"tocsin: nothing to rehearse as {plan!r}; known: {', '.join(sorted(known))}", file=sys.stderr)
        return 3
    except UnknownContactError as error:
        print(f"tocsin: {error}", file=sys.stderr)
        return 3
    except (ValueError, SettingsError, DatabaseUnavailable) as error:
        print(f"tocsin: {error}", file=sys.stderr)
        return 5 if isinstance(error, SettingsError | DatabaseUnavailable) else 2
    session.answer(told, picture(told))
    return 0


def picture(told: Rehearsal) -> Group:
    """A rehearsal as people read it."""
    lines = [(remark.after, remark.at, remark.words, "") for remark in told.remarks]
    for page in told.pages:
        lines.append((page.after, page.at, f"{page.contact} is paged", f"on {page.channel} ({page.address})"))
    rows = Table(box=None, pad_edge=False, show_header=False)
    for after, at, words, where in sorted(lines, key=lambda line: line[0]):
        rows.add_row(format_duration(after), at.strftime("%a %H:%M:%S"), words, where)
    unheard = [
        Text(f"Nobody would hear stage {one.stage + 1} of {one.engaged}: {one.reason}.", style="bold red")
        for one in told.unheard
    ]
    return Group(
        Text(
            f"{told.plan}, needed {told.at.strftime('%A %Y-%m-%d %H:%M')} UTC. Nobody is paged by this.",
            style="bold",
        ),
        rows,
        *unheard,
        *(_ending(one) for one in told.endings),
    )


def _ending(ending: Ending) -> Text:
    after = format_duration(ending.after) if ending.after is not None else ""
    if ending.how == "acknowledged":
        return Text(f"{ending.engaged}: {ending.by} has it after {after}.", style="bold green")
    if ending.how == "ran out":
        return Text(f"{ending.engaged}: runs out after {after}, and nobody has answered.", style="bold red")
    return Text(f"{ending.engaged}: still going after {after}.", style="bold")


def _cue(answer: Answer, given: str) -> Cue:
    contact, _, after = given.partition("@")
    if not re.fullmatch(r"[a-z0-9_\-]+", contact) or not after:
        raise ValueError(f"{given!r} does not say who and when; write it like ana@7m")
    return Cue(contact=contact, answer=answer, after=parse_duration(after))


def _instant(given: str | None) -> datetime:
    if given is None:
        return datetime.now(UTC)
    return parse_instant(given).astimezone(UTC)


async def _catalog(files: tuple[Path, ...]) -> Catalog:
    """The definitions in force with those of the files over them; the files alone where nothing is in force.

    Channels that need a code are silent unless they are activated, as they would be once the files are in force.
    """
    stored, states = Catalog(), ChannelStates()
    try:
        pool = await open_pool(Settings.load().require_database_url())
    except NotConfiguredError:
        if not files:
            raise
    else:
        try:
            async with acquire_within(pool, PATIENCE) as connection:
                stored = await read_catalog(connection)
                states = await read_states(connection)
        finally:
            pool.terminate()
    if not files:
        return stored
    try:
        return lay_over(check(load(files), stored), states)
    except DefinitionError as error:
        raise ValueError(str(error)) from error
