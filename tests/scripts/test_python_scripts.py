"""aws:executeScript in Python: what scripts are given, what they may return, and how they fail."""

import pytest

from tests.scripts.steps import EXECUTION, Steps


async def test_the_handler_gets_its_payload_with_its_types_and_returns_any_json(steps: Steps) -> None:
    given = {"count": 3, "ok": True, "names": ["a", "ü"], "deep": {"none": None, "half": 0.5}}
    response = await steps.python(
        "def run(events, context):\n    return [events, type(events['count']).__name__]", given
    )
    assert response["Payload"] == [given, "int"]


async def test_context_is_a_map_that_also_passes_for_a_functions_context(steps: Steps) -> None:
    response = await steps.python(
        "def run(events, context):\n"
        "    return {**context, 'arn': context.invoked_function_arn, 'map': isinstance(context, dict)}"
    )
    assert response["Payload"] == {
        "automation:EXECUTION_ID": EXECUTION,
        "global:REGION": "eu-central-1",
        "global:ACCOUNT_ID": "123456789012",
        "global:AWS_PARTITION": "aws",
        "arn": f"arn:aws:ssm:eu-central-1:123456789012:automation-execution/{EXECUTION}",
        "map": True,
    }


@pytest.mark.parametrize("runtime", ["python3.6", "python3.8", "python3.13"])
async def test_every_python_runs_as_the_one_that_is_here(steps: Steps, runtime: str) -> None:
    inputs = {"Runtime": runtime, "Handler": "script.run", "Script": "def run(e, c):\n    return 1"}
    assert (await steps.do("aws:executeScript", inputs))["Payload"] == 1


async def test_a_script_that_returns_nothing_has_no_payload(steps: Steps) -> None:
    response = await steps.python("def run(e, c):\n    print('looked')\n")
    assert response == {"ExecutionLog": "looked"}


async def test_boto3_and_dataclasses_work_in_scripts(steps: Steps) -> None:
    source = """
from __future__ import annotations
import boto3, dateutil.parser, urllib3
from dataclasses import asdict, dataclass

@dataclass
class Found:
    region: str

def run(events, context):
    return asdict(Found(boto3.client("ec2").meta.region_name))
"""
    assert (await steps.python(source))["Payload"] == {"region": "eu-central-1"}


async def test_an_exception_fails_the_step_with_its_type_message_and_lines(steps: Steps) -> None:
    message, _ = await steps.failure(
        steps.python(
            "import sys\ndef run(e, c):\n    print('before')\n    raise ValueError('no such volume')"
        )
    )
    assert message.startswith("ValueError - no such volume\n")
    assert "before\n" in message
    assert "raise ValueError('no such volume')" in message
    assert "script_runner" not in message


FAILING = [
    ("def run(e, c):\n    import sys; sys.exit(4)", "SystemExit - 4"),
    ("def run(e, c)\n    return 1", "SyntaxError - expected ':' (<script>, line 1)"),
    ("def other(e, c):\n    return 1", "LookupError - the script defines no function 'run'"),
    ("def run(e):\n    return 1", "TypeError - run() takes 1 positional argument but 2 were given"),
    ("import os\ndef run(e, c):\n    os._exit(7)", "the script gave no result; exit code 7"),
    ("import os\ndef run(e, c):\n    os.abort()", "the script gave no result; exit code"),
    (
        "def run(e, c):\n    return {1, 2}",
        "the result is not JSON: Object of type set is not JSON serializable",
    ),
    ("def run(e, c):\n    return float('nan')", "the result is not JSON: Out of range float values"),
    ("def run(e, c):\n    return list(range(101))", "the result is a list of 101 items; at most 100 may"),
    ("def run(e, c):\n    return 'x' * 100_000", "the result is 100002 bytes as JSON; at most 100000"),
    (
        "def run(e, c):\n    x = []\n    for _ in range(100_000): x = [x]\n    return x",
        "the result is not JSON: maximum recursion depth exceeded",
    ),
    (
        "def run(e, c):\n    x = []\n    for _ in range(200): x = [x]\n    return x",
        "the answer is nested more than 60 levels deep",
    ),
    (
        "import os, sys\ndef run(e, c):\n    for fd in range(3, 64):\n        try: os.write(fd, b'[' * 99_999)\n"
        "        except OSError: pass\n    os._exit(0)",
        "the result is not JSON: maximum recursion depth exceeded",
    ),
]


@pytest.mark.parametrize(("source", "told"), FAILING, ids=[told[:40] for _, told in FAILING])
async def test_a_script_that_fails_is_told_of_in_clear_words(steps: Steps, source: str, told: str) -> None:
    message, _ = await steps.failure(steps.python(source))
    assert message.startswith(told)


async def test_half_a_character_in_a_result_is_replaced(steps: Steps) -> None:
    response = await steps.python("def run(e, c):\n    return ['\\ud800', 'ok \\U0001f600']")
    assert response["Payload"] == ["\ufffd", "ok \U0001f600"]


async def test_a_large_result_leaves_less_room_for_the_log(steps: Steps) -> None:
    response = await steps.python("def run(e, c):\n    print('é' * 4000)\n    return 'x' * 99_000")
    assert len(response["Payload"]) == 99_000
    assert len(response["ExecutionLog"]) < 4000


async def test_threads_left_behind_are_not_waited_for(steps: Steps) -> None:
    thread = "threading.Thread(target=time.sleep, args=(60,))"
    source = f"import threading, time\ndef run(e, c):\n    {thread}.start()\n    return 1"
    assert (await steps.python(source))["Payload"] == 1


BAD_INPUTS = [
    (
        {"Runtime": "ruby3.2", "Script": "1"},
        "Runtime 'ruby3.2' cannot run here; use python3.x, PowerShell 7.x or bash",
    ),
    ({"Runtime": "python3.11", "Script": "1"}, "aws:executeScript in Python needs the input Handler"),
    ({"Runtime": "python3.11", "Handler": "run"}, "aws:executeScript needs the input Script"),
    (
        {"Runtime": "python3.11", "Handler": "run", "Script": "1", "InputPayload": "{{ X.Y }}"},
        "InputPayload should be a map, got '{{ X.Y }}'",
    ),
    (
        {"Runtime": "python3.11", "Handler": "run", "Script": "1", "InputPayload": {"x": "x" * 100_000}},
        "InputPayload is 100009 bytes as JSON; at most 100000",
    ),
]


@pytest.mark.parametrize(("inputs", "told"), BAD_INPUTS, ids=[told[:40] for _, told in BAD_INPUTS])
async def test_wrong_inputs_are_refused_before_anything_runs(
    steps: Steps, inputs: dict[str, str], told: str
) -> None:
    message, details = await steps.failure(steps.do("aws:executeScript", inputs))
    assert message.startswith(told)
    assert details.stage == "InputValidation"


async def test_a_fork_that_comes_back_gives_no_second_result(steps: Steps) -> None:
    source = "import os, time\ndef run(e, c):\n    own = os.fork()\n    own and time.sleep(0.3)\n    return own > 0"
    assert (await steps.python(source))["Payload"] is True
