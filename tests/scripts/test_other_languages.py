"""aws:executeScript in Bash and PowerShell."""

import pytest

from tests.scripts.steps import Steps


async def test_bash_reads_its_payload_and_writes_its_result_to_the_named_file(steps: Steps) -> None:
    response = await steps.bash(
        'echo working; echo "[$InputPayload, 2]" > "$OUTPUT_PAYLOAD"', {"host": "a b"}
    )
    assert response == {"Payload": [{"host": "a b"}, 2], "ExecutionLog": "working"}


async def test_bash_that_writes_no_result_has_none(steps: Steps) -> None:
    assert await steps.bash("echo done; exit 0") == {"ExecutionLog": "done"}


async def test_bash_that_exits_with_another_code_fails_the_step(steps: Steps) -> None:
    message, _ = await steps.failure(steps.bash('echo oh no >&2; echo 1 > "$OUTPUT_PAYLOAD"; exit 3'))
    assert message == "the script failed; exit code 3\noh no"


async def test_bash_whose_result_is_not_json_fails_the_step(steps: Steps) -> None:
    message, _ = await steps.failure(steps.bash('echo nope > "$OUTPUT_PAYLOAD"'))
    assert message.startswith("the result is not JSON: Expecting value")


async def test_powershell_is_refused_where_there_is_none(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    inputs = {"Runtime": "PowerShell 7.4", "Script": "return @{a = 1}"}
    message, details = await steps.failure(steps.do("aws:executeScript", inputs))
    assert message == "Runtime 'PowerShell 7.4' needs PowerShell, and there is no pwsh on this worker's PATH"
    assert details.stage == "InputValidation"
