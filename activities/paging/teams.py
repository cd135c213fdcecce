"""Pages as Adaptive Cards, posted to the webhook of a Teams workflow."""

import json

import httpx2

from activities.paging.http_answers import outcome_without_key, post, retry_after
from activities.paging.letters import Letter, delivery
from activities.paging.messages import Delivery, Outcome
from activities.paging.words import shorten

LARGEST_MESSAGE = 27_000
"""Bytes: Teams takes 28 kB in all, and some text takes six bytes a character here."""

LONGEST_TEXT = 8000
"""Characters of the card's text."""


async def send(letter: Letter, http: httpx2.AsyncClient, address: str) -> Delivery:
    """Post the card and say what is known: a workflow that accepts it answers 202 and gives no id."""

    def read(answer: httpx2.Response) -> Delivery:
        outcome = outcome_without_key(answer.status_code)
        wait = retry_after(answer) if outcome is Outcome.RETRY else None
        return delivery(
            outcome, f"HTTP {answer.status_code} from Teams", provider_id=letter.key, retry_after=wait
        )

    headers = {"content-type": "application/json"}
    return await post(http, address, read=read, content=payload(letter), headers=headers)


def payload(letter: Letter) -> bytes:
    """The card in as many bytes as Teams takes."""
    longest = LONGEST_TEXT
    while True:
        message = json.dumps(card(letter, longest=longest)).encode()
        if len(message) <= LARGEST_MESSAGE or longest < LONGEST_TEXT // 10:
            return message
        longest = longest * 4 // 5


def card(letter: Letter, *, longest: int = LONGEST_TEXT) -> dict[str, object]:
    """The message with its card. Its texts are text runs, which know no Markdown."""
    content: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _text(shorten(letter.subject, longest), weight="Bolder", size="Medium"),
            _text(shorten(letter.body, longest)),
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
