"""Files that a document brings along: from the YAML's folder or from a URL, checked, unpacked, imported."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from activities.automation import attachments as fetching
from activities.automation.steps import AttachedFile
from client import Tocsin
from client.errors import InvalidInputError
from definitions.base import Kind
from definitions.changes import Action
from definitions.loader import load
from definitions.problems import DefinitionError
from definitions.runbooks import STORED, Runbook, attached_files
from records import attachments
from records.database import Pool, acquire
from settings import Settings
from tests.scripts.service import Service
from tests.scripts.steps import Steps


def zipped(**files: str) -> bytes:
    return zipped_as({name.replace("__", "/") + ".py": text for name, text in files.items()})


def zipped_as(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def document(**files: str) -> dict[str, Any]:
    """A document that names these files with these checksums, "" for none."""
    named = {
        name: {"checksums": {"sha256": checksum} if checksum else {}} for name, checksum in files.items()
    }
    step = {"name": "go", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
    return {"schemaVersion": "0.3", "files": named, "mainSteps": [step]}


def write_runbook(folder: Path, **keys: Any) -> Path:
    path = folder / "heal.yaml"
    path.write_text(yaml.safe_dump({"kind": "Runbook", "name": "heal", **keys}))
    return path


HELPERS = zipped(
    helpers="def double(n):\n    return 2 * n", package____init__="", package__deep="NAME = 'deep'"
)
HANDLER = zipped(
    heal="import helpers\ndef run(events, context):\n    return helpers.NAME", helpers="NAME = 'inside'"
)


async def attached(
    steps: Steps, service: Service, content: bytes, name: str = "tools.zip", **inputs: str
) -> Any:
    service.answer((200, content))
    file = AttachedFile(name=name, source=f"{service.url}/{name}", sha256=sha256(content))
    given = {"Runtime": "python3.11", "Handler": "run", "Attachment": name, **inputs}
    return (await steps.do("aws:executeScript", given, files=[file]))["Payload"]


async def test_a_script_imports_modules_of_the_attached_zip(steps: Steps, service: Service) -> None:
    source = "import helpers, package.deep\ndef run(e, c):\n    return [helpers.double(4), package.deep.NAME]"
    assert await attached(steps, service, HELPERS, Script=source) == [8, "deep"]


async def test_a_handler_may_be_in_the_attached_zip_or_file(steps: Steps, service: Service) -> None:
    assert await attached(steps, service, HANDLER, Handler="heal.run") == "inside"
    single = b"def run(events, context):\n    return 'single'"
    assert await attached(steps, service, single, "heal.py", Handler="heal.run") == "single"


@pytest.mark.parametrize("script", ["%SCRIPT%", "def hello(): return hello"])
async def test_a_placeholder_for_a_script_leaves_the_handler_to_the_attached_file(
    steps: Steps, service: Service, script: str
) -> None:
    assert await attached(steps, service, HANDLER, Handler="heal.run", Script=script) == "inside"
    message, _ = await steps.failure(attached(steps, service, HANDLER, Script=script))
    assert message.startswith(("SyntaxError - ", "LookupError - the script defines no function 'run'"))


async def test_a_handler_of_no_attached_file_is_of_the_script(steps: Steps, service: Service) -> None:
    source = "import helpers\ndef run(e, c):\n    return helpers.double(2)"
    assert await attached(steps, service, HELPERS, Handler="script.run", Script=source) == 4


@pytest.mark.parametrize("place", ["os.getcwd()", "os.path.dirname(os.path.realpath(__file__))"])
async def test_a_script_finds_attached_files_beside_itself_and_may_write_there(
    steps: Steps, service: Service, place: str
) -> None:
    source = f"""
import os
def run(e, c):
    open(os.path.join({place}, "written"), "w").close()
    return open(os.path.join({place}, "package", "deep.py")).read()
"""
    assert await attached(steps, service, HELPERS, Script=source) == "NAME = 'deep'"


async def test_a_handler_that_is_not_in_the_file_is_told_of(steps: Steps, service: Service) -> None:
    message, _ = await steps.failure(attached(steps, service, HANDLER, Handler="heal.jump"))
    assert message.startswith("LookupError - the attached file 'heal' defines no function 'jump'")


async def test_a_file_is_fetched_once(steps: Steps, service: Service) -> None:
    content = zipped(heal=f"def run(e, c):\n    return {service.url!r}")
    for _ in range(2):
        assert await attached(steps, service, content, Handler="heal.run") == service.url
    assert len(service.asked) == 1


async def test_a_file_with_another_checksum_is_refused(steps: Steps, service: Service) -> None:
    service.answer((200, b"changed"))
    file = AttachedFile(name="a.zip", source=f"{service.url}/a.zip", sha256=sha256(b"as it was"))
    inputs = {"Runtime": "python3.11", "Handler": "a.run", "Attachment": "a.zip"}
    message, _ = await steps.failure(steps.do("aws:executeScript", inputs, files=[file]))
    assert "has the SHA-256" in message
    assert "it must be" in message


UNSAFE = [
    (zipped_as({"../../evil.py": "x"}), "leads out of its folder"),
    (zipped_as({"/evil.py": "x"}), "leads out of its folder"),
    (zipped_as({"..\\evil.py": "x"}), "leads out of its folder"),
    (zipped_as({"bomb": "\0" * 101_000_000}), "is more than 100 MB when unpacked"),
    (zipped_as({f"f{n}": "" for n in range(1001)}), "holds 1001 files; at most 1000"),
    (b"PK no zip", "cannot be unpacked: File is not a zip file"),
]


@pytest.mark.parametrize(("content", "told"), UNSAFE, ids=range(len(UNSAFE)))
async def test_zips_that_lead_out_or_blow_up_are_refused(
    tmp_path: Path, steps: Steps, service: Service, content: bytes, told: str
) -> None:
    message, _ = await steps.failure(attached(steps, service, content, Script="def run(e, c): pass"))
    assert told in message


async def test_links_in_zips_are_refused(steps: Steps, service: Service) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("passwd")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    message, _ = await steps.failure(
        attached(steps, service, buffer.getvalue(), Script="def run(e, c): pass")
    )
    assert "'passwd', which leads out of its folder" in message


async def test_too_large_a_download_is_broken_off(
    steps: Steps, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST_ATTACHMENT", 10_000)
    message, _ = await steps.failure(attached(steps, service, b"x" * 10_001, Script="def run(e, c): pass"))
    assert message.endswith("is larger than 0 MB")


async def test_applying_a_runbook_stores_the_files_of_its_folder(
    settings: Settings, recorded_steps: Steps, pool: Pool, tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "tools.zip").write_bytes(HANDLER)
    path = write_runbook(
        tmp_path, document=document(**{"tools.zip": sha256(HANDLER).upper()}), attachments="files"
    )
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        assert [change.action for change in await tocsin.apply([path])] == [Action.ADDED]
        assert [change.action for change in await tocsin.apply([path])] == [Action.UNCHANGED]
        runbook = await tocsin.get_definition(Kind.RUNBOOK, "heal")
    assert isinstance(runbook, Runbook)
    source = attached_files(runbook)["tools.zip"]
    assert (source.source, source.sha256) == (STORED, sha256(HANDLER))
    async with acquire(pool) as connection:
        assert await attachments.read(connection, source.sha256) == HANDLER
    fetching._cache.clear()
    file = AttachedFile(name="tools.zip", source=source.source, sha256=source.sha256)
    inputs = {"Runtime": "python3.11", "Handler": "heal.run", "Attachment": "tools.zip"}
    assert (await recorded_steps.do("aws:executeScript", inputs, files=[file]))["Payload"] == "inside"


async def test_a_runner_without_a_database_says_that_it_cannot_have_the_file(steps: Steps) -> None:
    file = AttachedFile(name="a.zip", source=STORED, sha256=sha256(b"never seen"))
    inputs = {"Runtime": "python3.11", "Handler": "a.run", "Attachment": "a.zip"}
    message, _ = await steps.failure(steps.do("aws:executeScript", inputs, files=[file]))
    assert "this runner has no DATABASE_URL" in message


async def test_a_file_that_no_runbook_places_is_told_of(steps: Steps) -> None:
    inputs = {"Runtime": "python3.11", "Handler": "a.run", "Attachment": "a.zip"}
    message, _ = await steps.failure(steps.do("aws:executeScript", inputs))
    assert message == (
        "where the file 'a.zip' is, the runbook does not say (known: none); give it in its attachments"
    )


@pytest.mark.parametrize("kind", ["sha256", "SHA256"])
def test_urls_need_the_documents_checksum_and_keep_it(kind: str) -> None:
    named = document() | {"files": {"a b.zip": {"checksums": {"MD5": "b" * 32, kind: "A" * 64}}}}
    runbook = Runbook(name="heal", document=named, attachments="https://files.example/heal/")
    (source,) = attached_files(runbook).values()
    assert (source.source, source.sha256) == ("https://files.example/heal/a%20b.zip", "a" * 64)


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"attachments": "files"},
        "3: {folder}/files/tools.zip cannot be read: No such file or directory; check the path",
    ),
    ({"attachments": {"tools.zip": "wrong.zip"}}, "wrong.zip has the SHA-256"),
    (
        {"attachments": {"other.zip": "https://x/other.zip"}},
        "the document names no file 'other.zip' in 'files'",
    ),
    (
        {"attachments": "https://x", "document": document(**{"tools.zip": ""})},
        "https://x/tools.zip could change; give files.tools.zip.checksums.sha256 in the document",
    ),
    (
        {"attachments": "https://x", "document": document(**{"../x.zip": "a" * 64})},
        "'../x.zip' cannot name a file",
    ),
]


@pytest.mark.parametrize(("keys", "told"), REFUSED, ids=range(len(REFUSED)))
def test_attachments_that_cannot_be_had_are_refused_at_the_door(
    tmp_path: Path, keys: dict[str, Any], told: str
) -> None:
    (tmp_path / "wrong.zip").write_bytes(b"another")
    path = write_runbook(tmp_path, **{"document": document(**{"tools.zip": "a" * 64}), **keys})
    with pytest.raises(DefinitionError) as refusal:
        load([path])
    assert told.partition(": ")[2].format(folder=tmp_path) in str(refusal.value) or told in str(refusal.value)


async def test_a_path_that_comes_from_no_file_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"'files/tools\.zip' is a path, which only a definition in a file can name"
    ):
        Runbook(name="heal", document=document(**{"tools.zip": "a" * 64}), attachments="files")


async def test_a_file_that_changes_while_it_is_applied_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "tools.zip").write_bytes(b"as it was")
    loaded = load([write_runbook(tmp_path, document=document(**{"tools.zip": ""}), attachments=".")])
    (tmp_path / "tools.zip").write_bytes(b"changed")
    async with await Tocsin.connect(settings, author="chi") as tocsin:
        with pytest.raises(InvalidInputError, match="was changed just now; apply again"):
            await tocsin.apply(loaded)
