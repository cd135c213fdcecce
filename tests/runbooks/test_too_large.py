"""Executions whose steps hand on more than a message can hold."""

import pytest

from tests.runbooks.conftest import Runbooks

BIG = """
  - name: {name}
    action: aws:executeScript
    inputs: {{Runtime: python3.11, Handler: run, Script: "def run(e, c): return 'x' * 90_000"}}
    outputs: [{{Name: Text, Selector: $.Payload, Type: String}}]
"""


async def test_a_step_that_repeats_a_big_output_fails_and_the_execution_ends(runbooks: Runbooks) -> None:
    often = " ".join(["{{ big.Text }}"] * 300)
    step = f"""
  - name: often
    action: tocsin:runShell
    inputs: {{Commands: ['true'], Environment: {{TEXT: '{often}'}}}}
"""
    await runbooks.apply(often=f"mainSteps:{BIG.format(name='big')}{step}")
    result = await runbooks.ended(await runbooks.tocsin.run_runbook("often", {}))
    assert result.status == "Failed"
    assert "the inputs are too large" in (result.failure_message or "")


@pytest.mark.timeout(60)
async def test_an_execution_with_far_too_large_outputs_ends_all_the_same(runbooks: Runbooks) -> None:
    names = [f"big{number}" for number in range(26)]
    steps = "".join(BIG.format(name=name) for name in names)
    await runbooks.apply(
        outputs=f"mainSteps:{steps}\noutputs: [{', '.join(f'{name}.Text' for name in names)}]"
    )
    result = await runbooks.ended(await runbooks.tocsin.run_runbook("outputs", {}))
    assert result.status == "Success"
    assert result.outputs["big25.Text"][0].startswith("Left out: ")
