"""What a script sees: exit codes of the real process, and messages on stderr alone."""

import asyncio
from pathlib import Path

import pytest

from settings import StackFile
from tests.cli.command import Command
from worker.stack.ports import choose_port

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def test_exit_codes_of_the_real_command(shop_without_worker: Command) -> None:
    tocsin = shop_without_worker.process
    senseless, unknown, conflict, no_command = await asyncio.gather(
        tocsin("start", "shop-down", "--impact", "6"),
        tocsin("show", NOWHERE, "-o", "json"),
        tocsin("delete", "contact", "ana"),
        tocsin("bogus"),
    )
    senseless.fails(2, "impact")
    unknown.fails(3, NOWHERE)
    conflict.fails(4, "used by")
    no_command.fails(2, "bogus")


async def test_without_any_stack_the_message_says_how_to_start_one(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    (await tocsin.process("list")).fails(5, "`tocsin up`", str(data))


async def test_the_data_folder_of_a_running_stack_is_enough(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch, database_url: str, temporal_address: str, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("TEMPORAL_ADDRESS")
    folder = tmp_path / "stack"
    folder.mkdir()
    StackFile(
        server="http://127.0.0.1:1",
        temporal=temporal_address,
        temporal_ui=None,
        database_url=database_url,
        api_token="none",
    ).write(folder)
    assert (await tocsin.process("--data", str(folder), "list", "-o", "json")).json == []
    monkeypatch.setenv("TOCSIN_DATA", str(folder))
    assert (await tocsin.process("list", "-o", "json")).json == []


async def test_postgresql_away(shop_without_worker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://tocsin@127.0.0.1:{choose_port(0)}/tocsin")
    (await shop_without_worker("list")).fails(5, "PostgreSQL does not answer")
    (await shop_without_worker("start", "shop-down")).fails(5, "PostgreSQL does not answer")


async def test_temporal_away(shop_without_worker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{choose_port(0)}")
    started = await shop_without_worker("start", "shop-down")
    assert started.code == 0
    assert "starts when Temporal is back" in started.out
    id_ = started.out.split()[0]
    (await shop_without_worker("ack", id_, "--contact", "ana")).fails(5, "Temporal does not answer")
    (await shop_without_worker("page", "ana", "--subject", "hello")).fails(5, "Temporal does not answer")
    (await shop_without_worker("timeline", id_, "--from-history")).fails(5, "Temporal does not answer")


async def test_a_malformed_setting_is_named(tocsin: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "many")
    (await tocsin("list")).fails(5, "TOCSIN_PORT")


async def test_the_data_folder_given_before_the_command_is_the_one_that_up_takes(
    tocsin: Command, tmp_path: Path
) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    ended = await tocsin.process("--data", str(no_folder), "up", "--port", "0")
    assert ended.code == 1
    assert str(no_folder) in ended.err


async def test_an_incident_is_acknowledged_while_postgresql_is_away(
    shop: Command, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    id_ = await shop.start("shop-down")
    await shop.until("show", id_, shows="mail: 1 sent")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://tocsin@127.0.0.1:{choose_port(0)}/tocsin")
    assert (await shop("ack", id_, "--contact", "ana")).code == 0
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert "ACKNOWLEDGED  by ana" in (await shop("show", id_)).out
