"""A contact with channels that wait for a code, and what a person at the keyboard does with them."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from client import Tocsin
from client.channels import SentCode
from records.database import Pool
from settings import Settings
from tests.cli.command import Command
from tests.mailbox import Mailbox

NUMBER, OTHER = "+4915112345678", "+4915187654321"

PLANS = """
kind: Contact
name: ana
display_name: Ana Reis
channels:
  - {name: mail, type: EMAIL, address: <mail>, activation: CODE}
  - {name: desk, type: EMAIL, address: desk@shop.example}
  - {name: phone, type: SMS, address: '<number>'}
  - {name: call, type: VOICE, address: '<number>'}
plan:
  stages:
    - {duration: 1h, targets: [{channel: mail}, {channel: desk}, {channel: phone}]}
---
kind: Contact
name: ben
channels: [{name: phone, type: SMS, address: '<number>', activation: VOUCHED}]
plan: {stages: [{duration: 1h, targets: [{channel: phone}]}]}
---
kind: ResponsePlan
name: shop-down
incident_template: {title: The shop is down, impact: 1}
engagements: [ana]
"""


@dataclass
class Desk:
    """A client, with the plans above in force."""

    tocsin: Tocsin
    folder: Path
    mailbox: Mailbox
    pool: Pool

    async def apply(self, *, mail: str = "ana@shop.example", number: str = NUMBER) -> None:
        """Put the plans in force, with these addresses."""
        file = self.folder / "plans.yaml"
        file.write_text(PLANS.replace("<mail>", mail).replace("<number>", number))
        await self.tocsin.apply([file])

    async def statuses(self, contact: str = "ana") -> dict[str, str]:
        """How the channels of a contact stand."""
        return {one.channel: one.status.value for one in await self.tocsin.list_channels(contact)}

    async def send(self) -> SentCode:
        """Have a code mailed."""
        return await self.tocsin.send_activation_code("ana", "mail")

    def code(self, address: str = "ana@shop.example") -> str:
        """The code in the newest mail."""
        found = re.search(r"\b[0-9]{6}\b", str(self.mailbox.to(address)[-1].message["Subject"]))
        assert found
        return found[0]

    async def later(self, minutes: int) -> None:
        """Let codes grow older."""
        async with self.pool.acquire() as connection:
            await connection.execute(
                """update activation_codes set sent_at = sent_at - make_interval(mins => $1),
                                               expires_at = expires_at - make_interval(mins => $1)""",
                minutes,
            )


def other_than(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest_asyncio.fixture
async def desk(
    settings: Settings, temporal: Client, tmp_path: Path, mailbox: Mailbox, pool: Pool
) -> AsyncIterator[Desk]:
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        desk = Desk(tocsin, tmp_path, mailbox, pool)
        await desk.apply()
        yield desk


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> Command:
    """`tocsin` against this test's services."""
    monkeypatch.setenv("DATABASE_URL", settings.require_database_url())
    monkeypatch.setenv("TEMPORAL_ADDRESS", str(settings.temporal_address))
    monkeypatch.setenv("TOCSIN_TASK_QUEUE", settings.task_queue)
    monkeypatch.setenv("TOCSIN_DATA", str(settings.data))
    return Command(capsys)
