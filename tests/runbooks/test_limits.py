"""Values far larger than anything expects: a step may fail by them, an execution never hangs by them."""

import pytest

from client import InvalidInputError
from records.database import Pool
from tests.incidents.conftest import until
from tests.runbooks.conftest import Runbooks


def puts_out(name: str, size: int, count: int) -> str:
    """A step that puts the same text out under so many names."""
    outputs = ", ".join(f"{{Name: P{number}, Selector: $.Payload, Type: String}}" for number in range(count))
    script = f"def f(e, c): return 'x' * {size}"
    inputs = f'{{Runtime: python3.11, Handler: f, Script: "{script}"}}'
    return f"  - {{name: {name}, action: 'aws:executeScript', inputs: {inputs}, outputs: [{outputs}]}}\n"


async def test_many_large_outputs_that_postgresql_missed_are_saved_once_it_is_back(
    runbooks: Runbooks, pool: Pool
) -> None:
    steps = puts_out("one", 24_000, 38) + puts_out("two", 24_000, 38) + puts_out("three", 24_000, 38)
    await runbooks.apply(big=f"mainSteps:\n{steps}")
    await pool.execute("alter table automation_steps rename to gone")
    id_ = await runbooks.tocsin.run_runbook("big")

    async def done() -> bool:
        events = await runbooks.tocsin.timeline_from_history(id_)
        return bool(events) and events[-1].data["status"] == "Success"

    await until(done)
    await pool.execute("alter table gone rename to automation_steps")
    assert (await runbooks.ended(id_)).status == "Success"
    assert await runbooks.trace(id_) == [("one", "Success"), ("two", "Success"), ("three", "Success")]


async def test_a_parameter_nested_without_end_is_refused_at_the_door(runbooks: Runbooks) -> None:
    await runbooks.apply(
        takes="""
        parameters: {Map: {type: StringMap}}
        mainSteps: [{name: nap, action: 'aws:sleep', inputs: {Duration: PT0S}}]
        """
    )
    with pytest.raises(InvalidInputError, match="'Map': nested 100 levels deep or more"):
        await runbooks.tocsin.run_runbook("takes", {"Map": '{"a":' * 300 + "1" + "}" * 300})
