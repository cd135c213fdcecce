"""Pages as Adaptive Cards, posted to the webhook of a Teams workflow."""

import json

import httpx2

from activities.paging.http_answers import outcome_without_key, post, retry_after
from activities.paging.letters import Letter, delivery
from activities.paging.messages import Delivery, Outcome
from activities.paging.words import shorten

LONGEST_TEXT = 8000
"""Characters of the card's text: Teams takes messages of 28 kB in all."""


async def send(letter: Letter, http: httpx2.AsyncClient, address: str) -> Delivery:
    """Post the card and say what is known: a workflow that accepts it answers 202 and gives no id."""

    def read(answer: httpx2.Response) -> Delivery:
        outcome = outcome_without_key(answer.status_code)
        wait = retry_after(answer) if outcome is Outcome.RETRY else None
        return delivery(
            outcome, f"HTTP {answer.status_code} from Teams", provider_id=letter.key, retry_after=wait
        )

    headers = {"content-type": "application/json"}
    return await post(http, address, read=read, content=json.dumps(card(letter)).encode(), headers=headers)


def card(letter: Letter) -> dict[str, object]:
    """The message with its card. Its texts are text runs, which know no Markdown."""
    content: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _text(shorten(letter.subject, LONGEST_TEXT), weight="Bolder", size="Medium"),
            _text(shorten(letter.body, LONGEST_TEXT)),
        ],
    }
    if letter.links is not None and not letter.channel.is_quiet:
        content["actions"] = [
            {"type": "Action.OpenUrl", "title": "Acknowledge", "url": letter.links.acknowledge}
        ]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return {"type": "message", "attachments": [attachment]}


def _text(text: str, **style: str) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
