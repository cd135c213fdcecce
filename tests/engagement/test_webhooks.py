"""Pages by webhook: what is sent, how it is signed, and what an answer means."""

import base64
import hashlib
import hmac
from pathlib import Path

from tests.engagement.phone import Behaviour, Phone
from tests.engagement.story import Stories


def ana(*addresses: str, secret: str = "") -> str:
    channels = ", ".join(
        f"{{name: hook{number}, type: WEBHOOK, address: '{address}'{secret}}}"
        for number, address in enumerate(addresses)
    )
    targets = ", ".join(f"{{channel: hook{number}}}" for number in range(len(addresses)))
    return (
        f"{{kind: Contact, name: ana, channels: [{channels}],"
        f" plan: {{stages: [{{duration: 5m, targets: [{targets}]}}]}}}}"
    )


async def test_a_webhook_is_signed_with_the_channels_secret(
    stories: Stories, phone: Phone, secrets: Path
) -> None:
    (secrets / "HOOK").write_text("s3cret\n")
    await stories.given(ana(phone.url, secret=", secret: '{{ secret:HOOK }}'"))
    story = await stories.page("ana")
    await story.expect("0s ana hook0")
    [ring] = phone.rings
    assert ring.json["subject"] == "The shop is down"
    assert ring.json["engagement_id"] == story.id
    signed = f"{ring.headers['webhook-id']}.{ring.headers['webhook-timestamp']}.".encode() + ring.payload
    digest = hmac.new(b"s3cret", signed, hashlib.sha256).digest()
    assert ring.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    for run in await story.runs():
        assert "s3cret" not in run.to_json()


async def test_a_webhook_without_a_secret_is_not_signed(stories: Stories, phone: Phone) -> None:
    await stories.given(ana(phone.url))
    story = await stories.page("ana")
    await story.expect("0s ana hook0")
    assert "webhook-signature" not in phone.rings[0].headers


async def test_a_secret_that_is_missing_keeps_the_page_waiting_until_somebody_puts_it_there(
    stories: Stories, phone: Phone, secrets: Path
) -> None:
    await stories.given(ana(phone.url, secret=", secret: '{{ secret:HOOK }}'"))
    story = await stories.page("ana")
    assert not phone.rings
    assert "HOOK" in (await story.record()).people["ana"].pages[0].receipts[0].info
    (secrets / "HOOK").write_text("s3cret")
    await story.at("1h")
    await story.expect("0s ana hook0 RETRY", "5s ana hook0")
    assert "webhook-signature" in phone.rings[0].headers


async def test_what_an_answer_means(stories: Stories, phone: Phone) -> None:
    statuses = [200, 204, 301, 400, 404, 410, 408, 425, 429, 500, 503]
    await stories.given(ana(*(f"{phone.url}status/{status}" for status in statuses)))
    story = await stories.page("ana")
    await story.acknowledge("ana")
    outcomes = ["", "", *["REJECTED"] * 4, *["RETRY"] * 5]
    await story.expect(*(f"0s ana hook{number} {outcome}" for number, outcome in enumerate(outcomes)))


async def test_nobody_listening_is_tried_again(stories: Stories, phone: Phone) -> None:
    await stories.given(ana(phone.url))
    await phone.stop()
    story = await stories.page("ana")
    await story.at("6s")
    await story.expect("0s ana hook0 RETRY", "5s ana hook0 RETRY")


async def test_a_connection_that_breaks_after_the_request_is_repeated_under_the_same_id(
    stories: Stories, phone: Phone
) -> None:
    await stories.given(ana(phone.url))
    phone.answer = Behaviour.DROP
    story = await stories.page("ana")
    phone.answer = 200
    await story.at("1h")
    await story.expect("0s ana hook0 UNKNOWN", "5s ana hook0")
    first, second = phone.rings
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_a_receiver_that_asks_for_patience_gets_it(stories: Stories, phone: Phone) -> None:
    await stories.given(ana(phone.url))
    phone.answer, phone.retry_after = 429, 120
    story = await stories.page("ana")
    phone.answer = 200
    await story.at("4m")
    await story.expect("0s ana hook0 RETRY", "2m ana hook0")
