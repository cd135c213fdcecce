"""Pages by telephone, through Twilio: the text is read twice, and a key answers."""

import re
from xml.sax.saxutils import escape, quoteattr

import httpx2

from activities.paging.letters import Letter
from activities.paging.messages import Delivery
from activities.paging.twilio import create
from activities.paging.words import shorten
from settings import TwilioAccount

LONGEST_TWIML = 4000
"""Characters of inline TwiML that Twilio takes."""

KEYS = "Press 1 to acknowledge, 2 to decline."

_SPARE = 800
"""Characters of TwiML around the two readings, but for the link."""

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


async def send(letter: Letter, http: httpx2.AsyncClient, account: TwilioAccount) -> Delivery:
    """Have Twilio call and say what is known: SENT means that the call was placed, not that anybody answered.

    Raises NotConfiguredError when there is no number to call from.
    """
    form = {"To": letter.channel.address, "From": account.caller, "Twiml": twiml(letter)}
    if letter.links is not None:
        form["StatusCallback"] = letter.links.report
    return await create(http, account, "Calls", form)


def twiml(letter: Letter) -> str:
    """What is said in the call, as TwiML. Without links no key is asked for."""
    text = _NOT_XML.sub(" ", letter.spoken)
    if letter.links is None:
        reading = _fitting(text, "", LONGEST_TWIML - _SPARE)
        return f'<Response>{reading}<Pause length="1"/>{reading}</Response>'
    action = quoteattr(letter.links.press)
    reading = _fitting(text, f" {KEYS}", LONGEST_TWIML - _SPARE - len(action))
    return (
        f'<Response><Gather numDigits="1" timeout="10" method="POST" action={action}>'
        f'{reading}<Pause length="1"/>{reading}</Gather>'
        "<Say>No key was pressed. You will be paged again.</Say></Response>"
    )


def _fitting(text: str, ending: str, room: int) -> str:
    """The text to say, cut off so that two of it fit into the room once escaped."""
    while True:
        said = f"<Say>{escape(text + ending)}</Say>"
        if 2 * len(said) <= room or not text:
            return said
        text = shorten(text, len(text) * 4 // 5)


def spell(text: str) -> str:
    """The text with every code of 6 to 10 digits as single digits, so that it is not read as a number."""
    return re.sub(r"(?<!\d)\d{6,10}(?!\d)", lambda code: ", ".join(code[0]), text)
