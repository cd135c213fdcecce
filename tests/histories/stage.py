"""Where the scenes play, and waiting for them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio.client import WorkflowHandle

from client import Tocsin
from tests.engagement.outage import Outage
from tests.mailbox import Mailbox

PATIENCE = 90.0


@dataclass
class Stage:
    """Where the scenes play."""

    tocsin: Tocsin
    mailbox: Mailbox
    outage: Outage
    task_queue: str

    def handle(self, id_: str) -> WorkflowHandle[object, object]:
        return self.tocsin.temporal.get_workflow_handle(id_)

    async def mailed(self, contact: str, times: int = 1) -> None:
        """Wait until the contact has got so many mails."""
        await until(lambda: _now(len(self.mailbox.to(f"{contact}@shop.example")) >= times))


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that happens elsewhere; fails when it does not happen in time."""
    deadline = time.monotonic() + PATIENCE
    while not await ready():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen in time")
        await asyncio.sleep(0.05)


async def _now(value: bool) -> bool:
    return value


async def waits_at(stage: Stage, execution_id: str, step: str) -> bool:
    state = await stage.handle(execution_id).query("state")
    steps = state.get("steps", []) if isinstance(state, dict) else []
    return any(record["name"] == step and record["status"] == "Waiting" for record in steps)


async def is_closed(stage: Stage, id_: str) -> bool:
    return (await stage.handle(id_).describe()).close_time is not None
