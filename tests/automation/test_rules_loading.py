"""What a document that has loaded cannot contain: loops, rollback, secrets, actions and runners rule by rule."""

from typing import Any

import pytest

from definitions.automation import DocumentError, document_warnings, load_document

SLEEP = {"action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
IMAGE = {"action": "aws:deleteImage", "inputs": {"ImageId": "ami-1"}}


def step(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, **SLEEP, **keys}


def loop(**inputs: Any) -> dict[str, Any]:
    """A loop called `again` over two things; an input given as None is left out."""
    given = {"Iterators": ["a", "b"], "Steps": [step("inner")], **inputs}
    kept = {key: value for key, value in given.items() if value is not None}
    return {"name": "again", "action": "aws:loop", "inputs": kept}


def written(*steps: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"schemaVersion": "0.3", "mainSteps": list(steps), **keys}


def problems(*steps: dict[str, Any], **keys: Any) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        load_document(written(*steps, **keys))
    return [str(problem) for problem in refused.value.problems]


def warnings(*steps: dict[str, Any], **keys: Any) -> list[str]:
    return [str(one) for one in document_warnings(load_document(written(*steps, **keys)))]


CONDITION = {"Variable": "{{ inner.x }}", "StringEquals": "go"}


@pytest.mark.parametrize(
    ("rule", "inputs", "problem"),
    [
        (
            "a loop within a loop",
            {"Steps": [loop() | {"name": "deeper"}]},
            ".inputs.Steps[0].action: a loop cannot stand within a loop",
        ),
        ("no steps", {"Steps": []}, ".inputs.Steps: expected at least one step"),
        ("steps missing", {"Steps": None}, ".inputs: aws:loop needs the input Steps"),
        ("steps of the wrong shape", {"Steps": "all"}, ".inputs.Steps: expected a list of steps"),
        ("neither", {"Iterators": None}, ".inputs: aws:loop needs the input Iterators or LoopCondition"),
        (
            "both",
            {"LoopCondition": CONDITION},
            ".inputs: aws:loop takes Iterators or LoopCondition, not both",
        ),
        (
            "too many",
            {"Iterators": ["x"] * 101},
            ".inputs.Iterators: a loop goes over at most 100 things, got 101",
        ),
        ("a plain text", {"Iterators": "abc"}, ".inputs.Iterators: expected a list, or a reference to one"),
        (
            "no number",
            {"MaxIterations": "many"},
            ".inputs.MaxIterations: expected a whole number from 1 to 100",
        ),
        ("zero", {"MaxIterations": 0}, ".inputs.MaxIterations: expected a whole number from 1 to 100, got 0"),
        ("101", {"MaxIterations": "101"}, ".inputs.MaxIterations: expected a whole number from 1 to 100"),
        ("true", {"MaxIterations": True}, ".inputs.MaxIterations: expected a whole number from 1 to 100"),
        (
            "a type that is none",
            {"IteratorDataType": "Sting"},
            ".inputs.IteratorDataType: unknown type 'Sting'; did you mean 'String'?",
        ),
        (
            "a type that loops do not have",
            {"IteratorDataType": "MapList"},
            ".inputs.IteratorDataType: unknown type 'MapList'",
        ),
        (
            "a condition that cannot be decided",
            {"Iterators": None, "LoopCondition": {"Variable": "x", "Equals": 1}},
            ".inputs.LoopCondition.Equals: unknown operator 'Equals'",
        ),
        (
            "a condition that leads somewhere",
            {"Iterators": None, "LoopCondition": CONDITION | {"NextStep": "after"}},
            ".inputs.LoopCondition.NextStep: unknown operator 'NextStep'",
        ),
        (
            "a body that goes in a circle",
            {"Steps": [step("inner"), step("more", nextStep="inner")]},
            ".inputs.Steps[0]: the steps go in a circle: inner -> more -> inner",
        ),
        (
            "a body that repeats a name",
            {"Steps": [step("after")]},
            "mainSteps[1].name: a second step 'after'",
        ),
        (
            "a body with a faulty step",
            {"Steps": [step("inner", isEnd="perhaps")]},
            ".inputs.Steps[0].isEnd: expected true or false, got 'perhaps'",
        ),
        (
            "undoing in a body",
            {"Steps": [step("inner", onRollback="step:after")]},
            ".inputs.Steps[0].onRollback: a step of a loop's body cannot have onRollback",
        ),
    ],
)
def test_a_loop_that_cannot_run_is_refused(rule: str, inputs: dict[str, Any], problem: str) -> None:
    found = problems(loop(**inputs), step("after"))
    assert any(problem in one for one in found), (rule, found)


@pytest.mark.parametrize(
    "inputs",
    [
        {"Iterators": "{{ Names }}"},
        {"Iterators": ["{{ Names }}"], "IteratorDataType": "StringMap"},
        {"Iterators": None, "LoopCondition": CONDITION},
        {"MaxIterations": "{{ Most }}"},
        {"MaxIterations": "100"},
        {"Steps": [step("inner", isEnd="true"), step("unused")]},
        {"Steps": [step("inner", nextStep="after")]},
        {"Steps": [step("inner", onFailure="step:after"), IMAGE | {"name": "x", "onCancel": "step:tidy"}]},
    ],
)
def test_loops_as_they_are_published_load(inputs: dict[str, Any]) -> None:
    load_document(written(loop(**inputs), step("after"), IMAGE | {"name": "tidy"}))


def test_nothing_outside_leads_into_a_body() -> None:
    found = problems(step("first", nextStep="inner"), loop())
    assert found == ["mainSteps[0].nextStep: there is no step 'inner'"]


@pytest.mark.parametrize(
    ("rule", "steps", "problem"),
    [
        (
            "nothing of that name",
            [step("a", onRollback="step:undo")],
            "mainSteps[0].onRollback: there is no step 'undo'",
        ),
        ("no step", [step("a", onRollback="Abort")], "mainSteps[0].onRollback: expected step:NAME"),
        (
            "the step before runs into it",
            [step("a", onRollback="step:b"), step("b")],
            "mainSteps[1]: 'b' undoes a step (onRollback) and would also run by itself, after 'a'",
        ),
        (
            "a choice leads to it",
            [
                {
                    "name": "pick",
                    "action": "aws:branch",
                    "inputs": {"Choices": [{"Variable": "x", "StringEquals": "y", "NextStep": "undo"}]},
                },
                step("a", onRollback="step:undo", isEnd=True),
                step("undo"),
            ],
            "mainSteps[2]: 'undo' undoes a step (onRollback) and would also run by itself, after 'pick'",
        ),
        (
            "a failure leads to it",
            [step("a", onRollback="step:undo", onFailure="step:undo", isEnd=True), step("undo")],
            "mainSteps[1]: 'undo' undoes a step (onRollback) and would also run by itself, after 'a'",
        ),
        (
            "it stands first",
            [step("undo"), step("a", onRollback="step:undo")],
            "mainSteps[0]: 'undo' undoes a step (onRollback) and would also run by itself: it stands first",
        ),
        (
            "it undoes itself",
            [step("a", onRollback="step:a", isEnd=True)],
            "mainSteps[0].onRollback: 'a' undoes 'a' and is never undone itself",
        ),
        (
            "it is undone itself",
            [
                step("a", onRollback="step:b", isEnd=True),
                step("b", onRollback="step:c", isEnd=True),
                step("c"),
            ],
            "mainSteps[1].onRollback: 'b' undoes 'a' and is never undone itself",
        ),
        (
            "a branch",
            [
                step("a", onRollback="step:b", isEnd=True),
                {"name": "b", "action": "aws:branch", "inputs": {"Choices": []}},
            ],
            "mainSteps[1].action: 'b' undoes a step, and a branch undoes nothing",
        ),
    ],
)
def test_undoing_that_cannot_work_is_refused(rule: str, steps: list[dict[str, Any]], problem: str) -> None:
    found = problems(*steps)
    assert any(one.startswith(problem) for one in found), (rule, found)


def test_several_steps_may_be_undone_by_one_that_leads_nowhere() -> None:
    undo = step("undo", nextStep="a")
    both = [step("a", onRollback="step:undo"), step("b", onRollback="step:undo", isEnd=True), undo]
    assert warnings(*both) == []


def test_rolling_back_with_nothing_to_undo_is_warned_about() -> None:
    assert warnings(step("a", onFailure="Rollback")) == [
        "mainSteps[0].onFailure: no step has an onRollback, so there is nothing to roll back"
    ]


SECRET = "{{ secret:api }}"


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (written(parameters={"P": {"type": "String", "default": SECRET}}), "parameters.P.default"),
        (written(variables={"V": {"type": "StringMap", "default": {"a": [SECRET]}}}), "variables.V.default"),
        (written(assumeRole=f"role/{SECRET}"), "assumeRole"),
        (written(outputs=[SECRET]), "outputs"),
        (written(step("a", inputs={"Duration": SECRET})), "mainSteps[0].inputs.Duration"),
        (
            written(
                {"name": "a", "action": "aws:approve", "inputs": {"Approvers": ["x"], "Message": SECRET}}
            ),
            "mainSteps[0].inputs.Message",
        ),
        (
            written(
                {"name": "a", "action": "aws:executeAutomation"}
                | {"inputs": {"DocumentName": "D", "RuntimeParameters": {"P": [SECRET]}}}
            ),
            "mainSteps[0].inputs.RuntimeParameters",
        ),
        (
            written(loop(Iterators=None, LoopCondition={"Variable": SECRET, "StringEquals": "x"})),
            "mainSteps[0].inputs.LoopCondition",
        ),
        (
            written(loop(Steps=[step("inner", inputs={"Duration": SECRET})])),
            "mainSteps[0].inputs.Steps[0].inputs.Duration",
        ),
    ],
)
def test_secrets_are_refused_where_nothing_would_put_them_in(document: dict[str, Any], place: str) -> None:
    with pytest.raises(DocumentError) as refused:
        load_document(document)
    assert any(str(one).startswith(f"{place}: {SECRET}") for one in refused.value.problems)


def test_secrets_are_for_actions_that_workers_do() -> None:
    inputs = {"Service": "sns", "Api": "Publish", "Message": f"token {SECRET}"}
    assert warnings({"name": "a", "action": "aws:executeAwsApi", "inputs": inputs}) == []


def test_a_secret_in_a_script_stays_and_is_warned_about() -> None:
    inputs = {"Runtime": "python3.11", "Handler": "f", "Script": f"def f(e, c): return '{SECRET}'"}
    assert warnings({"name": "a", "action": "aws:executeScript", "inputs": inputs}) == [
        "mainSteps[0].inputs.Script: nothing is put into Script, so {{ secret:api }} stays; give it in InputPayload"
    ]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("tocsin:manuel", "unknown action 'tocsin:manuel'; did you mean 'tocsin:manual'?"),
        ("tocsin:teleport", "unknown action 'tocsin:teleport'; there are "),
        ("aws:executeScripts", "did you mean 'aws:executeScript'?"),
        ("shell", "unknown action 'shell'; actions look like aws:executeScript"),
    ],
)
def test_an_unknown_action_is_refused_with_what_is_near(action: str, words: str) -> None:
    (problem,) = problems({"name": "a", "action": action})
    assert words in problem


def test_a_manual_step_says_what_to_do_and_puts_out_what_was_decided() -> None:
    manual = {"name": "a", "action": "tocsin:manual", "inputs": {}}
    assert problems(manual) == ["mainSteps[0].inputs: tocsin:manual needs the input Message"]
    manual["inputs"] = {"Message": "Pull the plug"}
    assert warnings(manual, outputs=["a.Decision", "a.Note"]) == []


@pytest.mark.parametrize("runner", ["{{ Host }}", "a b", "", "-x", "x" * 64])
def test_a_runner_is_a_plain_name(runner: str) -> None:
    found = problems(step("a", runner=runner))
    assert found == [
        f"mainSteps[0].runner: expected the name of a runner, letters, digits, _ . and -, got {runner!r}"
    ]


def test_a_runner_means_something_only_to_what_a_worker_does() -> None:
    assert warnings(step("a", runner="web-1")) == [
        "mainSteps[0].runner: no worker does aws:sleep, so a runner means nothing to it"
    ]
    assert warnings(IMAGE | {"name": "a", "runner": "web-1"}) == []
    assert warnings(loop() | {"runner": "web-1"}) == []


@pytest.mark.parametrize("name", ["state", "variable:", "{{ variable:state }}", 3, "variable:a b"])
def test_update_variable_names_its_variable_in_full(name: Any) -> None:
    update = {"name": "a", "action": "aws:updateVariable", "inputs": {"Name": name, "Value": ""}}
    assert problems(update, variables={"state": {"type": "String"}}) == [
        f"mainSteps[0].inputs.Name: expected variable:NAME, got {name!r}"
    ]


def test_variables_that_nobody_declared_are_warned_about() -> None:
    update = {"name": "a", "action": "aws:updateVariable", "inputs": {"Name": "variable:stat", "Value": "x"}}
    reading = step("b", inputs={"Duration": "{{ variable:other }}"})
    assert warnings(update, reading, variables={"state": {"type": "String"}}) == [
        "mainSteps[0].inputs.Name: the document has no 'variable:stat': the step will fail; "
        "did you mean 'variable:state'?",
        "mainSteps[1].inputs.Duration: nothing is called {{ variable:other }}: it stays as text; "
        "did you mean 'variable:state'?",
    ]
