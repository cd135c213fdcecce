"""The one typed way in, for scripts and for every front door."""

from client.analyses import Analyses
from client.automations import Automations
from client.calendar_feeds import CalendarFeeds
from client.channels import Channels
from client.engagements import Engagements
from client.incidents import Incidents
from client.on_call import OnCallCalendar
from client.overrides import Overrides
from client.text_messages import TextMessages
from client.timelines import Timelines


class Tocsin(
    TextMessages,
    Incidents,
    Engagements,
    Automations,
    Timelines,
    Analyses,
    Channels,
    OnCallCalendar,
    Overrides,
    CalendarFeeds,
):
    """A connection to Tocsin.

    async with await Tocsin.connect() as tocsin:
        started = await tocsin.start_incident("shop-down", title="Nobody can pay")
        await tocsin.acknowledge(started.incident.incident_id, "ana")

    Methods raise the errors of `client.errors`. What they changed can be read when they return.
    """
