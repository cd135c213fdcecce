"""Pages by HTTP POST, signed the Standard Webhooks way."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import httpx2

from activities.paging.http_answers import outcome_with_key, post, retry_after
from activities.paging.letters import Letter, delivery
from activities.paging.messages import Delivery, Outcome


def signature(secret: str, message_id: str, timestamp: int, payload: bytes) -> str:
    """`v1,BASE64` of the HMAC-SHA256 over "id.timestamp.payload" (Standard Webhooks 1.0)."""
    signed = f"{message_id}.{timestamp}.".encode() + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


async def send(letter: Letter, http: httpx2.AsyncClient, address: str, secret: str | None) -> Delivery:
    """POST the letter as JSON and say what is known. The receiver tells repetitions apart by webhook-id."""
    told = {
        "type": "page" if letter.about else "notice",
        "id": letter.key,
        **letter.about,
        "subject": letter.subject,
        "content": letter.content,
        "link": letter.links.acknowledge if letter.links and not letter.channel.is_quiet else None,
    }
    payload = json.dumps(told).encode()
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "content-type": "application/json",
        "webhook-id": letter.key,
        "webhook-timestamp": str(now),
    }
    if secret is not None:
        headers["webhook-signature"] = signature(secret, letter.key, now, payload)

    def read(answer: httpx2.Response) -> Delivery:
        outcome = outcome_with_key(answer.status_code)
        wait = retry_after(answer) if outcome is Outcome.RETRY else None
        return delivery(outcome, f"HTTP {answer.status_code}", provider_id=letter.key, retry_after=wait)

    return await post(http, address, read=read, content=payload, headers=headers)
