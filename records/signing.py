"""Links and codes that prove that somebody got a page: signed or derived with keys that only the services know."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer
from pydantic import ValidationError

from records.base import Record

if TYPE_CHECKING:
    from records.database import Connection

LINK_AGE = 7 * 24 * 3600
"""Seconds for which a page's link is good."""

CODE_DIGITS = 6


class ForgedLinkError(ValueError):
    """A link that we did not make."""


class ExpiredLinkError(ForgedLinkError):
    """A link that we did make, too long ago."""


class PageLink(Record):
    """What a page's link stands for: one message to one contact in one engagement.

    `subject_id` is the workflow to tell: the incident, or the engagement that stands alone.
    """

    subject_id: str
    engagement_id: str
    contact: str
    page_id: str
    send: int

    @property
    def key(self) -> str:
        """The page and the number of its message."""
        return f"{self.page_id}-{self.send}"


class Signer:
    """Signs with the first key, and reads what any of the keys has signed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)
        # The serializer signs with the last of its keys.
        self._links = URLSafeTimedSerializer(list(reversed(self._keys)), salt="page-link")
        self._calendars = URLSafeSerializer(list(reversed(self._keys)), salt="calendar")

    def link(self, link: PageLink) -> str:
        """The token of a link: safe in a URL."""
        fields = [link.subject_id, link.engagement_id, link.contact, link.page_id, link.send]
        return str(self._links.dumps(fields))

    def read_link(self, token: str) -> PageLink:
        """What a token stands for; raises ForgedLinkError or ExpiredLinkError."""
        try:
            fields, made_at = self._links.loads(token, return_timestamp=True)
            if datetime.now(UTC) - made_at > timedelta(seconds=LINK_AGE):
                raise ExpiredLinkError("this link is too old; answer with `tocsin ack`")
            return PageLink.model_validate(dict(zip(PageLink.model_fields, fields, strict=True)))
        except ExpiredLinkError:
            raise
        except (BadData, ValidationError, ValueError, TypeError) as error:
            raise ForgedLinkError("this link is damaged or was not made here") from error

    def calendar(self, alias: str) -> str:
        """The token of the calendar of a schedule or contact; it is good for as long as its key."""
        return str(self._calendars.dumps(alias))

    def read_calendar(self, token: str) -> str:
        """Whose calendar a token stands for; raises ForgedLinkError."""
        try:
            alias = self._calendars.loads(token)
        except BadData as error:
            raise ForgedLinkError("this calendar's address is damaged or was not made here") from error
        return str(alias)

    def accept_code(self, page_id: str) -> str:
        """The digits that acknowledge a page (AWS: AcceptCode)."""
        return self._code(self._keys[0], page_id)

    def is_accept_code(self, page_id: str, code: str) -> bool:
        """Whether these are a page's digits, by any of the keys."""
        return any(hmac.compare_digest(self._code(key, page_id), code) for key in self._keys)

    def _code(self, key: str, page_id: str) -> str:
        digest = hmac.new(key.encode(), f"accept-code:{page_id}".encode(), hashlib.sha256).digest()
        return str(int.from_bytes(digest[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)


async def read_signer(connection: Connection) -> Signer:
    """A signer with the installation's keys."""
    rows = await connection.fetch("select secret from signing_keys order by key_id desc")
    return Signer([row["secret"] for row in rows])
