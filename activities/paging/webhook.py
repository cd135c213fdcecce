"""Pages by HTTP POST, signed the Standard Webhooks way."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import httpx2

from activities.paging.messages import Delivery, Outcome, PageMessage

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)

_TRY_AGAIN = {408, 425, 429}


def signature(secret: str, message_id: str, timestamp: int, payload: bytes) -> str:
    """`v1,BASE64` of the HMAC-SHA256 over "id.timestamp.payload" (Standard Webhooks 1.0)."""
    signed = f"{message_id}.{timestamp}.".encode() + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


async def send(message: PageMessage, http: httpx2.AsyncClient, secret: str | None) -> Delivery:
    """POST the page as JSON and say what is known."""
    payload = json.dumps(
        {
            "type": "page",
            "id": message.key,
            "incident_id": message.incident_id,
            "engagement_id": message.engagement_id,
            "page_id": message.page_id,
            "contact": message.contact,
            "subject": message.subject,
            "content": message.content,
        }
    ).encode()
    now = datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": message.key,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if secret is not None:
        headers["webhook-signature"] = signature(secret, message.key, int(now.timestamp()), payload)
    try:
        answer = await http.post(message.channel.address, content=payload, headers=headers, timeout=TIMEOUT)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        return _delivery(Outcome.RETRY, f"{type(error).__name__}: {error}")
    except httpx2.HTTPError as error:
        return _delivery(Outcome.UNKNOWN, f"{type(error).__name__}: {error}")
    return _delivery(_outcome(answer.status_code), f"HTTP {answer.status_code}", message.key)


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.SENT
    if status in _TRY_AGAIN or status >= 500:
        return Outcome.RETRY
    return Outcome.REJECTED


def _delivery(outcome: Outcome, detail: str, provider_id: str = "") -> Delivery:
    known = provider_id if outcome is Outcome.SENT else ""
    return Delivery(outcome=outcome, at=datetime.now(UTC), provider_id=known, detail=detail[:500])
