"""Answering one page by what was sent with it, its link or its code; and what providers report of it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from client.answers import Answered, AnswerKind, Answers, answer_message
from client.connection import build
from client.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from records import incident_store, pages
from records.base import Record
from records.bounded import acquire_within
from records.database import DatabaseUnavailable
from records.engagements import EngagementRecord
from records.incidents import IncidentRecord
from records.pages import PlacedPage
from records.reading import read_engagement, read_engagements
from records.signing import PageLink, Signer, read_signer
from workflows.messages import DeliveryReport, IncidentView
from workflows.starting import PATIENCE

LOOK = 2.0
"""Seconds that each place where a page's state can be read has to answer: somebody waits before their phone."""

_CODE = re.compile(r"[0-9]{6,10}")

_STATE: Any = IncidentView | EngagementRecord


class AcceptType(StrEnum):
    """What an accept code says (AWS): the page was delivered, or its contact has it."""

    DELIVERED = "DELIVERED"
    READ = "READ"


class CodeValidation(StrEnum):
    """Whether an accept code must be the page's own (AWS). Any digits do with IGNORE."""

    ENFORCE = "ENFORCE"
    IGNORE = "IGNORE"


class PageState(Record):
    """How what a page was about stands: an incident with its engagements, or an engagement that stands alone."""

    incident: IncidentRecord | None = None
    engagements: list[EngagementRecord] = []


class Pages(Answers):
    """What can be done with a single page."""

    _signer: Signer | None = None

    async def signer(self) -> Signer:
        """Reads and makes links and codes; kept, so that links work on while PostgreSQL is away."""
        if self._signer is None:
            async with self._database() as database:
                self._signer = await read_signer(database)
        return self._signer

    async def read_link(self, token: str) -> PageLink:
        """What a link's token stands for; raises ForgedLinkError."""
        return (await self.signer()).read_link(token)

    async def answer_link(self, token: str, kind: AnswerKind) -> Answered:
        """Answer by a page's link, in the name of whom it was sent to; a link does its work once.

        Raises ForgedLinkError, or ConflictError if it has done its work. Temporal alone is needed.
        """
        link = await self.read_link(token)
        message = answer_message(
            kind,
            contact=link.contact,
            author=link.contact,
            engagement_id=link.engagement_id,
            page_id=link.page_id,
            link=link.key,
        )
        return await self.as_author(link.contact)._say(link.subject_id, message)

    async def answer_page(self, page: PlacedPage, kind: AnswerKind, *, note: str = "") -> Answered:
        """Answer a page of which is known that it was answered by its contact, or by somebody for them."""
        message = answer_message(
            kind,
            contact=page.contact,
            author=self.author,
            note=note,
            engagement_id=page.engagement_id,
            page_id=page.page_id,
        )
        return await self._say(page.subject_id, message)

    async def page_of_link(self, link: PageLink) -> PageState:
        """How it stands: by the records, or by the workflow itself while PostgreSQL is away.

        Raises UnavailableError when neither answers, NotFoundError when there is nothing any more.
        """
        try:
            async with acquire_within(self._pool, LOOK) as database:
                incident = await incident_store.find(database, link.subject_id)
                if incident is not None:
                    engagements = await read_engagements(database, link.subject_id)
                    return PageState(incident=incident, engagements=engagements)
                alone = await read_engagement(database, link.subject_id)
        except DatabaseUnavailable:
            alone = None
        return PageState(engagements=[alone]) if alone else await self._ask_workflow(link.subject_id)

    async def accept_page(
        self,
        page_id: str,
        accept_code: str,
        *,
        accept_type: AcceptType = AcceptType.READ,
        validation: CodeValidation = CodeValidation.ENFORCE,
        note: str = "",
    ) -> PlacedPage:
        """Say that a page was read, or delivered, by the code that was sent with it (AWS: AcceptPage).

        A code of 6 to 10 digits is wanted even where it is ignored. Raises InvalidInputError for a wrong one; after
        five of them, ConflictError for any.
        """
        if not _CODE.fullmatch(accept_code):
            raise InvalidInputError("an accept code has 6 to 10 digits")
        page = await self.find_page(page_id)
        if validation is CodeValidation.ENFORCE:
            await self._check_code(page, accept_code)
        if accept_type is AcceptType.READ:
            await self.answer_page(page, AnswerKind.ACKNOWLEDGE, note=note)
        else:
            await self.report_delivery(page.subject_id, page.page_id, delivered=True, detail=note)
        return page

    async def find_page(self, page_id: str) -> PlacedPage:
        """Where a page belongs; raises NotFoundError, InvalidInputError if it cannot be a page's id."""
        try:
            known = str(uuid.UUID(page_id))
        except ValueError as error:
            raise InvalidInputError(f"{page_id[:50]!r} is not a page's id; give all of it") from error
        async with self._database() as database:
            page = await pages.find_page(database, known)
        if page is None:
            raise NotFoundError(f"no page {known}")
        return page

    async def report_delivery(
        self, subject_id: str, page_id: str, *, delivered: bool, provider_id: str = "", detail: str = ""
    ) -> None:
        """What a provider says became of a page; nothing happens if nobody waits for it any more."""
        report = build(
            DeliveryReport,
            page_id=page_id,
            delivered=delivered,
            provider_id=provider_id[:255],
            detail=detail[:500],
        )
        handle = self.temporal.get_workflow_handle(subject_id)
        try:
            await handle.signal("report_delivery", report, rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise UnavailableError(f"Temporal does not answer: {error.message}") from error
        except RuntimeError as error:
            raise UnavailableError(f"Temporal does not answer: {error}") from error

    async def _check_code(self, page: PlacedPage, code: str) -> None:
        if await self._page_with_code([page], code) is None:
            reason = f"wrong accept code for page {page.page_id}"
            await self._note_refusal(page.subject_id, "accept code", page.contact, reason)
            raise InvalidInputError(f"wrong accept code; {await self._tries_left(page)}")

    async def _tries_left(self, page: PlacedPage) -> str:
        async with self._database() as database:
            left = await pages.tries_left(database, page.page_id)
        if not left:
            return "that was the last try: use the link that was sent, or `tocsin ack`"
        return f"{left} more {'try' if left == 1 else 'tries'}"

    async def _page_with_code(self, asked: Sequence[PlacedPage], code: str) -> PlacedPage | None:
        """The one that the code is for. Each of them counts it if it is wrong; ConflictError if none takes any more."""
        signer = await self.signer()
        ids = [page.page_id for page in asked]
        async with self._database() as database:
            willing = await pages.claim_tries(database, ids)
            found = [page for page in asked if page.page_id in willing and _fits(signer, page, code)]
            if found:
                await pages.return_tries(database, sorted(willing))
        if not willing:
            raise ConflictError(
                f"{pages.WRONG_CODES} wrong codes have been tried, so codes are not taken any more here; "
                "use the link that was sent, or `tocsin ack`"
            )
        return found[0] if found else None

    async def _ask_workflow(self, subject_id: str) -> PageState:
        handle = self.temporal.get_workflow_handle(subject_id)
        try:
            state: IncidentView | EngagementRecord = await handle.query(
                "state", result_type=_STATE, rpc_timeout=timedelta(seconds=LOOK)
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotFoundError(f"nothing is known of {subject_id} any more") from error
            raise UnavailableError(f"neither PostgreSQL nor Temporal answers: {error.message}") from error
        except (RuntimeError, WorkflowQueryFailedError) as error:
            raise UnavailableError(f"neither PostgreSQL nor Temporal answers: {error}") from error
        if isinstance(state, IncidentView):
            return PageState(incident=state.incident, engagements=state.engagements)
        return PageState(engagements=[state])


def _fits(signer: Signer, page: PlacedPage, code: str) -> bool:
    return signer.is_accept_code(page.page_id, code)
