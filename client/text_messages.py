"""Answers that come as text messages: what they say, whose page they mean, and the words to reply with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from client.answers import AnswerKind
from client.channels import Channels
from client.errors import ConflictError, InvalidInputError, TocsinError, UnavailableError
from client.pages import Pages
from definitions.contacts import ChannelType
from records import pages
from records.pages import PlacedPage
from records.signing import LINK_AGE

OPT_OUT = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
OPT_IN = frozenset({"start", "unstop"})
"""The words that carriers know, too."""

_YES = "yes"
_VERBS = {
    **dict.fromkeys(("ack", "acknowledge", "ok", "1", _YES), AnswerKind.ACKNOWLEDGE),
    **dict.fromkeys(("decline", "no", "2"), AnswerKind.DECLINE),
}
_ANSWER = re.compile(rf"(?:(?P<verb>{'|'.join(_VERBS)})\b)?\s*(?P<code>[0-9]{{6,10}})?")

HELP = "Reply with the code of the page to say that you have it, or with NO and the code if you cannot."
_SAID = {
    AnswerKind.ACKNOWLEDGE: "You have it. You are not paged for it any more.",
    AnswerKind.DECLINE: "You cannot. Whoever comes next is paged.",
}


class TextAnswer(NamedTuple):
    """What a text message says; without a code it means the one page that is open."""

    kind: AnswerKind
    code: str | None


def read_text(body: str) -> TextAnswer | None:
    """What a text message says; None if it is anything else than an answer."""
    match = _ANSWER.fullmatch(_plain(body))
    if match is None or not any(match.groups()):
        return None
    return TextAnswer(_VERBS[match["verb"]] if match["verb"] else AnswerKind.ACKNOWLEDGE, match["code"])


class TextMessages(Pages, Channels):
    """Taking text messages from contacts' phones."""

    async def answer_sms(self, from_number: str, body: str) -> str:
        """Do what a text message says; the words to reply with. The number must be known to be the sender's.

        Raises UnavailableError.
        """
        channels = await self._sms_channels(from_number)
        if not channels:
            return "Nobody is paged at this number."
        word = _plain(body)
        if word in OPT_OUT:
            await self.opt_out(from_number)
            return "You are not paged by SMS any more. Reply START to change that."
        if word in OPT_IN or (word == _YES and await self.opted_out(from_number)):
            await self.opt_in(from_number)
            return "You can be paged by SMS again once you give a new code: `tocsin channel send-code`."
        answer = read_text(body)
        if answer is None:
            return HELP
        return await self._answer_by_text(channels, answer)

    async def _answer_by_text(self, channels: list[tuple[str, str]], answer: TextAnswer) -> str:
        since = datetime.now(UTC) - timedelta(seconds=LINK_AGE)
        async with self._database() as database:
            sent = await pages.pages_on(database, channels, since)
        waiting = [page for page in sent if page.open]
        try:
            page = await self._by_code(waiting or sent, answer.code) if answer.code else _only_one(waiting)
            speaker = self.as_author(page.contact)
            await speaker.report_delivery(page.subject_id, page.page_id, delivered=True)
            await speaker.answer_page(page, answer.kind, note="by SMS")
        except UnavailableError:
            raise
        except TocsinError as error:
            return f"{error}"
        return _SAID[answer.kind]

    async def _by_code(self, asked: list[PlacedPage], code: str) -> PlacedPage:
        if not asked:
            raise ConflictError("No page of yours waits for an answer.")
        page = await self._page_with_code(asked, code)
        if page is None:
            newest = asked[0]
            reason = "wrong accept code in a text message"
            await self.as_author(newest.contact)._note_refusal(
                newest.subject_id, "accept code", newest.contact, reason
            )
            raise InvalidInputError("No page of yours has that code.")
        return page

    async def _sms_channels(self, number: str) -> list[tuple[str, str]]:
        catalog = await self.catalog()
        return [
            (contact.name, channel.name)
            for contact in catalog.contacts.values()
            for channel in contact.channels
            if channel.type is ChannelType.SMS and channel.address == number
        ]


def _only_one(waiting: list[PlacedPage]) -> PlacedPage:
    """The page that is meant when no code is given: those of people who are still being paged go first."""
    meant = [page for page in waiting if not page.over] or waiting
    if not meant:
        raise ConflictError("No page of yours waits for an answer.")
    if len(meant) > 1:
        raise ConflictError(f"{len(meant)} pages of yours wait for an answer. {HELP}")
    return meant[0]


def _plain(body: str) -> str:
    return " ".join(body.lower().split()).strip(" .!\"'#")
