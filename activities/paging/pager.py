"""The activities that hand pages and notices to their channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio import activity

from activities.heartbeat import beating
from activities.paging.channels import Channels
from activities.paging.letters import LONGEST_DETAIL, delivery
from activities.paging.messages import Delivery, Notice, Outcome, PageMessage
from activities.paging.notices import notice_letter
from activities.paging.pages import page_letter
from activities.paging.signing_keys import SigningKeys
from activities.paging.storm import Storms
from records.storms import Hold, Told

if TYPE_CHECKING:
    import httpx2

    from records.database import Pool
    from settings import Settings


class Pager:
    """Activities that page. Without a pool there are no links, codes and digests."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient, pool: Pool | None = None) -> None:
        self._public_url = settings.public_url
        self._channels = Channels(settings, http)
        self._keys = SigningKeys(pool)
        self._storms = Storms(pool)

    @activity.defn
    async def send_page(self, message: PageMessage) -> Delivery:
        """Hand one message over. Every outcome is a result; only a lost worker makes Temporal try again."""
        return await beating(self._page(message))

    @activity.defn
    async def send_notice(self, notice: Notice) -> Delivery:
        """Hand over a message that asks for no answer. Every outcome is a result."""
        return await beating(self._channels.send(notice_letter(notice)))

    async def _page(self, message: PageMessage) -> Delivery:
        admission = await self._storms.admit(message)
        if isinstance(admission, Told):
            told = f"told in the digest {admission.by}"
            return delivery(Outcome.SENT, told, provider_id=admission.by)
        if isinstance(admission, Hold):
            held = "another incident has just paged on this channel"
            return delivery(Outcome.HELD, held, retry_after=admission.wait)
        result: Delivery | None = None
        try:
            signer = await self._keys.signer()
            letter, failure = page_letter(message, signer, self._public_url, others=admission.others)
            result = await self._channels.send(letter)
        finally:
            await self._storms.settle(message, result)
        if not failure:
            return result
        detail = "; ".join(part for part in (result.detail, failure) if part)
        return result.model_copy(update={"detail": detail[:LONGEST_DETAIL]})
