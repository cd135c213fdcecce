"""Pages by SMS, through Twilio."""

import httpx2

from activities.paging.letters import Letter
from activities.paging.messages import Delivery
from activities.paging.twilio import create
from activities.paging.words import shorten
from settings import TwilioAccount

LONGEST_BODY = 1600
"""Characters of a message that Twilio takes."""


async def send(letter: Letter, http: httpx2.AsyncClient, account: TwilioAccount) -> Delivery:
    """Hand the short text to Twilio and say what is known."""
    sender = "MessagingServiceSid" if account.sends_through_a_service else "From"
    form = {
        "To": letter.channel.address,
        sender: account.sender,
        "Body": shorten(letter.short, LONGEST_BODY),
    }
    if letter.links is not None:
        form["StatusCallback"] = letter.links.report
    return await create(http, account, "Messages", form)
