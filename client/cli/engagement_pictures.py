"""How engagements look: who is paged, how often, and what comes next."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from client.cli.times import clock, countdown
from records.engagements import EngagedPerson, EngagementRecord, EngagementStatus, Page, ReceiptType

_STYLES = {
    EngagementStatus.ENGAGED: "bold red",
    EngagementStatus.ACKNOWLEDGED: "bold green",
    EngagementStatus.STOPPED: "dim",
    EngagementStatus.FINISHED: "bold yellow",
}


def engagement_lines(engagement: EngagementRecord, now: datetime) -> Iterator[RenderableType]:
    """An engagement, the persons it reached, and the channels each of them is paged on."""
    heading = Text(f"{engagement.contact}  ", style="bold")
    heading.append(engagement.status.value, style=_STYLES[engagement.status])
    heading.append(f"  {_standing(engagement, now)}".rstrip(), style="not bold")
    heading.append(f"  {engagement.engagement_id[:8]}", style="dim")
    yield heading
    for person in engagement.people.values():
        yield _person_line(person, engagement, now)
        for page in person.pages:
            yield _page_line(page, now)


def engagement_page(engagement: EngagementRecord, now: datetime) -> RenderableType:
    """An engagement alone."""
    return Group(*engagement_lines(engagement, now))


def _standing(engagement: EngagementRecord, now: datetime) -> str:
    if engagement.status is EngagementStatus.ACKNOWLEDGED:
        at = f" at {clock(engagement.acknowledged_at, now)}" if engagement.acknowledged_at else ""
        return f"by {engagement.acknowledged_by}{at}"
    if engagement.status is EngagementStatus.STOPPED:
        return engagement.stop_reason or ""
    if engagement.status is EngagementStatus.FINISHED:
        return "nobody answered, and the plan is over"
    if not engagement.climbing:
        return "the last stage is over, its pages go on" if engagement.stage_count > 1 else ""
    stage, count = engagement.stage + 1, engagement.stage_count
    standing = f"stage {stage} of {count}"
    if engagement.waits_until is not None:
        return f"{standing} waits until {clock(engagement.waits_until, now)}"
    if engagement.stage_ends_at is None:
        return standing
    left = countdown(engagement.stage_ends_at, now)
    return f"{standing}, {'stage ' + str(stage + 1) + ' ' + left if stage < count else 'ends ' + left}"


def _person_line(person: EngagedPerson, engagement: EngagementRecord, now: datetime) -> Text:
    line = Text(f"  {person.contact}  ")
    if person.snoozed_until is not None:
        return line.append(f"has it until {clock(person.snoozed_until, now)}", style="green")
    if person.acknowledged_at is not None:
        return line.append(f"has it since {clock(person.acknowledged_at, now)}", style="green")
    if person.handed_over_to is not None:
        return line.append(f"handed it over to {person.handed_over_to}", style="dim")
    if person.declined_at is not None:
        return line.append("cannot", style="yellow")
    if engagement.status is EngagementStatus.STOPPED or person.finished:
        unheard = _unheard(person, engagement)
        return line.append(unheard or "did not answer", style="red" if unheard else "dim")
    if person.pages:
        line.append(f"paged by stage {person.stage + 1} of their plan")
    else:  # its channels may not be paged, or it is a wait
        line.append(f"no page has gone out; stage {person.stage + 1} of their plan")
    if person.stage_ends_at is not None:
        line.append(f", which ends {countdown(person.stage_ends_at, now)}")
    return line


def _unheard(person: EngagedPerson, engagement: EngagementRecord) -> str:
    """Why nobody can say that they did not answer; empty if a page did go out."""
    if any(page.reached for page in person.pages):
        return ""
    if any(page.unknown for page in person.pages):
        return "nobody knows whether a page arrived"
    return "no page went out" if engagement.status is EngagementStatus.STOPPED else "no page could go out"


def _page_line(page: Page, now: datetime) -> Text:
    sent = [receipt.time for receipt in page.receipts if receipt.type is ReceiptType.SENT]
    errors = [receipt.info for receipt in page.receipts if receipt.type is ReceiptType.ERROR]
    error = errors[-1] if errors and errors[-1] else "nobody said why"
    parts = [f"{len(sent)} sent, last {clock(sent[-1], now)}"] if sent else []
    if page.rejected:
        parts.append(f"refused: {error}; not tried again")
        return Text(f"    {page.channel}: {', '.join(parts)}", style="red")
    parts = parts or ["not sent" if page.next_at is None and page.failures else "not sent yet"]
    if page.next_at is not None:
        held = f"held back until {clock(page.next_at, now)}"
        parts.append(held if page.held else f"again {countdown(page.next_at, now)}")
    if page.failures:
        times = "once" if page.failures == 1 else f"{page.failures} times"
        parts.append(f"failed {times}: {error}")
    return Text(f"    {page.channel}: {', '.join(parts)}", style="red" if page.failures else "")
