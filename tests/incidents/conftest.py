"""A whole Tocsin in one process: real PostgreSQL, real Temporal, a worker, a mail server."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from textwrap import dedent
from typing import TypeVar

import pytest
import pytest_asyncio
from temporalio.client import Client

from client import Tocsin
from settings import Settings

T = TypeVar("T")

PLANS = """
    kind: Contact
    name: ana
    display_name: Ana
    channels: [{name: mail, type: EMAIL, address: ana@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Contact
    name: ben
    channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: EscalationPlan
    name: ana-then-ben
    stages:
      - {duration: 1s, targets: [{contact: ana}]}
      - {duration: 1h, targets: [{contact: ben}]}
    ---
    kind: EscalationPlan
    name: ana-slowly
    stages:
      - {duration: 1h, targets: [{contact: ana}]}
    ---
    kind: ResponsePlan
    name: shop-down
    incident_template: {title: The shop is down, impact: 1, summary: Nobody can buy.}
    engagements: [ana-then-ben]
    analysis: {template: review, owner: ana}
    ---
    kind: ResponsePlan
    name: one-at-a-time
    incident_template: {title: Payments are slow, impact: 3, dedupe_string: payments}
    engagements: [ana-slowly]
    ---
    kind: AnalysisTemplate
    name: review
    sections:
      - {id: prevention, title: Prevention, questions: [{id: P1, text: What changes?, required: true}]}
"""


@pytest.fixture
def definitions(tmp_path: Path) -> Callable[[str], Path]:
    """Writes YAML to a file."""

    def write(text: str) -> Path:
        path = tmp_path / "definitions.yaml"
        path.write_text(dedent(text))
        return path

    return write


@pytest_asyncio.fixture
async def tocsin(
    settings: Settings, temporal: Client, definitions: Callable[[str], Path]
) -> AsyncIterator[Tocsin]:
    """A client, with the plans above in force."""
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        await tocsin.apply([definitions(PLANS)])
        yield tocsin


async def until(ready: Callable[[], T | Awaitable[T]], *, seconds: float = 20.0) -> T:
    """Wait for something that happens elsewhere; what it came to. Fails when it does not happen in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = ready()
        value = await found if isinstance(found, Awaitable) else found
        if value:
            return value
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
