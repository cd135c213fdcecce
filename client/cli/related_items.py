"""Commands for what belongs to an incident: relate add, relate remove."""

from rich.text import Text

from client.cli.arguments import IncidentId
from client.cli.incident_pictures import incident_line
from client.cli.session import Asked
from client.connection import build
from records.incidents import RelatedItem, RelatedItemType


async def add(
    incident: IncidentId, item_type: RelatedItemType, value: str, /, *, title: str = "", session: Asked
) -> None:
    """Tie something to an incident.

    Parameters
    ----------
    item_type
        What it is.
    value
        Its URL, ARN or id.
    title
        What to call it, in up to 200 characters.
    """
    item = build(RelatedItem, type=item_type, value=value, title=title)
    async with session.connect() as tocsin:
        changed = await tocsin.add_related_item(incident, item)
    session.answer(changed, Text(incident_line(changed)))


async def remove(incident: IncidentId, item_type: RelatedItemType, value: str, /, *, session: Asked) -> None:
    """Untie what was added with the same type and value.

    Parameters
    ----------
    item_type
        What it is.
    value
        Its URL, ARN or id, just as it was added.
    """
    item = build(RelatedItem, type=item_type, value=value)
    async with session.connect() as tocsin:
        changed = await tocsin.remove_related_item(incident, item)
    session.answer(changed, Text(incident_line(changed)))
