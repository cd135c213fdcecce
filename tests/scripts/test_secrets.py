"""Secrets: where they are put in, and that nothing a step says ever shows them."""

import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from activities.automation.secrets import Mask
from records import automation_logs
from records.database import Pool, acquire
from tests.scripts.service import Service
from tests.scripts.steps import Steps

TOKEN = 's3cr&t "tökèn"/'


def written(**inputs: object) -> dict[str, object]:
    return {"written": inputs, "values": {"Host": "db-1", "Evil.Text": "{{ secret:api }}"}}


async def test_a_secret_is_put_in_where_the_document_names_it(steps: Steps, service: Service) -> None:
    steps.secrets["api"] = "abcdefgh"
    headers = {
        "Authorization": "Bearer {{ secret:api }}",
        "X-Host": "{{ Host }}",
        "X-Text": "{{ Evil.Text }}",
    }
    inputs = {"Url": service.url, "Headers": headers}
    await steps.do("tocsin:http", inputs, **written(Headers=headers))
    (asked,) = service.asked
    assert asked.headers["authorization"] == "Bearer abcdefgh"
    assert asked.headers["x-host"] == "db-1"
    # A value that reads like a secret's name never becomes the secret.
    assert asked.headers["x-text"] == "{{ secret:api }}"


async def test_a_value_that_names_a_secret_stays_as_it_is(steps: Steps, service: Service) -> None:
    steps.secrets["api"] = "abcdefgh"
    await steps.do("tocsin:http", {"Url": service.url, "Headers": {"X-Text": "{{ secret:api }}"}})
    assert service.asked[0].headers["x-text"] == "{{ secret:api }}"


async def test_response_and_log_hide_secrets_in_every_spelling(recorded_steps: Steps, pool: Pool) -> None:
    recorded_steps.secrets["api"] = TOKEN
    payload = {"token": "{{ secret:api }}"}
    source = """
import json
from urllib.parse import quote
def run(events, context):
    token = events['token']
    print('the token is', token, 'or', json.dumps(token), 'or', quote(token, safe=''))
    return {'plain': token, token: 1, 'json': json.dumps(events), 'url': 'https://x/?t=' + quote(token)}
"""
    inputs = {"Runtime": "python3.11", "Handler": "run", "Script": source, "InputPayload": payload}
    response = await recorded_steps.do("aws:executeScript", inputs, **written(InputPayload=payload))
    assert response["Payload"] == {
        "plain": "***",
        "***": 1,
        "json": '{"token": "***"}',
        "url": "https://x/?t=***",
    }
    async with acquire(pool) as connection:
        lines = await automation_logs.read(connection, recorded_steps.step_execution_id)
    assert [line.text for line in lines] == ['the token is *** or "***" or ***']


async def test_a_failure_hides_secrets_as_well(steps: Steps) -> None:
    steps.secrets["api"] = TOKEN
    payload = {"token": "{{ secret:api }}"}
    source = "def run(events, context):\n    raise ValueError('bad token ' + events['token'])"
    inputs = {"Runtime": "python3.11", "Handler": "run", "Script": source, "InputPayload": payload}
    message, _ = await steps.failure(steps.do("aws:executeScript", inputs, **written(InputPayload=payload)))
    assert message.startswith("ValueError - bad token ***")
    assert TOKEN not in message


async def test_a_wrong_address_that_is_a_secret_is_not_told(steps: Steps) -> None:
    steps.secrets["db"] = "postgresql://shop:geheim@127.0.0.1:port/shop"
    wrong = {"DatabaseUrl": "{{ secret:db }}", "Query": "select 1", "DesiredValues": [1]}
    message, details = await steps.failure(
        steps.do("tocsin:wait", wrong, **written(DatabaseUrl="{{ secret:db }}"))
    )
    assert "geheim" not in message
    assert details.stage == "InputValidation"


async def test_a_missing_secret_fails_the_step_and_says_what_to_set(steps: Steps) -> None:
    message, details = await steps.failure(
        steps.do("tocsin:http", {"Url": "x"}, **written(Url="https://{{ secret:nope }}"))
    )
    assert message == "no secret 'nope': set TOCSIN_SECRET_NOPE"
    assert details.stage == "InputValidation"


async def test_a_script_is_never_looked_through_for_secrets(steps: Steps) -> None:
    source = "def run(e, c):\n    return '{{ secret:api }}'"
    inputs = {"Runtime": "python3.11", "Handler": "run", "Script": source}
    response = await steps.do("aws:executeScript", inputs, **written(Script=source))
    assert response["Payload"] == "{{ secret:api }}"


def test_secrets_of_many_lines_are_hidden_line_by_line() -> None:
    mask = Mask(["-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n"])
    assert mask.text("read MIIEvQIBADAN") == "read ***"


def test_what_is_too_short_to_be_a_secret_is_not_hidden() -> None:
    assert Mask(["abc", ""]).text("abc, abcd") == "abc, abcd"


@given(st.text(min_size=4, max_size=40).map(str.strip).filter(lambda text: len(text) >= 4))
def test_no_spelling_of_any_secret_gets_through(secret: str) -> None:
    mask = Mask([secret])
    for spelling in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert mask.text(f"<{spelling}>") == "<***>"
