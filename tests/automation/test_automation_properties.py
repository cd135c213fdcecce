"""What holds for every document that loads, whatever its steps, whatever fails, whenever it is cancelled."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.automation import (
    AutomationDocument,
    Execution,
    ExecutionState,
    ExecutionStatus,
    StepStatus,
    SystemVariables,
    load_document,
)

# The machine may be busy: time is bounded by the test's own timeout.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

RUNNING = (StepStatus.IN_PROGRESS, StepStatus.WAITING, StepStatus.CANCELLING)
START = datetime(2030, 1, 1, tzinfo=UTC)


@st.composite
def documents(draw: st.DrawFn) -> AutomationDocument:
    """Documents whose steps lead only to later ones, as every document without circles can be written."""
    count = draw(st.integers(1, 7))
    steps = [draw(step_leading_on(place, count)) for place in range(count)]
    return load_document(
        {
            "schemaVersion": "0.3",
            "mainSteps": steps,
            "outputs": [f"s{place}.StackId" for place in range(count)],
        }
    )


@st.composite
def step_leading_on(draw: st.DrawFn, place: int, count: int) -> dict[str, Any]:
    later = [f"s{number}" for number in range(place + 1, count)]
    jumps = [f"step:{name}" for name in later]
    step: dict[str, Any] = {
        "name": f"s{place}",
        "maxAttempts": draw(st.integers(1, 3)),
        "onFailure": draw(st.sampled_from(["Abort", "Continue", *jumps])),
        "isEnd": draw(st.booleans()),
    }
    if draw(st.booleans()) and later:
        step["nextStep"] = draw(st.sampled_from(later))
    if draw(st.booleans()):
        step["isCritical"] = draw(st.booleans())
    if draw(st.booleans()) and later:
        inputs = {
            "Choices": [{"Variable": "{{ s0.StackId }}", "StringEquals": "even", "NextStep": later[-1]}]
        }
        return step | {"action": "aws:branch", "inputs": inputs}
    step["onCancel"] = draw(st.sampled_from(["Abort", *jumps]))
    return step | {"action": "aws:executeStateMachine", "inputs": {"stateMachineArn": "{{ s0.StackId }}"}}


acts = st.lists(
    st.sampled_from(["succeed", "fail", "time out", "wait", "cancel", "finish", "stop"]), max_size=60
)


def start(document: AutomationDocument) -> Execution:
    system = SystemVariables(account_id="123456789012", region="eu-west-1")
    return Execution.start(
        document, document_name="D", execution_id="e", parameters={}, system=system, now=START
    )


def act(execution: Execution, what: str, now: datetime) -> None:
    """One thing a host may do now: acts that do not fit the state become the nearest that does."""
    running = execution.running
    if what in ("cancel", "finish"):
        execution.cancel(now, let_step_finish=what == "finish")
    elif running is None:
        execution.begin(now)
    elif what in ("fail", "time out"):
        execution.fail("broke", now, timed_out=what == "time out", response={"status": "x"})
    elif what == "wait":
        execution.wait(now)
    elif what == "stop" and execution.state.status is ExecutionStatus.CANCELLING:
        execution.cancelled(now)
    elif running.step.action == "aws:branch":
        execution.choose(now)
    else:
        execution.succeed({"output": f"{running.step.name} {running.attempt}"}, now)


def check(execution: Execution) -> None:
    """What is true between any two acts."""
    state = execution.state
    assert max(Counter(state.path).values(), default=1) == 1
    assert (state.current_step is None) == state.status.final == (state.ended_at is not None)
    for record in state.steps:
        assert record.attempt <= execution.document.step(record.name).max_attempts
        assert (record.attempt > 0) == (record.name in state.path)
        assert record.status.final == (record.ended_at is not None)
        assert record.name == state.current_step or record.status.final or record.attempt == 0
        assert record.running == (record.status in RUNNING)
    assert [view.name for view in execution.steps_view() if view.place == "past"] == [
        name for name in state.path if name != state.current_step
    ]
    if state.status is ExecutionStatus.SUCCESS:
        assert all(not one.is_critical for one in state.steps if one.status in ("Failed", "TimedOut"))
    if state.status is ExecutionStatus.CANCELLED:
        assert state.cancel_requested_at is not None


@unhurried
@given(documents(), acts)
def test_every_execution_ends_and_its_state_is_lawful_all_along(
    document: AutomationDocument, told: list[str]
) -> None:
    execution = start(document)
    # Each step begins and ends once an attempt, so this many acts end every execution.
    enough = ["succeed"] * (2 * 3 * len(document.main_steps) + 2)
    for number, what in enumerate([*told, *enough]):
        check(execution)
        if execution.current is None:
            break
        act(execution, what, START + timedelta(seconds=number))
    check(execution)
    assert execution.state.status.final
    assert list(execution.state.outputs) == document.outputs


@unhurried
@given(documents(), acts)
def test_an_execution_carried_through_json_at_every_point_goes_on_the_same(
    document: AutomationDocument, told: list[str]
) -> None:
    whole = start(document)
    carried = start(document)
    for number, what in enumerate(told):
        if whole.current is None:
            break
        now = START + timedelta(seconds=number)
        act(whole, what, now)
        act(carried, what, now)
        state = ExecutionState.model_validate_json(carried.state.model_dump_json())
        carried = Execution(AutomationDocument.model_validate_json(document.model_dump_json()), state)
        assert carried.state == whole.state
        assert carried.steps_view() == whole.steps_view()
        assert carried.running == whole.running
