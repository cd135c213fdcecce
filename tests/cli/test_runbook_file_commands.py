"""Checking, drawing and simulating runbooks in files: no service is needed for it."""

import json
from pathlib import Path

import pytest

from client.cli import run_command
from tests.cli.command import Command

DOCUMENTS = Path(__file__).parents[1] / "automation" / "documents"
LIBRARY = Path(__file__).parents[2] / "definitions" / "library"

BAD = """\
schemaVersion: "0.3"
parameters:
  Id: {type: Sting}
mainSteps:
  - name: a
    action: aws:sleep
    nextStep: gone
    inputs:
      Duration: PT1S
      Duration: PT2S
"""
DOUBTFUL = """\
schemaVersion: "0.3"
mainSteps:
  - name: a
    action: aws:executeAwsApi
    inputs:
      Service: EC2
      Api: describe_instances
      InstanceId: "{{ Id }}"
  - name: b
    action: aws:executeAwsApi
    inputs: {Service: ec3, Api: Describe}
  - name: c
    action: aws:assertAwsResourceProperty
    inputs: {Service: ec2, Api: DescribeInstance, PropertySelector: $.x, DesiredValues: [y]}
  - name: d
    action: aws:executeAwsApi
    inputs: {Service: "{{ b.x }}", Api: Any, Thing: 1}
"""
GOOD = """\
schemaVersion: "0.3"
parameters:
  Name: {type: String, allowedPattern: "[a-z]+"}
  Count: {type: Integer, default: 1}
  Ami: {type: String, default: "{{ ssm:/golden }}"}
mainSteps:
  - name: look
    action: aws:executeAwsApi
    maxAttempts: 3
    inputs: {Service: ec2, Api: DescribeInstances, Filters: [{Name: "{{ Name }}"}], Ami: "{{ Ami }}"}
    outputs: [{Name: State, Selector: "$.Reservations[0].Instances[0].State.Name", Type: String}]
  - name: pick
    action: aws:branch
    inputs:
      Choices: [{Variable: "{{ look.State }}", StringEquals: running, NextStep: ask}]
      Default: rest
  - name: ask
    action: aws:approve
    onFailure: step:rest
    inputs: {Approvers: [ana, ben], MinRequiredApprovals: 2}
  - name: rest
    action: aws:sleep
    inputs: {Duration: PT6H}
outputs: [look.State]
"""


@pytest.fixture
def tocsin(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return str(path)


async def test_lint_tells_everything_at_once_with_lines(tocsin: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    ended = await tocsin("runbook", "lint", str(tmp_path))
    assert ended.code == 1
    name = tmp_path / "bad.yaml"
    assert ended.out.splitlines() == [
        f"{name}:3: error: parameters.Id.type: unknown type 'Sting'; did you mean 'String'?",
        f"{name}:7: error: mainSteps[0].nextStep: there is no step 'gone'",
        f"{name}:10: warning: the key 'Duration' is already on line 9; keep one of the two",
        "2 errors, 1 warnings",
    ]


async def test_lint_warns_of_what_aws_does_not_have_and_does_not_fail(
    tocsin: Command, tmp_path: Path
) -> None:
    path = tmp_path / "doubtful.yaml"
    path.write_text(DOUBTFUL)
    findings = (await tocsin("runbook", "lint", str(path), "-o", "json")).json
    assert [(one["line"], one["severity"], one["message"].partition(": ")[2]) for one in findings] == [
        (8, "warning", "EC2 describe_instances has no parameter 'InstanceId'; did you mean 'InstanceIds'?"),
        (8, "warning", "nothing is called {{ Id }}: it stays as text"),
        (11, "warning", "AWS has no service 'ec3'"),
        (
            14,
            "warning",
            "ec2 has no operation 'DescribeInstance'; did you mean 'DescribeInstances'?",
        ),
        (17, "warning", "nothing is called {{ b.x }}: it stays as text"),
    ]
    assert {one["file"] for one in findings} == {str(path)}


async def test_published_documents_have_one_mistake_among_them(tocsin: Command) -> None:
    findings = (await tocsin("runbook", "lint", str(DOCUMENTS), "-o", "json")).json
    assert [one["message"] for one in findings] == [
        "mainSteps[6].inputs.DBSnapshotIdentifier: rds DeleteDBClusterSnapshot has no parameter "
        "'DBSnapshotIdentifier'; did you mean 'DBClusterSnapshotIdentifier'?"
    ]


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("tabs.json", '{\n\t"schemaVersion":"0.3",\n\t"mainSteps":"all"\n}', 3, "mainSteps: expected a list"),
        (
            "deep.json",
            '{"schemaVersion": "0.3", "mainSteps": ' + "[" * 5000 + "]" * 5000 + "}",
            1,
            "nested more",
        ),
        ("big.yaml", "schemaVersion: '0.3'\n" + "#" * 1_000_001, 0, "larger than 1 MB"),
        ("bytes.yaml", "a: \xff", 1, "not UTF-8"),
        (
            "bomb.yaml",
            "".join(
                f"{a}: &{a} [{', '.join([f'*{b}'] * 9)}]\n"
                for a, b in zip("bcdefghi", "abcdefgh", strict=True)
            ),
            1,
            "stands for nothing",
        ),
        (
            "braces.yaml",
            "schemaVersion: '0.3'\nassumeRole: {{ Role }}\nmainSteps: []\n",
            2,
            '{{ Role }} without quotes is not text in YAML; write "{{ Role }}"',
        ),
        (
            "float.yaml",
            "schemaVersion: 0.3\nmainSteps: []\n",
            1,
            "expected the text '0.3' in quotes, got 0.3",
        ),
        ("other.yaml", "hello: world\n", 1, "no runbook"),
        ("empty.yaml", "", 0, "no runbook"),
    ],
)
async def test_what_cannot_be_read_is_a_finding(
    tocsin: Command, tmp_path: Path, name: str, text: str, line: int, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("latin-1"))
    ended = await tocsin("runbook", "lint", str(path), "-o", "json")
    assert ended.code == 1
    findings = json.loads(ended.out)
    assert any((one["line"], words in one["message"]) == (line, True) for one in findings), findings


async def test_of_values_under_the_same_key_the_last_counts_as_on_aws(
    tocsin: Command, tmp_path: Path
) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(
        "schemaVersion: '0.3'\nmainSteps:\n- {name: a, action: aws:sleep, inputs: {Duration: PT1M, Duration: PT1S}}\n"
    )
    ended = await tocsin("runbook", "lint", str(path))
    assert (ended.code, "3: warning: the key 'Duration' is already on line 3" in ended.out) == (0, True)
    simulated = (await tocsin("runbook", "simulate", str(path), "-o", "json")).json
    assert simulated["seconds"] == 1


async def test_a_yaml_bomb_is_refused(tocsin: Command, tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    path.write_text("\n".join([*lines, "schemaVersion: '0.3'", "mainSteps: []"]))
    ended = await tocsin("runbook", "lint", str(path))
    assert ended.code == 1
    assert "aliases repeat too much here" in ended.out


async def test_definitions_are_checked_like_bare_documents(tocsin: Command, tmp_path: Path) -> None:
    (tmp_path / "inline.yaml").write_text(
        "kind: Runbook\nname: one\ndocument:\n  schemaVersion: '0.3'\n  mainSteps:\n    - {name: a, action: aws:slep}\n"
        "---\nkind: Contact\nname: ana\n"
    )
    (tmp_path / "named.yaml").write_text("kind: Runbook\nname: two\nfile: beside.json\n")
    (tmp_path / "beside.json").write_text('{"schemaVersion": "0.3",\n"mainSteps": [{"name": "a-b"}]}')
    (tmp_path / "command.yaml").write_text("schemaVersion: '2.2'\nmainSteps: []\n")
    ended = await tocsin("runbook", "lint", str(tmp_path))
    assert ended.code == 1
    assert [line.partition(str(tmp_path))[2] for line in ended.out.splitlines()[:-1]] == [
        "/beside.json:2: error: mainSteps[0].name: expected letters, digits and _ only, got 'a-b'",
        "/beside.json:2: error: mainSteps[0]: 'action' is missing",
        "/inline.yaml:6: error: mainSteps[0].action: unknown action 'aws:slep'; did you mean 'aws:sleep'?",
    ]


async def test_lint_of_nothing_is_bad_input(tocsin: Command, tmp_path: Path) -> None:
    (await tocsin("runbook", "lint")).fails(2, "PATHS")
    ended = await tocsin("runbook", "lint", str(tmp_path / "gone"))
    assert (ended.code, "no such file or folder" in ended.out) == (1, True)


async def test_a_graph_is_drawn_in_three_ways(tocsin: Command, good: str) -> None:
    text = await tocsin("runbook", "graph", good)
    assert text.out.splitlines()[:4] == [
        "look  (aws:executeAwsApi)",
        "pick  (aws:branch)",
        '├─ look.State = "running":',
        "│  ask  (aws:approve)",
    ]
    assert (await tocsin("runbook", "graph", good, "--format", "mermaid")).out.startswith("flowchart TD")
    assert (await tocsin("runbook", "graph", good, "--format", "svg")).out.startswith("<svg ")
    drawn = (await tocsin("runbook", "graph", good, "-o", "json")).json
    assert [node["name"] for node in drawn["nodes"]] == ["look", "pick", "ask", "rest"]
    assert {edge["way"] for edge in drawn["edges"]} == {"success", "choice", "otherwise", "failure"}


async def test_a_graph_of_what_cannot_be_drawn_says_why(tocsin: Command, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD.replace("      Duration: PT2S\n", ""))
    (await tocsin("runbook", "graph", str(bad))).fails(2, f"{bad}:7: ", "there is no step 'gone'")
    (await tocsin("runbook", "graph", str(DOCUMENTS))).fails(2, "should hold one runbook")


async def test_a_simulation_prints_every_step_and_has_no_effect(tocsin: Command, good: str) -> None:
    ended = await tocsin("runbook", "simulate", good, "-p", "Name=web")
    assert [line.split()[:5] for line in ended.out.splitlines()[:3]] == [
        ["0", "s", "look", "aws:executeAwsApi", "Success"],
        ["0", "s", "pick", "aws:branch", "Success"],
        ["0", "s", "rest", "aws:sleep", "Success"],
    ]
    assert ended.out.endswith("Success\n")
    simulation = (await tocsin("runbook", "simulate", good, "-p", "Name=web", "-o", "json")).json
    assert (simulation["status"], simulation["seconds"]) == ("Success", 21600)
    assert simulation["parameters"] == {"Name": "web", "Count": 1, "Ami": "invented"}
    assert simulation["trace"][0]["inputs"]["Filters"] == [{"Name": "web"}]


async def test_answers_in_a_file_lead_a_simulation(tocsin: Command, good: str, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "look:\n"
        "  - timeout: true\n"
        "  - fail: no network\n"
        "  - {Reservations: [{Instances: [{State: {Name: running}}]}]}\n"
        "ask: {fail: rejected by ben}\n"
    )
    simulation = (await tocsin("runbook", "simulate", good, "--answers", str(answers), "-o", "json")).json
    assert [(one["step"], one["attempt"], one["status"]) for one in simulation["trace"]] == [
        ("look", 1, "Failed"),
        ("look", 2, "Failed"),
        ("look", 3, "Success"),
        ("pick", 1, "Success"),
        ("ask", 1, "Failed"),
        ("rest", 1, "Success"),
    ]
    assert simulation["status"] == "Failed"
    assert simulation["failure_message"] == "Step ask failed: rejected by ben"
    assert simulation["outputs"] == {"look.State": ["running"]}


async def test_a_branch_can_be_told_where_to_go(tocsin: Command, good: str, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"pick": {"choose": "ask"}}')
    simulation = (await tocsin("runbook", "simulate", good, "--answers", str(answers), "-o", "json")).json
    assert [one["step"] for one in simulation["trace"]] == ["look", "pick", "ask", "rest"]
    assert simulation["trace"][2]["outputs"]["ApprovalStatus"] == "Approved"
    assert len(simulation["trace"][2]["outputs"]["ApproverDecisions"]) == 2


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("lok: {}", "there is no step 'lok'; did you mean 'look'?"),
        ("look: fine", "expected a response, or one of fail, timeout and choose, got 'fine'"),
        ("look: [{}, 3]", "expected a response"),
        ("look: []", "expected at least one answer"),
        ("look: {choose: rest}", "look is an aws:executeAwsApi; it takes a response, fail or timeout"),
        ("pick: {fail: no}", "pick is an aws:branch; it takes choose: STEP"),
        ("pick: {choose: look}", "pick cannot choose 'look'; it leads to ask, rest"),
        ("- look", "answers are a mapping"),
        ("look: {", "answers.yaml:2: "),
    ],
)
async def test_answers_that_make_no_sense_are_refused(
    tocsin: Command, good: str, tmp_path: Path, answers: str, words: str
) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(answers)
    (await tocsin("runbook", "simulate", good, "--answers", str(path))).fails(2, words)


async def test_parameters_given_to_a_simulation_are_checked(tocsin: Command, good: str) -> None:
    (await tocsin("runbook", "simulate", good, "-p", "Name=WEB")).fails(2, "'WEB' does not match [a-z]+")
    (await tocsin("runbook", "simulate", good, "-p", "Nam=web")).fails(2, "did you mean 'Name'?")


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_library_simulates_from_the_command_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["runbook", "simulate", str(path), "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "Success"
