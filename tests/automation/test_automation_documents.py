"""Loading: what people really write loads; what cannot run is refused with every problem and its place."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from definitions.automation import AutomationDocument, DocumentError, Step, document_warnings, load_document
from definitions.automation.flow import reachable, valid_next_steps
from tests.automation.published import FOLDER, PUBLISHED, published, short_name

SLEEP = {"action": "aws:sleep", "inputs": {"Duration": "PT1S"}}


def step(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, **SLEEP, **keys}


def written(*steps: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"schemaVersion": "0.3", "mainSteps": list(steps), **keys}


def problems(data: dict[str, Any]) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        load_document(data)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_published_documents_load_without_a_warning_and_survive_a_round_trip_through_json(path: Path) -> None:
    document = published(path)
    assert document_warnings(document) == []
    dumped = json.loads(json.dumps(document.model_dump(mode="json", by_alias=True)))
    assert load_document(dumped) == document
    assert AutomationDocument.model_validate_json(document.model_dump_json()) == document


@pytest.mark.parametrize("path", PUBLISHED, ids=short_name)
def test_every_step_of_a_published_document_says_what_may_follow_it(path: Path) -> None:
    steps = published(path).main_steps
    following = {step.name: valid_next_steps(steps, step) for step in steps}
    assert set().union(*following.values()) <= set(following)
    # Published documents have no steps that nothing leads to, and end somewhere.
    assert reachable(steps, steps[0].name) | _on_cancel(steps) == set(following)
    assert any(not ways for ways in following.values())


def _on_cancel(steps: list[Step]) -> set[str]:
    targets = {step.cancel_target for step in steps if step.cancel_target}
    return set().union(*(reachable(steps, target) for target in targets))


def test_the_published_documents_are_those_of_the_index() -> None:
    with (FOLDER / "INDEX.tsv").open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [str(path.relative_to(FOLDER)) for path in PUBLISHED] == sorted(row["file"] for row in rows)
    assert len(rows) == 72
    licences = (FOLDER / "LICENSES.md").read_text()
    for row in rows:
        document = published(FOLDER / row["file"])
        assert (
            len(document.main_steps),
            f"https://github.com/{row['repo']} | {row['licence']}" in licences,
        ) == (
            int(row["steps"]),
            True,
        )


def test_everything_wrong_is_said_at_once_with_its_place() -> None:
    data = written(
        step("one", nexStep="two", onFailure="abort"),
        step("two", nextStep="thre", timeoutSeconds="soon"),
        {"name": "three", "action": "aws:executeScrip"},
        {"name": "three", "action": "aws:executeAwsApi", "inputs": {"Api": "X"}},
        parameters={"Id": {"type": "Strng", "defualt": "x"}},
        outputs=["one"],
        descripton="",
    )
    assert problems(data) == [
        "mainSteps[0].onFailure: expected Abort, Continue, Pause, Rollback or step:NAME, "
        "got 'abort'; did you mean 'Abort'?",
        "mainSteps[0].nexStep: unknown key 'nexStep'; did you mean 'nextStep'?",
        "mainSteps[1].timeoutSeconds: expected a whole number, got 'soon'",
        "mainSteps[2].action: unknown action 'aws:executeScrip'; did you mean 'aws:executeScript'?",
        "mainSteps[3].name: a second step 'three'; names are unique in a document",
        "mainSteps[3].inputs: aws:executeAwsApi needs the input Service",
        "parameters.Id.type: unknown type 'Strng'; did you mean 'String'?",
        "parameters.Id.defualt: unknown key 'defualt'; did you mean 'default'?",
        "outputs[0]: expected Step.Output, got 'one'",
        "descripton: unknown key 'descripton'; did you mean 'description'?",
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"nextStep": "lats"}, "mainSteps[0].nextStep: there is no step 'lats'; did you mean 'last'?"),
        ({"onFailure": "step:gone"}, "mainSteps[0].onFailure: there is no step 'gone'"),
        ({"onCancel": "step:gone"}, "mainSteps[0].onCancel: there is no step 'gone'"),
        (
            {"onCancel": "step:last"},
            "mainSteps[0].onCancel: onCancel cannot lead to 'last': it is an aws:sleep",
        ),
        ({"onCancel": "Continue"}, "mainSteps[0].onCancel: expected Abort or step:NAME, got 'Continue'"),
        ({"isEnd": "maybe"}, "mainSteps[0].isEnd: expected true or false, got 'maybe'"),
        ({"maxAttempts": 0}, "mainSteps[0].maxAttempts: expected a whole number of at least 1, got 0"),
        ({"name": "a-b"}, "mainSteps[0].name: expected letters, digits and _ only, got 'a-b'"),
        ({"inputs": []}, "mainSteps[0].inputs: expected a map, got []"),
        ({"inputs": {}}, "mainSteps[0].inputs: aws:sleep needs the input Duration or Timestamp"),
        (
            {"inputs": {"Duration": "{{ ssm:/wait }}"}},
            "mainSteps[0].inputs.Duration: {{ ssm:/wait }} works only as a parameter's default; "
            "make a parameter of it",
        ),
        (
            {"outputs": [{"Name": "x", "Selector": "$.a[", "Type": "Strin"}]},
            "mainSteps[0].outputs[0].Type: unknown type 'Strin'; did you mean 'String'?",
        ),
        (
            {"outputs": [{"Name": "x", "Selektor": "$"}]},
            "mainSteps[0].outputs[0].Selektor: unknown key 'Selektor'; did you mean 'Selector'?",
        ),
    ],
)
def test_a_faulty_step_is_refused(keys: dict[str, Any], message: str) -> None:
    assert message in problems(written(step("first") | keys, step("last")))


def test_a_key_without_a_value_is_as_good_as_none() -> None:
    keys = [
        "outputs",
        "timeoutSeconds",
        "maxAttempts",
        "onFailure",
        "onCancel",
        "isCritical",
        "isEnd",
        "nextStep",
    ]
    parameters = {"Role": {"type": "String", "default": None, "allowedValues": None}}
    empty = written(
        step("a", inputs=None, action="aws:pause", **dict.fromkeys(keys)),
        step("b", outputs=[{"Name": "x", "Selector": "$", "Type": None}]),
        **dict.fromkeys(["description", "assumeRole", "variables", "outputs", "files"]),
        parameters=parameters,
    )
    absent = written(
        {"name": "a", "action": "aws:pause"},
        step("b", outputs=[{"Name": "x", "Selector": "$"}]),
        parameters={"Role": {"type": "String"}},
    )
    assert load_document(empty) == load_document(absent)
    assert problems({"schemaVersion": "0.3", "mainSteps": None, "odd": None}) == [
        "mainSteps: expected a list, got None",
        "odd: unknown key 'odd'; the keys are schemaVersion, description, assumeRole, parameters, variables, "
        "mainSteps, outputs, files, runner",
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"schemaVersion": 0.3}, "schemaVersion: expected the text '0.3' in quotes, got 0.3"),
        ({"schemaVersion": "2.2"}, "schemaVersion: expected the text '0.3' in quotes, got '2.2'"),
        ({"mainSteps": "all"}, "mainSteps: expected a list, got 'all'"),
        ({"assumeRole": "{{ ssm:/role }}"}, "assumeRole: {{ ssm:... }} works only as a parameter's default"),
        (
            {"templateInformation": "x"},
            "templateInformation: 'templateInformation' belongs to Change Manager templates, "
            "which cannot be run here",
        ),
    ],
)
def test_a_faulty_document_is_refused(keys: dict[str, Any], message: str) -> None:
    assert problems(written(step("only")) | keys) == [message]


def test_missing_keys_are_named() -> None:
    assert problems({}) == ["'schemaVersion' is missing", "'mainSteps' is missing"]


def test_a_script_in_python_needs_its_handler_and_one_in_powershell_does_not() -> None:
    inputs = {"Runtime": "python3.11", "Script": "def f(events, context): pass"}
    script = {"name": "run", "action": "aws:executeScript", "inputs": inputs}
    assert problems(written(script)) == [
        "mainSteps[0].inputs: aws:executeScript in Python needs the input Handler: the function to call"
    ]
    load_document(written(script | {"inputs": inputs | {"Runtime": "PowerShell 7.4"}}))


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            {"NextStep": "b", "Variable": "x", "StringEqual": "y"},
            "Choices[0].StringEqual: unknown operator 'StringEqual'; did you mean 'StringEquals'?",
        ),
        ({"Variable": "x", "StringEquals": "y"}, "Choices[0]: a choice needs NextStep"),
        ({"NextStep": "b", "StringEquals": "y"}, "Choices[0]: StringEquals needs Variable"),
        ({"NextStep": "b", "And": {}}, "Choices[0].And: And needs a list of conditions"),
        ({"NextStep": "b", "Not": {"Variable": "x"}}, "Choices[0].Not: expected one of StringEquals"),
        (
            {"NextStep": "c", "Variable": "x", "StringEquals": "y"},
            "Choices[0].NextStep: there is no step 'c'",
        ),
    ],
)
def test_a_choice_that_cannot_be_decided_is_refused(choice: dict[str, Any], message: str) -> None:
    branch = {"name": "a", "action": "aws:branch", "inputs": {"Choices": [choice]}}
    assert any(message in problem for problem in problems(written(branch, step("b"))))


@pytest.mark.parametrize("choices", [True, "{{ Choices }}", {"NextStep": "b"}, [None]])
def test_choices_of_the_wrong_shape_are_refused(choices: Any) -> None:
    branch = {"name": "a", "action": "aws:branch", "inputs": {"Choices": choices}}
    assert "inputs.Choices" in "\n".join(problems(written(branch, step("b"))))


@pytest.mark.parametrize(
    ("steps", "circle"),
    [
        ([step("a", nextStep="a")], "a -> a"),
        ([step("a"), step("b"), step("c", nextStep="a")], "a -> b -> c -> a"),
        ([step("z"), step("a"), step("b", onFailure="step:a", isEnd=True)], "a -> b -> a"),
        (
            [
                {"name": "pick", "action": "aws:branch", "inputs": {"Choices": [], "Default": "end"}},
                step("end", nextStep="pick"),
            ],
            "pick -> end -> pick",
        ),
        (
            [
                step("a"),
                {"name": "b", "action": "aws:createTags", "inputs": {"ResourceIds": [], "Tags": []}}
                | {"onCancel": "step:c", "isEnd": True},
                {"name": "c", "action": "aws:deleteImage", "inputs": {"ImageId": "i"}, "nextStep": "b"},
            ],
            "b -> c -> b",
        ),
    ],
)
def test_a_document_that_goes_in_a_circle_is_refused_with_the_circle(
    steps: list[dict[str, Any]], circle: str
) -> None:
    (problem,) = problems(written(*steps))
    assert problem.endswith(f"the steps go in a circle: {circle}")


def test_jumps_backwards_in_the_list_are_no_circle() -> None:
    document = load_document(written(step("a", nextStep="c"), step("b", isEnd=True), step("c", nextStep="b")))
    assert [one.name for one in document.main_steps] == ["a", "b", "c"]


def test_a_loop_is_loaded_with_its_body_which_may_leave_it() -> None:
    body = [step("inner", onFailure="step:after"), step("inner2", nextStep="gone", isEnd="true")]
    loop = {"name": "again", "action": "aws:loop", "inputs": {"Iterators": ["a"], "Steps": body}}
    assert problems(written(loop, step("after"))) == [
        "mainSteps[0].inputs.Steps[1].nextStep: there is no step 'gone'"
    ]
    body[1]["nextStep"] = "after"
    load_document(written(loop, step("after")))
    after = step("after", nextStep="again")
    circle = {"name": "start", **SLEEP, "nextStep": "again"}
    assert problems(written(circle, loop, after)) == [
        "mainSteps[1]: the steps go in a circle: again -> after -> again"
    ]


def test_what_aws_publishes_loosely_is_read_as_it_is_meant() -> None:
    document = load_document(
        written(
            step(
                "a",
                isEnd="true",
                isCritical="False",
                timeoutSeconds="30",
                maxAttempts="2",
                onFailure="step: b",
            ),
            step("b", inputs={"Timestamp": "2030-01-01T00:00:00Z"}),
            {"name": "c", "action": "aws:pause"},
            parameters={"P": {"type": "StringMap", "default": '{"a": 1}', "maxChars": "5"}},
            variables={"V": {"type": "StringMap", "default": "{}"}},
            files={"x.zip": {"checksums": {"sha256": "ab"}}},
        )
    )
    first = document.main_steps[0]
    assert (first.is_end, first.is_critical, first.timeout_seconds) == (True, False, 30)
    assert (first.max_attempts, first.failure_target) == (2, "b")
    assert document.parameters["P"].typed_default == {"a": 1}
    assert document.variables["V"].typed_default == {}


def test_what_is_legal_and_likely_not_meant_is_warned_about() -> None:
    document = load_document(
        written(
            step("a", inputs={"Duration": "PT{{ Minuts }}M"}, precondition={}),
            {
                "name": "b",
                "action": "aws:shareSQLMedia",
                "inputs": {"x": "{{ a.Nothing }} {{print $2}} {{ B }}"},
            },
            parameters={"Minutes": {"type": "String"}, "B": {"type": "String", "allowedPattern": "a{2,1}"}},
            outputs=["a.Out"],
        )
    )
    warnings = [str(warning) for warning in document_warnings(document)]
    assert [warning.partition(":")[0] for warning in warnings] == [
        "parameters.B.allowedPattern",
        "mainSteps[0].precondition",
        "mainSteps[0].inputs.Duration",
        "mainSteps[1].action",
        "mainSteps[1].inputs.x",
        "outputs[0]",
    ]
    assert "{{ Minuts }}: it stays as text; did you mean 'Minutes'?" in warnings[2]
    assert [str(one) for one in document_warnings(load_document(written()))] == [
        "mainSteps: there are no steps: an execution succeeds at once"
    ]
