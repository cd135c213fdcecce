"""What scripts, services and files try: each ends in a clear failure or in nothing, and leaves nothing behind."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from activities.automation.actions.tocsin_http import LARGEST_BODY
from activities.automation.attachments import unpack
from activities.automation.effects import LONGEST_MESSAGE
from activities.automation.sandbox import Confinement, Sandbox
from activities.automation.secrets import Mask
from activities.http_client import http_client
from tests.scripts.service import Service
from tests.scripts.steps import Steps, alive
from tests.scripts.test_sandbox import cut_off, until

SECRET = "geheimnis-123"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("confinement", [None, Confinement.LIMITS], ids=["runShell", "limits only"])
async def test_a_child_that_leaves_its_group_and_its_variables_dies_as_well(
    http: httpx2.AsyncClient, confinement: Confinement | None
) -> None:
    seconds = f"300.{uuid4().int % 10**9}"
    leaving = f"env -i setsid -f sleep {seconds} > /dev/null 2>&1 < /dev/null; sleep 60"
    steps = Steps(http, sandbox=Sandbox(confinement or Confinement.BUBBLEWRAP))
    work = steps.bash(leaving) if confinement else steps.do("tocsin:runShell", {"Commands": [leaving]})
    took = await cut_off(work, lambda: any(_is_sleep(pid) for pid in alive(seconds)))
    assert took < 2
    await until(lambda: not alive(seconds), 1)


def _is_sleep(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "sleep\n"
    except OSError:
        return False


async def test_a_script_without_bubblewrap_leaves_nobody_behind_when_it_ends(
    http: httpx2.AsyncClient,
) -> None:
    seconds = f"300.{uuid4().int % 10**9}"
    steps = Steps(http, sandbox=Sandbox(Confinement.LIMITS))
    await steps.bash(f"env -i setsid -f sleep {seconds} > /dev/null 2>&1 < /dev/null")
    assert not alive(seconds)


async def test_what_commands_leave_running_on_purpose_goes_on(steps: Steps) -> None:
    seconds = f"2.{uuid4().int % 10**9}"
    commands = [f"setsid sleep {seconds} > /dev/null 2>&1 & echo begun"]
    assert (await steps.do("tocsin:runShell", {"Commands": commands}))["Output"] == "begun"
    assert alive(seconds)


async def test_pipes_break_for_commands_as_in_any_shell(steps: Steps) -> None:
    assert (await steps.do("tocsin:runShell", {"Commands": ["yes | head -1"]}))["Output"] == "y"


@pytest.mark.parametrize("confinement", [Confinement.BUBBLEWRAP, Confinement.LIMITS])
async def test_when_memory_ends_the_script_goes_first(
    http: httpx2.AsyncClient, confinement: Confinement
) -> None:
    response = await Steps(http, sandbox=Sandbox(confinement)).bash("cat /proc/self/oom_score_adj")
    assert response["ExecutionLog"] == "1000"


async def test_a_failure_as_long_as_a_book_is_cut_in_the_middle(steps: Steps) -> None:
    message, _ = await steps.failure(steps.python("def run(e, c): raise ValueError('x' * 900_000 + 'end')"))
    assert message.startswith("ValueError - xxx")
    assert "xxx ... " in message
    assert len(message) < LONGEST_MESSAGE + 10


@pytest.mark.parametrize("constant", ["NaN", "1e999"])
async def test_a_result_that_json_cannot_say_fails_the_step(steps: Steps, constant: str) -> None:
    message, _ = await steps.failure(steps.bash(f"echo '[{constant}]' > $OUTPUT_PAYLOAD"))
    assert message.startswith("the answer is not JSON: Out of range float values")


async def test_half_a_character_in_a_services_answer_is_replaced(steps: Steps, service: Service) -> None:
    service.answer((200, b'{"cut": "x\\ud83d"}', JSON))
    response = await steps.do("tocsin:http", {"Url": service.url})
    assert response["Body"] == {"cut": "x\N{REPLACEMENT CHARACTER}"}
    json.dumps(response, ensure_ascii=False).encode()


async def test_what_one_service_sets_as_a_cookie_no_other_step_sends(service: Service) -> None:
    service.answer((200, {}, {"set-cookie": f"session={SECRET}; Path=/"}))
    async with http_client() as http:
        steps = Steps(http, sandbox=Sandbox(Confinement.BUBBLEWRAP))
        for _ in range(2):
            await steps.do("tocsin:http", {"Url": service.url})
    assert ["cookie" in asked.headers for asked in service.asked] == [False, False]


async def test_how_a_body_is_sent_is_not_for_headers_to_say(steps: Steps, service: Service) -> None:
    headers = {"Content-Length": "1", "Transfer-Encoding": "chunked"}
    await steps.do("tocsin:http", {"Url": service.url, "Method": "PUT", "Body": "abc", "Headers": headers})
    assert (service.asked[0].body, service.asked[0].headers["content-length"]) == ("abc", "3")
    assert "transfer-encoding" not in service.asked[0].headers


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("before", [495, LARGEST_BODY - 5])
async def test_a_secret_is_hidden_that_stands_where_a_text_is_cut(
    steps: Steps, service: Service, before: int, status: int
) -> None:
    steps.secrets["api"] = SECRET
    service.answer((status, b"x" * before + SECRET.encode() + b"y" * 90_000))
    url = {"Url": service.url + "/{{ secret:api }}"}
    message, details = await steps.failure(steps.do("tocsin:http", {"Url": "x"}, written=url))
    assert SECRET[:5] not in message + str(details.response)


async def test_a_header_that_cannot_be_sent_is_not_quoted(steps: Steps, service: Service) -> None:
    message, _ = await steps.failure(
        steps.do("tocsin:http", {"Url": service.url, "Headers": {"Authorization": f"{SECRET}\n"}})
    )
    assert message == "GET: not sent: a header cannot be sent as it is"


@pytest.mark.parametrize(
    "spelled",
    [
        "pa%20ss!w%C3%B6rd/1",
        "pa+ss%21w%c3%b6rd%2f1",
        "pa ss!w\\u00F6rd\\/1",
        base64.b64encode("user:pa ss!wörd/1".encode()).decode(),
        base64.urlsafe_b64encode("pa ss!wörd/1".encode()).decode(),
    ],
)
def test_a_secret_is_hidden_however_others_escape_it(spelled: str) -> None:
    hidden = Mask(["pa ss!wörd/1"]).text(f"<{spelled}>")
    assert "***" in hidden
    assert len(hidden) < 16


def test_numbers_and_deep_texts_of_secrets_are_hidden() -> None:
    assert Mask(["12345678"]).json({"pin": 12345678, "ratio": 0.5, "is": True}) == {
        "pin": "***",
        "ratio": 0.5,
        "is": True,
    }


@pytest.mark.parametrize(
    "query",
    ["COPY (SELECT 1) TO PROGRAM 'touch {}'", "COPY (SELECT 1) TO '{}'", "SET TRANSACTION READ WRITE"],
)
async def test_a_query_that_gives_no_rows_is_refused_before_it_runs(
    steps: Steps, database_url: str, tmp_path: Path, query: str
) -> None:
    inputs = {"DatabaseUrl": database_url, "Query": query.format(tmp_path / "made"), "DesiredValues": [1]}
    message, details = await steps.failure(steps.do("tocsin:wait", inputs))
    assert message == "Query should be one that gives rows, such as a select"
    assert details.stage == "InputValidation"
    assert not (tmp_path / "made").exists()


async def test_lists_from_a_database_are_compared_as_json(steps: Steps, database_url: str) -> None:
    inputs = {
        "DatabaseUrl": database_url,
        "Query": "select array[date '2030-01-01']",
        "DesiredValues": ['["2030-01-01"]'],
    }
    assert await steps.do("tocsin:wait", inputs) == {"Value": ["2030-01-01"]}


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
async def test_a_bent_zip_file_fails_the_step(tmp_path: Path, packing: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        archive.writestr("a.py", "x = 1\n" * 1000)
    bent = bytearray(buffer.getvalue())
    bent[40:60] = b"\xff" * 20
    with pytest.raises(Exception, match=r"'a\.zip' cannot be unpacked"):
        await unpack("a.zip", bytes(bent), tmp_path)


WRONG: list[dict[str, Any]] = [
    {"Environment": {"A": "x\0y"}},
    {"Environment": {"A": "x\ud800"}},
    {"ExpectedExitCodes": [float("inf")]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=["nul", "half a character", "endless"])
async def test_what_no_process_can_be_given_is_refused(steps: Steps, wrong: dict[str, Any]) -> None:
    _, details = await steps.failure(steps.do("tocsin:runShell", {"Commands": ["true"], **wrong}))
    assert details.stage == "InputValidation"
