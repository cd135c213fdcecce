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
    if engagement.stage_ends_at is None:
        return standing
    left = countdown(engagement.stage_ends_at, now)
    return f"{standing}, {'stage ' + str(stage + 1) + ' ' + left if stage < count else 'ends ' + left}"


def _person_line(person: EngagedPerson, engagement: EngagementRecord, now: datetime) -> Text:
    line = Text(f"  {person.contact}  ")
    if person.acknowledged_at is not None:
        line.append(f"has it since {clock(person.acknowledged_at, now)}", style="green")
    elif engagement.status is EngagementStatus.STOPPED or person.finished:
        line.append("did not answer", style="dim")
    else:
        line.append(f"paged by stage {person.stage + 1} of their plan")
        if person.stage_ends_at is not None:
            line.append(f", which ends {countdown(person.stage_ends_at, now)}")
    return line


def _page_line(page: Page, now: datetime) -> Text:
    sent = [receipt.time for receipt in page.receipts if receipt.type is ReceiptType.SENT]
    words = f"    {page.channel}: "
    words += f"{len(sent)} sent, last {clock(sent[-1], now)}" if sent else "not sent yet"
    if page.next_at is not None:
        words += f", again {countdown(page.next_at, now)}"
    if page.failures:
        errors = [receipt.info for receipt in page.receipts if receipt.type is ReceiptType.ERROR]
        words += f", failed {page.failures} times: {errors[-1] if errors else 'unknown'}"
    return Text(words, style="red" if page.failures else "")
