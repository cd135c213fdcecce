"""Every way to reach people. A channel type is added here and as a file beside this one."""

from typing import assert_never

import httpx2

from activities.paging import apprise, email, slack, sms, teams, voice, webhook
from activities.paging.letters import Letter, delivery
from activities.paging.messages import Delivery, Outcome
from definitions.contacts import Channel, ChannelType
from settings import Settings, SettingsError


class Channels:
    """Hands letters over. What is missing in the settings may be put there: until then the answer is RETRY."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._smtp = settings.smtp
        self._http = http

    async def send(self, letter: Letter) -> Delivery:
        """Hand one letter to its channel. Every outcome is a result."""
        try:
            return await self._send(letter)
        except SettingsError as error:
            return delivery(Outcome.RETRY, str(error))

    async def _send(self, letter: Letter) -> Delivery:
        channel, http = letter.channel, self._http
        match channel.type:
            case ChannelType.EMAIL:
                if self._smtp is None:
                    return delivery(Outcome.RETRY, "no mail server is known; set TOCSIN_SMTP_URL")
                return await email.send(letter, self._smtp, self._settings.mail_from)
            case ChannelType.SMS:
                return await sms.send(letter, http, self._settings.twilio)
            case ChannelType.VOICE:
                return await voice.send(letter, http, self._settings.twilio)
            case ChannelType.WEBHOOK:
                secret = self._settings.secret(channel.secret_name) if channel.secret_name else None
                return await webhook.send(letter, http, self._address(channel), secret)
            case ChannelType.SLACK:
                token = self._settings.secret(channel.secret_name or slack.TOKEN)
                return await slack.send(letter, http, self._settings.slack_url.rstrip("/"), token)
            case ChannelType.TEAMS:
                return await teams.send(letter, http, self._address(channel))
            case ChannelType.APPRISE:
                return await apprise.send(letter, self._address(channel))
        assert_never(channel.type)

    def _address(self, channel: Channel) -> str:
        """Where the channel leads, read from its secret if it names one."""
        return self._settings.secret(channel.secret_address) if channel.secret_address else channel.address
