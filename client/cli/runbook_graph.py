"""The command `tocsin runbook graph`."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Any

from client.cli.plain import plain
from client.cli.session import Asked
from client.runbook_files import load_runbook, only_runbook
from definitions.automation.graph import graph_of
from definitions.automation.graph_mermaid import graph_mermaid
from definitions.automation.graph_svg import graph_svg
from definitions.automation.graph_text import graph_text
from definitions.base import Kind
from definitions.runbooks import Runbook


class Format(StrEnum):
    """How a graph is drawn."""

    TEXT = "text"
    MERMAID = "mermaid"
    SVG = "svg"


def graph(runbook: str, /, *, format: Format = Format.TEXT, session: Asked) -> None:
    """Draw a runbook: its steps, and where each leads after success, failure or a choice.

    Parameters
    ----------
    runbook
        A file that holds one runbook, or the name of a runbook in force.
    format
        Text to read, Mermaid for pages that draw it, or an SVG picture.
    """
    if Path(runbook).exists():
        document = load_runbook(only_runbook(runbook).document, of=runbook)
    else:
        document = load_runbook(asyncio.run(_in_force(runbook, session)), of=runbook)
    drawn = graph_of(document)
    draw = {Format.TEXT: graph_text, Format.MERMAID: graph_mermaid, Format.SVG: graph_svg}[format]
    session.answer_text({"nodes": drawn.nodes, "edges": drawn.edges}, plain(draw(drawn)))


async def _in_force(name: str, session: Asked) -> dict[str, Any]:
    async with session.connect() as tocsin:
        found = await tocsin.get_definition(Kind.RUNBOOK, name)
    return found.document if isinstance(found, Runbook) else {}
