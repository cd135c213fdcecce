"""Pages as Slack messages, by a bot."""

import json
from datetime import timedelta

import httpx2

from activities.paging.http_answers import outcome_without_key, post, retry_after
from activities.paging.letters import Letter, delivery
from activities.paging.messages import Delivery, Outcome
from activities.paging.words import shorten

TOKEN = "slack-token"  # noqa: S105 - the secret's name, not its value
"""The secret that holds the bot's token, unless the channel names another."""

LONGEST_SECTION = 3000
"""Characters of a section that Slack takes."""

_LATER = {"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org"}
_LATER |= {"invalid_auth", "not_authed", "token_expired", "token_revoked"}
_LATER |= {"account_inactive", "missing_scope", "not_allowed_token_type"}
"""A wrong token is ours to put right, while we go on trying."""
_WHO_KNOWS = {"internal_error", "fatal_error"}
"""Slack: part of the work may have been done before these."""


async def send(letter: Letter, http: httpx2.AsyncClient, url: str, token: str) -> Delivery:
    """Post the message (chat.postMessage) and say what is known. SENT has CHANNEL:TS as the provider's id."""
    return await post(
        http,
        f"{url}/chat.postMessage",
        read=_read,
        content=json.dumps(message(letter)).encode(),
        headers={"authorization": f"Bearer {token}", "content-type": "application/json; charset=utf-8"},
    )


def message(letter: Letter) -> dict[str, object]:
    """The message: plain text only, so that no text from outside can mention people or hide a link."""
    blocks: list[dict[str, object]] = [
        {"type": "section", "text": {"type": "plain_text", "text": shorten(letter.body, LONGEST_SECTION)}}
    ]
    if letter.links is not None and not letter.channel.is_quiet:
        button = {
            "type": "button",
            "style": "primary",
            "text": {"type": "plain_text", "text": "Acknowledge"},
            "url": letter.links.acknowledge,
        }
        blocks.append({"type": "actions", "elements": [button]})
    return {
        "channel": letter.channel.address,
        "text": _escape(shorten(letter.subject, LONGEST_SECTION)),
        "blocks": blocks,
        "unfurl_links": False,
    }


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _read(answer: httpx2.Response) -> Delivery:
    outcome = outcome_without_key(answer.status_code)
    if outcome is not Outcome.SENT:
        wait = retry_after(answer) if outcome is Outcome.RETRY else None
        return delivery(outcome, f"HTTP {answer.status_code} from Slack", retry_after=wait)
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("ok"), bool):
        return delivery(Outcome.UNKNOWN, "Slack's answer is not JSON with ok; is TOCSIN_SLACK_URL right?")
    if told["ok"]:
        return delivery(Outcome.SENT, "ok", provider_id=f"{told.get('channel', '')}:{told.get('ts', '')}")
    error = str(told.get("error", "no reason given"))
    return delivery(_outcome(error), f"Slack: {error}", retry_after=_wait(error, answer))


def _outcome(error: str) -> Outcome:
    if error in _LATER:
        return Outcome.RETRY
    return Outcome.UNKNOWN if error in _WHO_KNOWS else Outcome.REJECTED


def _wait(error: str, answer: httpx2.Response) -> timedelta | None:
    return retry_after(answer) if error in _LATER else None
