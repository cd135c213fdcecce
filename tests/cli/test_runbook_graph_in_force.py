"""A runbook in force is drawn by its name."""

from pathlib import Path

from tests.cli.command import Command


async def test_a_runbook_in_force_is_drawn_by_its_name(tocsin: Command, plans: Path) -> None:
    assert (await tocsin("apply", str(plans))).code == 0
    drawn = await tocsin("runbook", "graph", "restart")
    assert drawn.code == 0, drawn.err
    assert "Ask  (aws:approve)" in drawn.out
    (await tocsin("runbook", "graph", "restrt")).fails(3, "no Runbook 'restrt'")
