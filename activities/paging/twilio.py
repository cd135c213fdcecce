"""Twilio's REST API, the two requests of it that are needed here.

Twilio knows no idempotency key for messages and calls, so a request that broke off after it was handed over may have
done its work: only what Twilio said before doing anything (429, 503) or what never reached it is safe to call RETRY.
"""

from collections.abc import Mapping

import httpx2

from activities.paging.http_answers import outcome_without_key, post, retry_after
from activities.paging.letters import delivery
from activities.paging.messages import Delivery, Outcome
from settings import TwilioAccount

BAD_STATUS_CALLBACK = 21609

OURS = frozenset({20404, 21210, 21212, 21603, 21606, 21611, 21659, 21660, 21701, 21703})
"""Our account, our number or our queue is what Twilio does not like: somebody can put that right meanwhile."""


async def create(
    http: httpx2.AsyncClient, account: TwilioAccount, resource: str, form: Mapping[str, str]
) -> Delivery:
    """POST one of Messages or Calls. SENT has Twilio's sid; REJECTED has Twilio's code and words.

    When Twilio cannot call our public URL back, the message goes out without receipts: nothing was sent yet, and a
    page is worth more than its receipt.
    """
    result = await _create(http, account, resource, form)
    if "StatusCallback" in form and result.detail.startswith(f"Twilio {BAD_STATUS_CALLBACK}:"):
        silent = {name: value for name, value in form.items() if name != "StatusCallback"}
        return await _create(http, account, resource, silent)
    return result


async def _create(
    http: httpx2.AsyncClient, account: TwilioAccount, resource: str, form: Mapping[str, str]
) -> Delivery:
    return await post(
        http,
        f"{account.url}/2010-04-01/Accounts/{account.account_sid}/{resource}.json",
        read=_read,
        data=dict(form),
        auth=(account.account_sid, account.auth_token.get_secret_value()),
    )


def _read(answer: httpx2.Response) -> Delivery:
    outcome = outcome_without_key(answer.status_code)
    told = _json(answer)
    if outcome is Outcome.SENT:
        sid = str(told.get("sid", ""))
        return delivery(
            outcome, f"HTTP {answer.status_code} {told.get('status', '')}".strip(), provider_id=sid
        )
    code, message = told.get("code"), told.get("message", "")
    if outcome is Outcome.REJECTED and (answer.status_code == 403 or code in OURS):
        outcome = Outcome.RETRY
    detail = f"Twilio {code}: {message}" if code else f"HTTP {answer.status_code} from Twilio"
    return delivery(outcome, detail, retry_after=retry_after(answer) if outcome is Outcome.RETRY else None)


def _json(answer: httpx2.Response) -> dict[str, object]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
