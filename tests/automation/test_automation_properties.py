"""What holds for every document that loads, whatever its steps, whatever fails, whenever it is cancelled."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.automation import (
    PURE_ACTIONS,
    AutomationDocument,
    Execution,
    ExecutionState,
    ExecutionStatus,
    Hold,
    Mode,
    StepStatus,
    SystemVariables,
    load_document,
)
from definitions.automation.document_steps import DocumentSteps

# The machine may be busy: time is bounded by the test's own timeout.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

RUNNING = (StepStatus.IN_PROGRESS, StepStatus.WAITING, StepStatus.CANCELLING)
START = datetime(2030, 1, 1, tzinfo=UTC)
MOST_ITERATIONS = 3

STEP_WAYS = {
    "Pending": {"InProgress", "Cancelled"},
    "InProgress": {
        "Waiting",
        "Success",
        "Failed",
        "TimedOut",
        "Pending",
        "Cancelling",
        "Cancelled",
        "Exited",
    },
    "Waiting": {"Success", "Failed", "TimedOut", "Pending", "Cancelling", "Cancelled"},
    "Cancelling": {"Success", "Cancelled", "Exited"},
    # A person has the step tried again, or goes on past it.
    "Failed": {"Pending"},
    "TimedOut": {"Pending"},
    "Success": set(),
    "Cancelled": set(),
    "Exited": set(),
}
EXECUTION_WAYS = {
    "InProgress": {"Waiting", "Cancelling", "Success", "Failed", "TimedOut", "Cancelled"},
    "Waiting": {"InProgress", "Cancelling", "Success", "Failed", "TimedOut", "Cancelled"},
    "Cancelling": {"Cancelled"},
}


@st.composite
def documents(draw: st.DrawFn) -> AutomationDocument:
    """Documents whose steps lead only to later ones, as every document without circles can be written.

    Those that undo others stand behind the one that always ends it all.
    """
    names = [f"s{place}" for place in range(draw(st.integers(1, 5)))]
    undoing = [f"u{place}" for place in range(draw(st.integers(0, 2)))]
    steps = [draw(main_step(name, names[place + 1 :], undoing)) for place, name in enumerate(names)]
    steps[-1]["isEnd"] = True
    return load_document(
        {
            "schemaVersion": "0.3",
            "mainSteps": [*steps, *(machine(name) for name in undoing)],
            "outputs": [f"{name}.StackId" for name in names],
            "variables": {"Seen": {"type": "String", "default": ""}},
        }
    )


@st.composite
def main_step(draw: st.DrawFn, name: str, later: list[str], undoing: list[str]) -> dict[str, Any]:
    written = draw(st.booleans())
    step = draw(loop(name, later)) if written else draw(step_leading_on(name, later))
    if undoing and draw(st.booleans()):
        step["onRollback"] = f"step:{draw(st.sampled_from(undoing))}"
    return step


@st.composite
def loop(draw: st.DrawFn, name: str, later: list[str]) -> dict[str, Any]:
    names = [f"{name}b{place}" for place in range(draw(st.integers(1, 3)))]
    body = [draw(step_leading_on(one, [*names[place + 1 :], *later])) for place, one in enumerate(names)]
    over = draw(st.sampled_from(["list", "condition", "nothing", "unresolved"]))
    inputs: dict[str, Any] = {"Steps": body}
    if over == "condition":
        inputs |= {"LoopCondition": {"Variable": "{{ variable:Seen }}", "StringEquals": "x"}}
    else:
        lists = {"list": ["x", "y"], "nothing": [], "unresolved": "{{ s0.StackId }}"}
        inputs |= {"Iterators": lists[over]}
    step: dict[str, Any] = {
        "name": name,
        "action": "aws:loop",
        "inputs": inputs | {"MaxIterations": draw(st.integers(1, MOST_ITERATIONS))},
        "onFailure": draw(st.sampled_from(["Abort", "Continue", "Pause", "Rollback"])),
        "isEnd": draw(st.booleans()),
    }
    return step | ({"timeoutSeconds": 5} if draw(st.booleans()) else {})


@st.composite
def step_leading_on(draw: st.DrawFn, name: str, later: list[str]) -> dict[str, Any]:
    jumps = [f"step:{one}" for one in later]
    step: dict[str, Any] = {
        "name": name,
        "maxAttempts": draw(st.integers(1, 2)),
        "onFailure": draw(st.sampled_from(["Abort", "Continue", "Pause", "Rollback", *jumps])),
        "isEnd": draw(st.booleans()),
    }
    if draw(st.booleans()) and later:
        step["nextStep"] = draw(st.sampled_from(later))
    if draw(st.booleans()):
        step["isCritical"] = draw(st.booleans())
    kind = draw(st.sampled_from(["branch", "variable", "machine", "machine"]))
    if kind == "branch" and later:
        choice = {"Variable": "{{ variable:Seen }}", "StringEquals": "x", "NextStep": later[-1]}
        return step | {"action": "aws:branch", "inputs": {"Choices": [choice]}}
    if kind == "variable":
        value = draw(st.sampled_from(["x", "y", 3]))
        inputs = {"Name": "variable:Seen", "Value": value}
        return step | {"action": "aws:updateVariable", "inputs": inputs}
    cancelled = [jump for jump in jumps if draw(st.booleans())]
    step["onCancel"] = draw(st.sampled_from(["Abort", *cancelled]))
    return machine(name) | step


def machine(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "action": "aws:executeStateMachine",
        "inputs": {"stateMachineArn": "{{ s0.output }}"},
    }


ACTS = ("succeed", "fail", "time out", "wait", "cancel", "finish", "stop", "retry", "later")
acts = st.lists(st.sampled_from(ACTS), max_size=60)
modes = st.sampled_from(Mode)


def start(document: AutomationDocument, mode: Mode = Mode.AUTO) -> Execution:
    system = SystemVariables(account_id="123456789012", region="eu-west-1")
    return Execution.start(
        document, document_name="D", execution_id="e", parameters={}, system=system, now=START, mode=mode
    )


def act(execution: Execution, what: str, now: datetime) -> None:
    """One thing a host may do now: acts that do not fit the state become the nearest that does."""
    running = execution.running
    if what in ("cancel", "finish"):
        execution.cancel(now, let_step_finish=what == "finish")
    elif execution.state.hold is Hold.BETWEEN_STEPS:
        execution.start_step(now)
    elif execution.state.hold is Hold.FAILED_STEP:
        (execution.retry_step if what == "retry" else execution.skip_step)(now)
    elif running is None:
        execution.begin(now)
    elif what in ("fail", "time out"):
        execution.fail("broke", now, timed_out=what == "time out", response={"output": "x"})
    elif what == "wait":
        execution.wait(now)
    elif what == "stop" and execution.state.status is ExecutionStatus.CANCELLING:
        execution.cancelled(now)
    elif running.step.action in PURE_ACTIONS:
        execution.decide(now)
    else:
        execution.succeed({"output": f"{running.step.name} {running.attempt}"}, now)


def moments(told: list[str]) -> list[tuple[str, datetime]]:
    """What happens when: a second apart, and now and then much later."""
    now, found = START, []
    for what in told:
        now += timedelta(seconds=90 if what == "later" else 1)
        found.append((what, now))
    return found


def check(execution: Execution) -> None:
    """What is true between any two acts."""
    state, steps = execution.state, DocumentSteps(execution.document)
    assert max(Counter(state.path).values(), default=1) == 1
    assert (state.current_step is None) == state.status.final == (state.ended_at is not None)
    assert (state.hold is None) or state.status is ExecutionStatus.WAITING
    current = (state.current_step, state.current_main_step)
    for record in state.steps:
        step = steps.step(record.name)
        assert record.attempt <= step.max_attempts + record.extra_attempts
        assert (record.name in state.path) == (record.attempt > 0 and record.parent is None)
        assert record.status.final == (record.ended_at is not None)
        assert record.name in current or record.status.final or record.attempt == 0
        assert record.running == (record.status in RUNNING)
        loop = steps.loop_around(step)
        assert (record.parent.step_name if record.parent else None) == (loop.name if loop else None)
    views = execution.steps_view()
    assert sorted(view.name for view in views) == sorted(record.name for record in state.steps)
    past = [view.name for view in views if view.place == "past" and view.parent is None]
    assert past == [name for name in state.path if name != state.current_main_step]
    assert {view.name for view in views if view.place == "current"} == {name for name in current if name}
    check_end(execution)


def check_end(execution: Execution) -> None:
    state, steps = execution.state, DocumentSteps(execution.document)
    assert not state.status.final or (state.hold, state.loop, state.compensations) == (None, None, [])
    if state.status is ExecutionStatus.SUCCESS:
        failed = [one for one in state.steps if one.failed and not one.skipped]
        assert not [one.name for one in failed if steps.step(one.name).critical]
    if state.status is ExecutionStatus.CANCELLED:
        assert state.cancel_requested_at is not None


def check_ways(before: ExecutionState, after: ExecutionState) -> None:
    """Statuses change only as the language lets them; a body step begins anew in every iteration."""
    if before.status != after.status:
        assert after.status in EXECUTION_WAYS[before.status]
    for old, new in zip(before.steps, after.steps, strict=True):
        over = old.status.final or old.attempt == 0
        if new.parent is not None and over and new.status is StepStatus.IN_PROGRESS:
            assert new.attempt == 1
        else:
            assert old.step_execution_id == new.step_execution_id
            assert old.status == new.status or new.status in STEP_WAYS[old.status]


@unhurried
@given(documents(), modes, acts)
def test_every_execution_ends_and_its_state_is_lawful_all_along(
    document: AutomationDocument, mode: Mode, told: list[str]
) -> None:
    execution = start(document, mode)
    # Each step is started, begins and ends once an attempt and iteration, so this many acts end every execution.
    enough = ["succeed"] * (3 * 2 * MOST_ITERATIONS * len(execution.state.steps) + 2)
    for what, now in moments([*told, *enough]):
        check(execution)
        if execution.current is None:
            break
        before = execution.state.model_copy(deep=True)
        act(execution, what, now)
        check_ways(before, execution.state)
    check(execution)
    assert execution.state.status.final
    assert list(execution.state.outputs) == document.outputs


@unhurried
@given(documents(), modes, acts)
def test_an_execution_carried_through_json_at_every_point_goes_on_the_same(
    document: AutomationDocument, mode: Mode, told: list[str]
) -> None:
    whole = start(document, mode)
    carried = start(document, mode)
    for what, now in moments(told):
        if whole.current is None:
            break
        act(whole, what, now)
        act(carried, what, now)
        state = ExecutionState.model_validate_json(carried.state.model_dump_json())
        carried = Execution(AutomationDocument.model_validate_json(document.model_dump_json()), state)
        assert carried.state == whole.state
        assert carried.steps_view() == whole.steps_view()
        assert carried.running == whole.running


@unhurried
@given(documents(), acts, acts)
def test_whatever_became_of_an_execution_it_can_be_undone(
    document: AutomationDocument, told: list[str], told_undoing: list[str]
) -> None:
    origin = start(document)
    for what, now in moments([*told, *["cancel", "stop"] * 3, *["succeed"] * 500]):
        if origin.current is None:
            break
        act(origin, what, now)
    undoing = {step.compensation for step in document.main_steps if step.compensation}
    execution = Execution.undo(document, origin.state, execution_id="f", now=START)
    for what, now in moments([*told_undoing, *["succeed"] * 20]):
        check(execution)
        if execution.current is None:
            break
        before = execution.state.model_copy(deep=True)
        act(execution, what, now)
        check_ways(before, execution.state)
    assert execution.state.status.final
    assert set(execution.state.path) <= undoing
    done = {record.name for record in origin.state.steps if record.status is StepStatus.SUCCESS}
    assert not set(execution.state.path) & done
