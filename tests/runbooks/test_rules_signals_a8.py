"""Rule A8: which signal counts when, and what AWS calls the refusal of any other."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from client.errors import TocsinError
from definitions.automation import Mode
from tests.runbooks.conftest import Runbooks

WRONG_STATE = "InvalidAutomationSignalException"
NO_SUCH_STEP = "AutomationStepNotFoundException"
ENDED = "InvalidAutomationStatusUpdateException"

DOCUMENTS = {
    "paused": "mainSteps: [{name: here, action: 'aws:pause', inputs: {}}]",
    "asking": "mainSteps: [{name: here, action: 'aws:approve', inputs: {Approvers: [chi]}}]",
    "manual": "mainSteps: [{name: here, action: 'tocsin:manual', inputs: {Message: Look}}]",
    "between": "mainSteps: [{name: here, action: 'aws:sleep', inputs: {Duration: PT0S}}]",
    "failed": """
        mainSteps: [{name: here, action: 'aws:sleep', onFailure: Pause, inputs: {Duration: soon}}]
        """,
    "running": "mainSteps: [{name: here, action: 'aws:sleep', inputs: {Duration: PT1H}}]",
}
TAKEN = {
    "paused": {"resume", "stop_step"},
    "asking": {"approve", "reject", "stop_step"},
    "manual": {"resume", "skip_step", "stop_step"},
    "between": {"start_step"},
    "failed": {"retry_step", "skip_step"},
    "running": {"stop_step"},
}
"""Which signals each state takes; all others are refused, and the execution stands as it stood."""

NAMING_A_STEP = ("resume", "start_step", "retry_step", "skip_step", "stop_step")


def _signals(runbooks: Runbooks) -> dict[str, Callable[..., Awaitable[str]]]:
    names = ("approve", "reject", *NAMING_A_STEP)
    return {name: getattr(runbooks.tocsin, name) for name in names}


@pytest.mark.parametrize("standing", DOCUMENTS)
async def test_a_state_takes_its_signals_and_refuses_the_others(runbooks: Runbooks, standing: str) -> None:
    await runbooks.apply(**{standing: DOCUMENTS[standing]})
    mode = Mode.INTERACTIVE if standing == "between" else Mode.AUTO
    id_ = await runbooks.tocsin.run_runbook(standing, mode=mode)
    await (runbooks.runs(id_, "here") if standing == "running" else runbooks.waits(id_, "here"))
    before = await runbooks.state(id_)
    for name, signal in _signals(runbooks).items():
        if name not in TAKEN[standing]:
            with pytest.raises(TocsinError) as refused:
                await signal(id_)
            assert (name, refused.value.aws) == (name, WRONG_STATE)
        elif name in NAMING_A_STEP:
            with pytest.raises(TocsinError) as refused:
                await signal(id_, step="elsewhere")
            assert (name, refused.value.aws) == (name, NO_SUCH_STEP)
    assert await runbooks.state(id_) == before
    taken = sorted(TAKEN[standing] - {"skip_step"})[0]
    assert await _signals(runbooks)[taken](id_)
    if (await runbooks.state(id_))["hold"]:
        await runbooks.tocsin.skip_step(id_)
    result = await runbooks.ended(id_)
    assert result.status in ("Success", "Failed")
    for again in (runbooks.tocsin.approve, runbooks.tocsin.stop_runbook):
        with pytest.raises(TocsinError, match="has ended"):
            await again(id_)


async def test_nobody_can_signal_what_does_not_exist(runbooks: Runbooks) -> None:
    with pytest.raises(TocsinError, match="nothing is known"):
        await runbooks.tocsin.resume(str(uuid4()))


async def test_a_stopped_execution_cannot_be_stopped_again(runbooks: Runbooks) -> None:
    await runbooks.apply(
        slow="""
        mainSteps:
          - {name: here, action: 'aws:sleep', onCancel: 'step:tidy', inputs: {Duration: PT1H}, isEnd: true}
          - {name: tidy, action: 'tocsin:runShell', inputs: {Commands: [sleep 1]}}
        """
    )
    id_ = await runbooks.tocsin.run_runbook("slow")
    await runbooks.runs(id_, "here")
    await runbooks.tocsin.stop_runbook(id_)
    with pytest.raises(TocsinError) as refused:
        await runbooks.tocsin.stop_runbook(id_)
    assert refused.value.aws == ENDED
    assert (await runbooks.ended(id_)).status == "Cancelled"
