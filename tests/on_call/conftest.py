"""People who take turns, before real PostgreSQL and real Temporal."""

from pathlib import Path

import pytest
import pytest_asyncio

from client import Tocsin
from records.database import Pool
from settings import Settings
from settings.temporal import connect_temporal
from tests.cli.command import Command
from tests.cli.conftest import tocsin as tocsin
from tests.engagement.conftest import env as env

TURNS = """
kind: Contact
name: ana
display_name: Ana Reis
channels: [{name: mail, type: EMAIL, address: ana@shop.example}]
---
kind: Contact
name: ben
channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
---
kind: Contact
name: carla
channels: [{name: mail, type: EMAIL, address: carla@shop.example}]
---
kind: Rotation
name: days
contacts: [ana, ben]
time_zone: Europe/Berlin
start_time: 2026-01-05T09:00
recurrence: {daily_settings: [09:00]}
---
kind: Rotation
name: office
contacts: [carla]
time_zone: America/Chicago
start_time: 2026-01-05T09:00
recurrence:
  weekly_settings: [{day_of_week: MON, hand_off_time: 09:00}]
  shift_coverages: {MON: [{start: 09:00, end: 17:00}]}
---
kind: OnCallSchedule
name: shop
display_name: The shop
rotations: [days, office]
"""


@pytest.fixture
def turns(tmp_path: Path) -> Path:
    """A file with a schedule of two rotations."""
    path = tmp_path / "turns.yaml"
    path.write_text(TURNS)
    return path


@pytest_asyncio.fixture
async def oncall(tocsin: Command, turns: Path) -> Command:
    """The command while the turns are in force."""
    assert (await tocsin("apply", str(turns))).code == 0
    return tocsin


@pytest_asyncio.fixture
async def client(settings: Settings, pool: Pool, turns: Path) -> Tocsin:
    """A connection in Chi's name, the turns in force."""
    temporal = await connect_temporal(settings, lazy=True)
    connected = Tocsin(pool=pool, temporal=temporal, author="chi", task_queue=settings.task_queue)
    await connected.apply([turns])
    return connected
