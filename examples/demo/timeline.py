"""The timeline as the workflow's history tells it, beside the one in the records."""

from datetime import datetime

from rich.table import Table
from rich.text import Text

from client import Tocsin
from client.cli.story import tell
from examples.demo.narrator import Narrator
from examples.demo.waiting import check
from records.incidents import IncidentRecord
from records.timeline import SYSTEM, TimelineEvent


async def compare(tocsin: Tocsin, incident: IncidentRecord, narrator: Narrator) -> int:
    """Prints the timeline from the history and compares it with the records; the number of events.

    Raises DemoFailed when they differ.
    """
    history = await tocsin.timeline_from_history(incident.incident_id)
    narrator.console.print(table(history, since=incident.created_at))
    records = await tocsin.timeline(incident.incident_id)
    check(history == records, _difference(history, records))
    narrator.say(
        "tocsin", f"the {len(records)} events in the records are the same, field by field", style="green"
    )
    return len(records)


def table(events: list[TimelineEvent], *, since: datetime) -> Table:
    """Events with seconds since the incident began."""
    shown = Table(box=None, padding=(0, 2), header_style="dim")
    shown.add_column("after", justify="right", style="dim")
    shown.add_column("type", style="cyan", no_wrap=True)
    shown.add_column("what happened", overflow="fold")
    shown.add_column("by")
    for event in events:
        after = (event.event_time - since).total_seconds()
        author = "" if event.author == SYSTEM else event.author
        shown.add_row(f"{after:.1f} s", _kind(event), Text(tell(event)), author)
    return shown


def _kind(event: TimelineEvent) -> str:
    """The type without the words that all types share."""
    plain = str(event.event_type).removesuffix(" for Incident")
    for prefix in ("SSM Incident ", "SSM Contacts ", "SSM "):
        plain = plain.removeprefix(prefix)
    return plain


def _difference(history: list[TimelineEvent], records: list[TimelineEvent]) -> str:
    known, kept = {e.event_id: e for e in history}, {e.event_id: e for e in records}
    wrong = [tell(event) for id_, event in (known | kept).items() if known.get(id_) != kept.get(id_)]
    return (
        f"history ({len(history)} events) and records ({len(records)}) differ"
        f"{' in their order' if not wrong else ': ' + '; '.join(wrong)}"
    )
