"""Bad input gets a clear error, an exit code that says what sort, and changes nothing."""

from pathlib import Path

from tests.cli.command import Command

NOWHERE = "00000000-0000-4000-8000-000000000000"


Refusals = list[tuple[list[str], list[str]]]

SENSELESS: Refusals = [
    (["start", "shop-down", "--impact", "6"], ["impact", "6"]),
    (["start", "shop-down", "--impact", "high"], ["impact", "high"]),
    (["start", "shop-down", "--title", "x" * 201], ["title", "200", "201"]),
    (["start", "shop-down", "--raw-data", "missing.json"], ["missing.json", "No such file"]),
    (["oncall", "--at", "noon"], ["'noon'", "2026-03-01T14:30"]),
    (["run", "restart"], ["Hosts", "required"]),
    (["run", "restart", "-p", 'Hosts=["a"]', "-p", "Sped=1"], ["Sped", "Speed"]),
    (["show", "be"], ["'be'", "4 characters"]),
    (["show", "%%%%"], ["'%%%%' is not an id"]),
    (["get", "widget"], ["'widget'", "ResponsePlan"]),
    (["apply", "missing.yaml"], ["missing.yaml: no such file or folder"]),
    (["list", "--impact", "0"], ["impact", "0"]),
    (["list", "--status", "closed"], ["closed", "resolved"]),
    (["list", "--limit", "0"], ["--limit", "1000"]),
    (["list", "--limit", "99999999999999999999"], ["--limit", "1000"]),
    (["launch"], ["launch"]),
    (["list", "--bogus"], ["--bogus"]),
]
UNKNOWN: Refusals = [
    (["start", "shop-dwn"], ["no response plan 'shop-dwn'", "quiet, shop-down"]),
    (["page", "zoe", "--subject", "hello"], ["'zoe'", "ana, ben"]),
    (["oncall", "nights"], ["'nights'", "pager"]),
    (["run", "rstart"], ["no runbook 'rstart'"]),
    (["show", NOWHERE], [NOWHERE]),
    (["show", "beef"], ["'beef'"]),
    (["timeline", NOWHERE], [NOWHERE]),
    (["timeline", NOWHERE, "--from-history"], [NOWHERE]),
    (["timeline", NOWHERE, "--follow"], [NOWHERE]),
    (["ack", NOWHERE], [NOWHERE]),
    (["execution", NOWHERE], [NOWHERE]),
    (["approve", NOWHERE], [NOWHERE]),
    (["watch", NOWHERE], [NOWHERE]),
    (["analysis", "show", NOWHERE], [NOWHERE]),
    (["delete", "contact", "zoe"], ["no Contact 'zoe'"]),
]


async def test_what_makes_no_sense_is_refused(shop_without_worker: Command) -> None:
    for arguments, words in SENSELESS:
        (await shop_without_worker(*arguments)).fails(2, *words)
    assert (await shop_without_worker("list", "--status", "all", "-o", "json")).json == []


async def test_what_does_not_exist_is_not_found(shop_without_worker: Command) -> None:
    for arguments, words in UNKNOWN:
        (await shop_without_worker(*arguments)).fails(3, *words)
    assert (await shop_without_worker("list", "--status", "all", "-o", "json")).json == []


async def test_a_trigger_of_three_megabytes_is_refused(shop_without_worker: Command, tmp_path: Path) -> None:
    trigger = tmp_path / "trigger.json"
    trigger.write_text("x" * 3_000_000)
    ended = await shop_without_worker("start", "shop-down", "--raw-data", str(trigger))
    ended.fails(2, "raw_data", "10000", "3000000 characters")
    assert len(ended.err) < 500
    assert (await shop_without_worker("list", "--status", "all", "-o", "json")).json == []


async def test_malformed_yaml_is_refused_by_file_and_line(
    shop_without_worker: Command, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: Contact\nname: zoe\n---\nkind: Contact\nname: [\n")
    before = (await shop_without_worker("get", "contacts", "-o", "json")).json
    (await shop_without_worker("apply", str(bad))).fails(2, f"{bad}:")
    assert (await shop_without_worker("get", "contacts", "-o", "json")).json == before


async def test_an_open_incident_keeps_its_state_when_a_change_is_refused(shop: Command) -> None:
    id_ = await shop.start("quiet")
    before = (await shop("show", id_, "-o", "json")).json
    (await shop("engage", id_, "zoe")).fails(3, "'zoe'")
    (await shop("ack", id_, "--contact", "ben")).fails(4, "'ben' has not been engaged")
    (await shop("update", id_)).fails(2, "nothing to change")
    (await shop("update", id_, "--impact", "6")).fails(2, "impact")
    (await shop("note", id_, "")).fails(2, "text")
    (await shop("event", "delete", id_, "beef")).fails(3, "'beef'")
    (await shop("relate", "add", id_, "ticket", "7")).fails(2, "ticket", "task")
    (await shop("approve", id_)).fails(4, "no execution that waits for approval")
    (await shop("analysis", "skip", id_, "--reason", "early")).fails(4, "OPEN")
    (await shop("analysis", "skip", id_)).fails(2, "--reason")
    (await shop("reopen", id_)).fails(4, "open")
    assert (await shop("show", id_, "-o", "json")).json == before


async def test_analysis_answers_are_checked_against_the_template(shop: Command, tmp_path: Path) -> None:
    id_ = await shop.start("shop-down")
    assert (await shop("resolve", id_)).code == 0
    (await shop("analysis", "complete", id_)).fails(2, "cause", "Why did it break?")
    (await shop("analysis", "complete", id_, "--answer", "why=x")).fails(2, "'why'", "cause, luck")
    (await shop("analysis", "complete", id_, "--answer", "cause")).fails(2, "QUESTION=TEXT")
    file = tmp_path / "answers.yaml"
    file.write_text("answer: {cause: x}\n")
    (await shop("analysis", "complete", id_, "--file", str(file))).fails(2, str(file), "answer")
    assert (await shop("show", id_, "-o", "json")).json["incident"]["closed_at"] is None


async def test_a_closed_incident_does_not_change_any_more(shop: Command) -> None:
    id_ = await shop.start("quiet")
    await shop.close(id_)
    before = (await shop("timeline", id_, "-o", "json")).json
    for change in (
        ["update", id_, "--impact", "1"],
        ["ack", id_, "--contact", "ana"],
        ["resolve", id_],
        ["reopen", id_],
        ["note", id_, "late"],
        ["engage", id_, "ana"],
    ):
        (await shop(*change)).fails(4, "closed")
    assert (await shop("timeline", id_, "-o", "json")).json == before
