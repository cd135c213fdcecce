"""tocsin:wait: until a service answers as wanted, or a database holds what is wanted."""

import asyncio
from typing import Any

import pytest

from records import automation_logs
from records.database import Pool, acquire
from tests.scripts.service import Service
from tests.scripts.steps import Steps


async def test_it_waits_until_the_service_is_healthy_and_keeps_what_it_saw(
    recorded_steps: Steps, service: Service, pool: Pool
) -> None:
    service.answer(
        (503, {}), (503, {}), (200, {"checks": [{"state": "starting"}]}), (200, {"checks": [{"state": "Up"}]})
    )
    inputs = {"Url": service.url, "Selector": "$.checks[0].state", "DesiredValues": ["Up"], "Interval": 0.1}
    assert await recorded_steps.do("tocsin:wait", inputs) == {"Value": "Up"}
    async with acquire(pool) as connection:
        lines = await automation_logs.read(connection, recorded_steps.step_execution_id)
    assert [line.text for line in lines] == ["saw status 503", "saw starting", "saw Up"]


async def test_it_waits_for_a_text_or_for_a_status_alone(steps: Steps, service: Service) -> None:
    service.answer((200, {"state": "draining"}), (200, {"state": "ready"}))
    inputs: dict[str, Any] = {"Url": service.url, "BodyContains": "ready", "Interval": "0.1"}
    assert await steps.do("tocsin:wait", inputs) == {"Value": 200}
    service.answer((200, {}), (404, {}))
    inputs = {"Url": service.url, "ExpectedStatus": 404, "Interval": 0.1}
    assert await steps.do("tocsin:wait", inputs) == {"Value": 404}


async def test_a_service_that_is_away_is_looked_at_again(steps: Steps) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await steps.do("tocsin:wait", {"Url": "http://127.0.0.1:9", "Interval": 0.1})


async def test_it_waits_until_the_first_value_of_a_query_is_as_wanted(
    steps: Steps, database_url: str, pool: Pool
) -> None:
    inputs = {
        "DatabaseUrl": database_url,
        "Query": "select count(*), 'x' from api_tokens",
        "DesiredValues": ["1", 2],
        "Interval": 0.1,
    }
    work = asyncio.ensure_future(steps.do("tocsin:wait", inputs))
    await asyncio.sleep(0.3)
    assert not work.done()
    async with acquire(pool) as connection:
        await connection.execute("insert into api_tokens (name, sha256) values ('x', sha256('x'))")
    assert await work == {"Value": 1}


async def test_truth_is_truth_however_it_is_written(steps: Steps, database_url: str) -> None:
    inputs = {"DatabaseUrl": database_url, "Query": "select true", "DesiredValues": ["True"]}
    assert await steps.do("tocsin:wait", inputs) == {"Value": True}


@pytest.mark.parametrize(
    "query",
    [
        "delete from api_tokens returning 1",
        "select set_config('transaction_read_only', 'off', false)",
        "select 1; delete from api_tokens",
        "selekt 1",
        "select 1 from nowhere",
    ],
)
async def test_a_query_that_writes_or_cannot_be_right_fails_the_step(
    steps: Steps, database_url: str, query: str
) -> None:
    inputs = {"DatabaseUrl": database_url, "Query": query, "DesiredValues": ["never"], "Interval": 0.1}
    message, _ = await steps.failure(steps.do("tocsin:wait", inputs))
    assert message.startswith("the query cannot be answered: ")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "tocsin:wait needs either Url or DatabaseUrl"),
    ({"Url": "http://x", "Selector": "$.a"}, "DesiredValues should be a list of at least one value"),
    ({"Url": "http://x", "Selector": "$[", "DesiredValues": [1]}, "selector '$[' is not JSONPath"),
    (
        {"DatabaseUrl": "mysql://x", "Query": "select 1", "DesiredValues": [1]},
        "DatabaseUrl should be like postgresql://",
    ),
    ({"DatabaseUrl": "postgresql://x", "DesiredValues": [1]}, "Query should be a text, got None"),
]


@pytest.mark.parametrize(("inputs", "told"), WRONG, ids=[told[:30] for _, told in WRONG])
async def test_wrong_inputs_are_refused(steps: Steps, inputs: dict[str, Any], told: str) -> None:
    message, details = await steps.failure(steps.do("tocsin:wait", inputs))
    assert message.startswith(told)
    assert details.stage == "InputValidation"
