"""What loads and is warned about, and what is published loosely and is not."""

from typing import Any

import pytest

from definitions.automation import document_warnings, load_document

QUOTED = {"Name": "x", "Selector": "$.Outputs.'run.Output'[0]", "Type": "String"}
SCRIPT = {"Runtime": "python3.11", "Handler": "f", "Script": "def f(e, c): pass"}


def warnings(*steps: dict[str, Any], **keys: Any) -> list[str]:
    document = load_document({"schemaVersion": "0.3", "mainSteps": list(steps), **keys})
    return [str(one) for one in document_warnings(document)]


def call(name: str = "a", **inputs: Any) -> dict[str, Any]:
    given = {"Service": "ec2", "Api": "DescribeInstances", **inputs}
    return {"name": name, "action": "aws:executeAwsApi", "inputs": given}


def script(name: str = "a", **inputs: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:executeScript", "inputs": SCRIPT | inputs}


@pytest.mark.parametrize(
    ("rule", "steps", "keys", "warning"),
    [
        (
            "a system variable that is none",
            [call(X="{{ global:REGON }}")],
            {},
            "mainSteps[0].inputs.X: nothing is called {{ global:REGON }}: it stays as text; "
            "did you mean 'global:REGION'?",
        ),
        (
            "a list within a text",
            [call(X="ids {{ Ids }}")],
            {"parameters": {"Ids": {"type": "StringList"}}},
            "mainSteps[0].inputs.X: {{ Ids }} is a StringList within a text: it becomes JSON here, and AWS may "
            "refuse it",
        ),
        (
            "a map within a text, of a step",
            [
                call() | {"outputs": [{"Name": "All", "Selector": "$", "Type": "StringMap"}]},
                script("b", InputPayload={"x": ["of {{ a.All }}"]}),
            ],
            {},
            "mainSteps[1].inputs.InputPayload: {{ a.All }} is a StringMap within a text: it becomes JSON here, and "
            "AWS may refuse it",
        ),
        (
            "a step that nothing leads to",
            [call() | {"isEnd": True}, call("b")],
            {},
            "mainSteps[1]: no way leads to 'b': it will never run",
        ),
        (
            "a file that the document has not",
            [script(Attachment="helprs.zip")],
            {"files": {"helpers.zip": {"checksums": {"sha256": "00"}}}},
            "mainSteps[0].inputs.Attachment: the document has no file 'helprs.zip' under files: the step will fail; "
            "did you mean 'helpers.zip'?",
        ),
        (
            "more files than AWS takes",
            [call()],
            {"files": {f"{n}.zip": {} for n in range(6)}},
            "files: AWS takes at most 5 files, here are 6",
        ),
        (
            "a default that names itself",
            [call()],
            {"parameters": {"P": {"type": "String", "default": "x {{ P }}"}}},
            "parameters.P.default: {{ P }} names the parameter itself: it stays as text",
        ),
        (
            "Parameter Store within a default",
            [call()],
            {"parameters": {"P": {"type": "String", "default": "x {{ ssm:/p }}"}}},
            "parameters.P.default: {{ ssm:/p }} is looked up only if it is the whole default",
        ),
        (
            "a default that names nothing",
            [call()],
            {"parameters": {"Name": {"type": "String", "default": "{{ Nam }}"}}},
            "parameters.Name.default: nothing is called {{ Nam }}: it stays as text; did you mean 'Name'?",
        ),
        (
            "a role that names nothing",
            [call()],
            {"assumeRole": "{{ Role }}"},
            "assumeRole: nothing is called {{ Role }}: it stays as text",
        ),
        (
            "within a loop",
            [
                {
                    "name": "again",
                    "action": "aws:loop",
                    "inputs": {"Iterators": ["x"], "Steps": [call("inner", X="{{ again.CurrentIterato }}")]},
                }
            ],
            {},
            "mainSteps[0].inputs.Steps[0].inputs.X: nothing is called {{ again.CurrentIterato }}: it stays as "
            "text; did you mean 'again.CurrentIteration'?",
        ),
        (
            "a property that cannot be found",
            [
                {
                    "name": "a",
                    "action": "aws:assertAwsResourceProperty",
                    "inputs": {
                        "Service": "ec2",
                        "Api": "DescribeInstances",
                        "PropertySelector": "$.a | $.b",
                        "DesiredValues": ["x"],
                    },
                }
            ],
            {},
            "mainSteps[0].inputs.PropertySelector: selector '$.a | $.b' joins several paths; give one path, for "
            "example '$.Payload.id'; the step will fail",
        ),
        (
            "a private action",
            [{"name": "a", "action": "aws:shareSQLMedia"}, call("b", X="{{ a.Media }}")],
            {"outputs": ["a.Status"]},
            "mainSteps[0].action: aws:shareSQLMedia exists only inside AWS: the step will fail here",
        ),
    ],
)
def test_warning(rule: str, steps: list[dict[str, Any]], keys: dict[str, Any], warning: str) -> None:
    assert warnings(*steps, **keys) == [warning], rule


@pytest.mark.parametrize(
    ("rule", "steps", "keys"),
    [
        ("defaults against their own pattern", [call()], {"parameters": {"P": {"type": "String"}
            | {"default": "", "allowedPattern": "x+", "allowedValues": ["a"]}}}),
        ("Booleans that allow texts", [call()], {"parameters": {"P": {"type": "Boolean"}
            | {"default": False, "allowedValues": ["true", "false"]}}}),
        ("booleans as texts", [call() | {"isEnd": "true", "isCritical": "False"}], {}),
        ("timeouts as texts", [call() | {"timeoutSeconds": "25", "maxAttempts": "3"}], {}),
        ("outputs without a type", [call() | {"outputs": [{"Name": "x", "Selector": "Reservations[0]"}]}], {}),
        ("a message on a pause", [{"name": "a", "action": "aws:pause", "inputs": {"Message": "look"}}], {}),
        ("a pause without inputs", [{"name": "a", "action": "aws:pause"}], {}),
        ("system variables in defaults", [call()], {"parameters": {"P": {"type": "String"}
            | {"default": "{{ global:REGION }}_{{automation:EXECUTION_ID}}"}}}),
        ("a default that names another", [call()], {"parameters": {"A": {"type": "String"}, "B":
            {"type": "String", "default": "{{ A }}_{{ global:DATE_TIME }}"}}}),
        ("text that only looks like it", [call(X="awk '{{print $2}}' {{}} {{ .Names }}")], {}),
        ("what maintenance windows put in", [call(X="{{TARGET_ID}} {{ RESOURCE_ID }}")], {}),
        ("braces in a script", [script(Script="f'{{x}}'")], {}),
        ("braces in a description", [call() | {"description": "Uses {{ Nothing }}"}], {}),
        ("numbers and flags within a text", [call(X="n={{ N }}")], {"parameters": {"N": {"type": "Integer"}}}),
        ("a list that is the whole item", [call(X=["{{ L }}"])], {"parameters": {"L": {"type": "StringList"}}}),
        ("role from an account", [call()], {"assumeRole": "arn:aws:iam::{{ global:ACCOUNT_ID }}:role/X"}),
        ("an empty role", [call()], {"assumeRole": ""}),
        ("any runtime", [script(Runtime="python3.6")], {}),
        ("a quoted name in a selector", [call() | {"outputs": [QUOTED]}], {"outputs": ["a.x"]}),
    ],
)  # fmt: skip
def test_what_is_published_loosely_is_not_warned_about(
    rule: str, steps: list[dict[str, Any]], keys: dict[str, Any]
) -> None:
    assert warnings(*steps, **keys) == [], rule
