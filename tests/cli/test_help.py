"""What the command says of itself."""

import subprocess
import sys
import time

from cyclopts import App

from client.cli.app import COMMANDS, NESTED, build_app
from tests.cli.command import Command

EVERY_COMMAND = [
    *((name,) for commands in COMMANDS.values() for name in commands),
    *((name, *inner.split()) for name, (_, _, commands) in NESTED.items() for inner in commands),
]


def test_help_lists_every_command_without_loading_temporal() -> None:
    program = (
        "import sys; from client.cli import run_command; code = run_command(['--help']); "
        "sys.exit('temporalio' in sys.modules or 'asyncpg' in sys.modules or code)"
    )
    started = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)
    took = time.monotonic() - started
    assert ended.returncode == 0, ended.stderr
    for name, *_ in EVERY_COMMAND:
        assert f" {name} " in ended.stdout
    assert took < 3, f"{took:.1f} s; it takes a quarter of a second on an idle machine"


def test_every_option_of_every_command_is_explained() -> None:
    unexplained = [
        (*words, argument.name)
        for words in EVERY_COMMAND
        for argument in _app_of(words).assemble_argument_collection(parse_docstring=True)
        if argument.parse and not argument.parameter.help
    ]
    # `up` belongs to the stack, which knows nothing of this command line; its options are in its docstring.
    assert [one for one in unexplained if one[0] != "up"] == []


def _app_of(words: tuple[str, ...]) -> App:
    app = build_app()
    for word in words:
        app = app[word]
    return app


async def test_global_options_stand_before_the_command_or_after_it(tocsin: Command) -> None:
    before = await tocsin("-o", "json", "list")
    after = await tocsin("list", "--output", "json")
    assert before.json == after.json == []


async def test_no_command_at_all_prints_the_help(tocsin: Command) -> None:
    ended = await tocsin()
    assert ended.code == 0
    assert "Usage: tocsin" in ended.out
