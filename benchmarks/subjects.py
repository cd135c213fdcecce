"""The two that are measured: Tocsin, and the floor under it. Both are started one call per incident."""

import uuid
from datetime import timedelta
from typing import Protocol

from temporalio.client import Client

from activities.paging.messages import PageMessage
from benchmarks.floor import TASK_QUEUE, FloorWorkflow
from client import Tocsin
from definitions.contacts import Channel, ChannelType

STAGE = {
    "ten-seconds": timedelta(seconds=10),
    "fifteen-seconds": timedelta(seconds=15),
    "thirty-seconds": timedelta(seconds=30),
    "sixty-seconds": timedelta(seconds=60),
}
"""How long the first stage of each response plan lasts."""


class Subject(Protocol):
    """Something that pages when told to."""

    async def start(self, plan: str) -> str:
        """Start one; the incident id its pages carry."""
        ...


class TocsinSubject:
    """An incident through the front door."""

    def __init__(self, tocsin: Tocsin) -> None:
        self._tocsin = tocsin

    async def start(self, plan: str) -> str:
        """Open an incident by the plan; RuntimeError if Temporal did not take it at once."""
        started = await self._tocsin.start_incident(plan)
        if not started.running:
            raise RuntimeError(
                "Temporal was too busy to take a start: the machine is too loaded to measure on"
            )
        return started.incident.incident_id


class FloorSubject:
    """A bare workflow that pages at once; it has no plan."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal

    async def start(self, plan: str) -> str:
        """Start the workflow."""
        id_ = str(uuid.uuid4())
        message = PageMessage(
            key=id_,
            page_id=id_,
            engagement_id=id_,
            incident_id=id_,
            contact="ana",
            display_name="Ana",
            channel=Channel(name="mail", type=ChannelType.EMAIL, address="ana@bench.example"),
            subject="The shop is down",
            content="Nobody can buy.",
        )
        await self._temporal.start_workflow(FloorWorkflow.run, message, id=id_, task_queue=TASK_QUEUE)
        return id_
