"""The activity that hands a page to its channel."""

from datetime import UTC, datetime

import httpx2
from temporalio import activity

from activities.heartbeat import beating
from activities.paging import email, webhook
from activities.paging.messages import Delivery, Outcome, PageMessage
from definitions.contacts import Channel, ChannelType
from settings import Settings, SettingsError


class Pager:
    """Activities that page. A channel type is added here and as a file beside this one."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._smtp = settings.smtp
        self._http = http

    @activity.defn
    async def send_page(self, message: PageMessage) -> Delivery:
        """Hand one message over. Every outcome is a result; only a lost worker makes Temporal try again."""
        return await beating(self._send(message))

    async def _send(self, message: PageMessage) -> Delivery:
        match message.channel.type:
            case ChannelType.EMAIL:
                if self._smtp is None:
                    return _not_yet("no mail server is known; set TOCSIN_SMTP_URL")
                return await email.send(message, self._smtp, self._settings.mail_from)
            case ChannelType.WEBHOOK:
                try:
                    secret = self._secret(message.channel)
                except SettingsError as error:
                    return _not_yet(str(error))
                return await webhook.send(message, self._http, secret)
        return _not_yet(f"no way to page on {message.channel.type} yet")

    def _secret(self, channel: Channel) -> str | None:
        return self._settings.secret(channel.secret_name) if channel.secret_name else None


def _not_yet(detail: str) -> Delivery:
    return Delivery(outcome=Outcome.RETRY, at=datetime.now(UTC), detail=detail)
