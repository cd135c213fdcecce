"""tocsin:http: what is sent, what comes back, and what is tried again."""

import json

import pytest

from activities.automation.actions import tocsin_http
from activities.automation.effects import effects
from tests.scripts.service import Service
from tests.scripts.steps import EXECUTION, Steps


async def test_a_map_is_sent_as_json_and_a_json_answer_is_read(steps: Steps, service: Service) -> None:
    service.answer((201, {"id": 7}, {"X-Trace": "t", "Set-Cookie": "session=geheim"}))
    inputs = {"Method": "post", "Url": f"{service.url}/tickets?x=1", "Body": {"title": "Shop ü"}}
    response = await steps.do("tocsin:http", inputs)
    assert response["StatusCode"] == 201
    assert response["Body"] == {"id": 7}
    assert response["Headers"]["x-trace"] == "t"
    assert "set-cookie" not in response["Headers"]
    (asked,) = service.asked
    assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/tickets?x=1", {"title": "Shop ü"})
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"] == f"{EXECUTION}:step"


async def test_text_is_sent_and_read_as_it_is(steps: Steps, service: Service) -> None:
    service.answer((200, b"plain"))
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "mine", "X-Number": 3}
    response = await steps.do(
        "tocsin:http", {"Method": "PUT", "Url": service.url, "Body": "a,b", "Headers": headers}
    )
    assert response["Body"] == "plain"
    (asked,) = service.asked
    assert (asked.body, asked.headers["content-type"], asked.headers["idempotency-key"]) == (
        "a,b",
        "text/csv",
        "mine",
    )
    assert asked.headers["x-number"] == "3"


async def test_another_status_fails_the_step_with_its_outputs(steps: Steps, service: Service) -> None:
    service.answer((404, {"error": "no such ticket"}))
    message, details = await steps.failure(steps.do("tocsin:http", {"Url": service.url}))
    assert message == 'GET: status 404, expected 200-299\n{"error": "no such ticket"}'
    assert details.response is not None
    assert details.response["StatusCode"] == 404
    assert (details.stage, details.kind) == ("PostVerification", "Verification")


@pytest.mark.parametrize("expected", [404, "404", [200, "400-404"]])
async def test_any_status_may_be_expected(steps: Steps, service: Service, expected: object) -> None:
    service.answer((404, {}))
    assert (await steps.do("tocsin:http", {"Url": service.url, "ExpectedStatus": expected}))[
        "StatusCode"
    ] == 404


async def test_a_redirect_is_told_of_and_not_followed(steps: Steps, service: Service) -> None:
    service.answer((302, {}, {"location": "https://elsewhere.example/"}))
    message, _ = await steps.failure(steps.do("tocsin:http", {"Url": service.url}))
    assert message.startswith("GET: status 302, expected 200-299; it leads to https://elsewhere.example/")


async def test_a_service_in_trouble_is_asked_again_under_the_same_key(
    steps: Steps, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tocsin_http, "FIRST_PAUSE", 0.01)
    service.answer((503, {}), (429, {}, {"retry-after": "0"}), (200, {"ok": True}))
    response = await steps.do("tocsin:http", {"Method": "POST", "Url": service.url, "Retries": 2})
    assert response["Body"] == {"ok": True}
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 1
    assert len(service.asked) == 3


async def test_what_will_not_change_is_not_asked_again(steps: Steps, service: Service) -> None:
    service.answer((400, {}))
    await steps.failure(steps.do("tocsin:http", {"Url": service.url, "Retries": 5}))
    assert len(service.asked) == 1


async def test_nobody_there_fails_the_step_without_telling_the_url(steps: Steps) -> None:
    message, details = await steps.failure(steps.do("tocsin:http", {"Url": "http://127.0.0.1:9/?key=geheim"}))
    assert message.startswith("GET: no answer: ")
    assert "geheim" not in message
    assert details.kind == "Internal"


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(steps: Steps, service: Service) -> None:
    service.answer((200, b"x" * 5_000_000))
    message, _ = await steps.failure(steps.do("tocsin:http", {"Url": service.url}))
    assert message == "GET: the answer is too large to be kept"


WRONG = [
    ({"Url": "ftp://x"}, "Url should begin with https:// or http://"),
    ({"Url": "http://x", "Method": "FETCH"}, "Method should be one of GET, HEAD, POST"),
    ({"Url": "http://x", "ExpectedStatus": "ok"}, "ExpectedStatus should be numbers and ranges"),
    ({"Url": "http://x", "Timeout": "soon"}, "Timeout should be a number, got 'soon'"),
    ({"Url": "http://x", "Retries": 100}, "Retries should be from 0 to 20, got 100"),
]


@pytest.mark.parametrize(("inputs", "told"), WRONG, ids=[told[:30] for _, told in WRONG])
async def test_wrong_inputs_are_refused(steps: Steps, inputs: dict[str, object], told: str) -> None:
    message, details = await steps.failure(steps.do("tocsin:http", inputs))
    assert message.startswith(told)
    assert details.stage == "InputValidation"


def test_only_methods_that_may_be_repeated_are() -> None:
    repeatable = effects()["tocsin:http"].repeatable
    assert [
        method
        for method in ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH")
        if repeatable({"Method": method})
    ] == [*("GET", "HEAD", "PUT", "DELETE")]
