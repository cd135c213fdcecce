"""What Twilio is answered: TwiML, its language of what to say next."""

from xml.sax.saxutils import escape, quoteattr

from starlette.responses import Response

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

KEYS = "Press 1 if you have it. Press 2 if you cannot."


def text_reply(words: str) -> Response:
    """Reply to an SMS."""
    return _twiml(f"<Message>{escape(words)}</Message>")


def say(words: str) -> Response:
    """Say it and hang up."""
    return _twiml(f"<Say>{escape(words)}</Say><Hangup/>")


def ask(words: str, url: str) -> Response:
    """Say it and wait for a key press, which goes to `url`; without one, hang up."""
    gather = f'<Gather input="dtmf" numDigits="1" timeout="15" method="POST" action={quoteattr(url)}>'
    return _twiml(f"{gather}<Say>{escape(words)}</Say></Gather><Hangup/>")


def nothing() -> Response:
    """Taken, and nothing to do."""
    return _twiml("")


def _twiml(inner: str) -> Response:
    return Response(f"{_DECLARATION}<Response>{inner}</Response>", media_type="text/xml")
