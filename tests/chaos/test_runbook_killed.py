"""kill -9 of the worker at every step of a runbook: the same trace, and no step runs twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from client import NotFoundError, Tocsin
from definitions.automation import Mode
from settings import Settings
from tests.chaos.workers import RunWorker, WorkerProcess
from tests.incidents.conftest import until
from tests.runbooks.conftest import Runbooks

TWELVE = """
parameters:
  Log: {type: String}
variables:
  Count: {type: String, default: none}
mainSteps:
  - name: one
    action: tocsin:runShell
    inputs: &write {Commands: ['echo ran >> "$LOG"; echo one'], Environment: {LOG: '{{ Log }}'}}
    outputs: [{Name: Said, Selector: $.Output, Type: String}]
  - name: fork
    action: aws:branch
    inputs:
      Choices: [{NextStep: two, Variable: '{{ one.Said }}', Contains: one}]
      Default: never
  - {name: two, action: 'tocsin:runShell', inputs: *write}
  - name: count
    action: aws:updateVariable
    inputs: {Name: 'variable:Count', Value: some}
  - name: each
    action: aws:loop
    inputs:
      Iterators: [a, b]
      Steps:
        - {name: body, action: 'tocsin:runShell', inputs: *write}
        - name: mark
          action: aws:updateVariable
          inputs: {Name: 'variable:Count', Value: '{{ each.CurrentIteratorValue }}'}
  - {name: ask, action: 'aws:approve', inputs: {Approvers: [chi]}}
  - name: child
    action: aws:executeAutomation
    inputs: {DocumentName: child, RuntimeParameters: {Log: ['{{ Log }}']}}
  - {name: nap, action: 'aws:sleep', inputs: {Duration: PT0.1S}}
  - {name: three, action: 'tocsin:runShell', inputs: *write}
  - name: judge
    action: aws:branch
    inputs:
      Choices: [{NextStep: last, Variable: '{{ variable:Count }}', StringEquals: b}]
      Default: never
  - {name: last, action: 'tocsin:runShell', isEnd: true, inputs: *write}
  - {name: never, action: 'aws:sleep', inputs: {Duration: PT1H}}
outputs: [child.Status]
"""

CHILD = """
parameters:
  Log: {type: String}
mainSteps:
  - name: inner
    action: tocsin:runShell
    inputs: {Commands: ['echo ran >> "$LOG"'], Environment: {LOG: '{{ Log }}'}}
"""

BODY = [("body", "Success"), ("mark", "Success")]
TRACE = [
    *((name, "Success") for name in ("one", "fork", "two", "count", "each")),
    *BODY,
    *BODY,
    *((name, "Success") for name in ("ask", "child", "nap", "three", "judge", "last")),
]
EFFECTS = 7
"""one, two, body twice, the child's inner, three and last: each leaves a line."""


@pytest_asyncio.fixture
async def runbooks(settings: Settings, temporal: Client, tmp_path: Path) -> AsyncIterator[Runbooks]:
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        yield Runbooks(tocsin, tmp_path, settings.task_queue)


@pytest.mark.timeout(400)
async def test_killed_between_any_two_steps_a_runbook_runs_each_of_them_once(
    runbooks: Runbooks, settings: Settings, run_worker: RunWorker, tmp_path: Path
) -> None:
    await runbooks.apply(twelve=TWELVE, child=CHILD)
    log = tmp_path / "effects"
    worker = run_worker(settings)
    id_ = await runbooks.tocsin.run_runbook("twelve", {"Log": str(log)}, mode=Mode.INTERACTIVE)
    killed_before = []
    while True:
        step = await _next_step(runbooks, id_)
        if step is None:
            break
        _restart(worker)
        killed_before.append(step)
        await runbooks.tocsin.start_step(id_, step=step)
        if step == "ask":
            await runbooks.waits(id_, "ask")
            _restart(worker)
            await runbooks.tocsin.approve(id_)
    result = await runbooks.ended(id_)
    assert (result.status, result.outputs) == ("Success", {"child.Status": ["Success"]})
    assert await runbooks.trace(id_) == TRACE
    assert killed_before == [name for name, _ in TRACE]
    assert log.read_text().split() == ["ran"] * EFFECTS


def _restart(worker: WorkerProcess) -> None:
    worker.kill()
    worker.start()


async def _next_step(runbooks: Runbooks, id_: str) -> str | None:
    """The step that waits to be started, as the records have it; None when the execution has ended."""

    async def standing() -> tuple[str | None] | None:
        try:
            state = (await runbooks.details(id_)).automation.state
        except NotFoundError:  # nothing has been written down yet
            return None
        if state.get("ended_at"):
            return (None,)
        return (state["current_step"],) if state.get("hold") == "BetweenSteps" else None

    found = await until(standing)
    assert found is not None
    return found[0]


ONCE_OR_AGAIN = """
parameters: {Log: {type: String}}
mainSteps:
  - name: work
    action: tocsin:runShell
    onWorkerLost: WHAT
    inputs:
      Commands: ['echo began >> "$LOG"; sleep 2; echo ended >> "$LOG"']
      Environment: {LOG: '{{ Log }}'}
"""


async def test_what_must_not_run_twice_fails_with_its_worker_and_what_may_is_done_again(
    runbooks: Runbooks, settings: Settings, run_worker: RunWorker, tmp_path: Path
) -> None:
    await runbooks.apply(
        once=ONCE_OR_AGAIN.replace("WHAT", "Fail"), again=ONCE_OR_AGAIN.replace("WHAT", "Retry")
    )
    worker = run_worker(settings)
    logs = {name: tmp_path / name for name in ("once", "again")}
    ids = {name: await runbooks.tocsin.run_runbook(name, {"Log": str(log)}) for name, log in logs.items()}
    await until(lambda: all(log.exists() and log.read_text() for log in logs.values()))
    _restart(worker)
    once, again = await runbooks.ended(ids["once"]), await runbooks.ended(ids["again"])
    assert once.status == "Failed"
    assert "the worker that ran this was lost" in str(once.failure_message)
    assert again.status == "Success"
    # The shell of a killed worker dies with it: it says nothing more.
    assert logs["once"].read_text().split() == ["began"]
    assert logs["again"].read_text().split() == ["began", "began", "ended"]
