"""tocsin:runShell: commands on the worker's own machine."""

import time
from pathlib import Path
from uuid import uuid4

import pytest

from activities.automation.effects import effects
from tests.scripts.steps import Steps, alive
from tests.scripts.test_sandbox import cut_off, until


async def test_commands_touch_the_machine_and_tell_what_they_printed(steps: Steps, tmp_path: Path) -> None:
    inputs = {
        "Commands": ["echo hello > file", 'echo "$WHO & co"', "cat file >&2"],
        "WorkingDirectory": str(tmp_path),
        "Environment": {"WHO": "$(rm -rf x); ü", "COUNT": 3},
    }
    response = await steps.do("tocsin:runShell", inputs)
    assert response == {"Output": "$(rm -rf x); ü & co\nhello", "ExitCode": 0}
    assert (tmp_path / "file").read_text() == "hello\n"


async def test_the_first_command_that_fails_ends_the_step_with_its_outputs(steps: Steps) -> None:
    message, details = await steps.failure(
        steps.do("tocsin:runShell", {"Commands": ["echo one", "exit 5", "echo never"]})
    )
    assert message == "exit code 5, expected 0\none"
    assert details.response == {"Output": "one", "ExitCode": 5}


async def test_other_exit_codes_may_be_expected_and_another_shell_used(steps: Steps) -> None:
    inputs = {"Script": "x=(3 1); exit ${x[0]}", "Shell": "bash", "ExpectedExitCodes": [0, "3"]}
    assert (await steps.do("tocsin:runShell", inputs))["ExitCode"] == 3


async def test_tocsins_own_settings_are_not_handed_to_commands(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    monkeypatch.setenv("TOCSIN_SECRET_X", "geheim")
    monkeypatch.setenv("KUBECONFIG", "/kube")
    response = await steps.do(
        "tocsin:runShell", {"Commands": 'echo "$DATABASE_URL$TOCSIN_SECRET_X$KUBECONFIG"'}
    )
    assert response["Output"] == "/kube"


WRONG = [
    (
        {"Commands": ["restart {{ Service }}"]},
        "nothing is put into Commands: give {{ Service }} to a variable",
    ),
    ({"Commands": ["x"], "Script": "x"}, "tocsin:runShell needs either Commands or Script"),
    (
        {"Commands": ["x"], "WorkingDirectory": "/nowhere"},
        "WorkingDirectory '/nowhere' is no folder on this machine",
    ),
    ({"Commands": ["x"], "Shell": "/bin/nosuchshell"}, "exit code 127"),
    (
        {"Commands": ["x"], "ExpectedExitCodes": "none"},
        "ExpectedExitCodes should be a list of numbers, got 'none'",
    ),
]


@pytest.mark.parametrize(("inputs", "told"), WRONG, ids=[told[:30] for _, told in WRONG])
async def test_what_cannot_be_run_is_told_of(steps: Steps, inputs: dict[str, object], told: str) -> None:
    message, _ = await steps.failure(steps.do("tocsin:runShell", inputs))
    assert message.startswith(told)


async def test_docker_templates_are_no_references(steps: Steps) -> None:
    response = await steps.do("tocsin:runShell", {"Commands": ["echo '{{.Names}}'"]})
    assert response["Output"] == "{{.Names}}"


async def test_cancelled_commands_die_with_all_that_they_started(steps: Steps) -> None:
    seconds = f"300.{uuid4().int % 10**9}"
    commands = [f"(setsid setsid sleep {seconds} &)", f"sleep {seconds}"]
    work = steps.do("tocsin:runShell", {"Commands": commands}, timeout_seconds=60)
    assert await cut_off(work, lambda: len(alive(f"sleep\0{seconds}")) >= 2) < 2
    await until(lambda: not alive(seconds), 1)


async def test_what_is_started_in_the_background_stays_and_keeps_nobody(steps: Steps) -> None:
    seconds = f"1.5{uuid4().int % 10**9}"
    began = time.monotonic()
    await steps.do("tocsin:runShell", {"Commands": [f"sleep {seconds} &"]})
    assert time.monotonic() - began < 1.4
    assert alive(seconds)
    await until(lambda: not alive(seconds))


def test_commands_are_never_repeated_by_themselves() -> None:
    assert not effects()["tocsin:runShell"].repeatable({})
