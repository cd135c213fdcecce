"""What Twilio tells: replies by SMS, keys pressed in a call, and what became of a message or call."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from client import Tocsin
from client.answers import AnswerKind
from client.errors import InvalidInputError, TocsinError, UnavailableError
from records.pages import PlacedPage
from records.signing import ForgedLinkError, PageLink
from server import twiml
from server.bodies import TooLargeError, read_form
from server.twilio_signature import HEADER, is_from_twilio
from settings import Settings, SettingsError
from settings.twilio import AUTH_TOKEN

KEYS = {"1": AnswerKind.ACKNOWLEDGE, "2": AnswerKind.DECLINE}

SPOKEN = {
    AnswerKind.ACKNOWLEDGE: "You have it. You are not paged for it any more. Goodbye.",
    AnswerKind.DECLINE: "You cannot. Whoever comes next is paged. Goodbye.",
}

# Anything else (queued, sent, ringing ...) is on its way, and is told again when it has arrived. That a call was
# completed says that somebody, or something, took it.
DELIVERED = frozenset({"delivered", "read", "completed"})
FAILED = frozenset({"failed", "undelivered", "busy", "no-answer", "canceled"})

Fields: TypeAlias = dict[str, str]
Endpoint: TypeAlias = Callable[[Request, Fields], Awaitable[Response]]


def signed(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Refuses what Twilio did not sign before anything is done with it."""

    async def checked(request: Request) -> Response:
        settings: Settings = request.app.state.settings
        try:
            form = await read_form(request)
            auth_token = settings.secret(AUTH_TOKEN)
        except TooLargeError as error:
            return PlainTextResponse(str(error), 413)
        except InvalidInputError as error:
            return PlainTextResponse(str(error), 400)
        except SettingsError as error:
            return _try_later(f"nothing can be taken from Twilio: {error}")
        if not is_from_twilio(_address(request), form, request.headers.get(HEADER, ""), auth_token):
            words = f"not signed by Twilio for {_address(request)}; is TOCSIN_PUBLIC_URL what Twilio calls?"
            return PlainTextResponse(words, 403)
        try:
            return await endpoint(request, dict(form))
        except UnavailableError as error:
            return _try_later(str(error))

    return checked


async def sms(request: Request, fields: Fields) -> Response:
    """Somebody sent an SMS."""
    tocsin: Tocsin = request.app.state.tocsin
    if not fields.get("From"):
        return PlainTextResponse("From: say which number sent it", 400)
    try:
        return twiml.text_reply(await tocsin.answer_sms(fields["From"], fields.get("Body", "")))
    except UnavailableError:
        # Twilio asks once: after an error its sender would hear nothing, and take the answer for given.
        return twiml.text_reply("That could not be taken just now. Please send it again.")


async def voice(request: Request, fields: Fields) -> Response:
    """Somebody who was called pressed a key. Any but 1 and 2 is asked for again."""
    tocsin: Tocsin = request.app.state.tocsin
    try:
        link = await tocsin.read_link(request.path_params["token"])
    except ForgedLinkError as error:
        return twiml.say(f"That cannot be taken: {error}")
    kind = KEYS.get(fields.get("Digits", ""))
    if kind is None:
        return twiml.ask(twiml.KEYS, _address(request))
    try:
        await tocsin.as_author(link.contact).answer_page(_page(link), kind, note="by phone")
    except UnavailableError:
        return twiml.ask(f"That could not be taken just now. {twiml.KEYS}", _address(request))
    except TocsinError as error:
        return twiml.say(f"That was not taken: {error}")
    return twiml.say(SPOKEN[kind])


async def status(request: Request, fields: Fields) -> Response:
    """What became of a message or a call. It may come twice and in any order."""
    tocsin: Tocsin = request.app.state.tocsin
    try:
        link = await tocsin.read_link(request.path_params["token"])
    except ForgedLinkError as error:
        return PlainTextResponse(str(error), 403)
    told = fields.get("MessageStatus") or fields.get("CallStatus") or ""
    if told in DELIVERED | FAILED:
        error_code = fields.get("ErrorCode")
        await tocsin.report_delivery(
            link.subject_id,
            link.page_id,
            delivered=told in DELIVERED,
            provider_id=fields.get("MessageSid") or fields.get("CallSid") or "",
            detail=f"{told}, error {error_code}" if error_code else told,
        )
    return twiml.nothing()


def _page(link: PageLink) -> PlacedPage:
    return PlacedPage(
        subject_id=link.subject_id,
        engagement_id=link.engagement_id,
        contact=link.contact,
        page_id=link.page_id,
    )


def _address(request: Request) -> str:
    """The address Twilio called, which is not the one that arrives here when there is a proxy between."""
    settings: Settings = request.app.state.settings
    query = f"?{request.url.query}" if request.url.query else ""
    return settings.public_url.rstrip("/") + request.url.path + query


def _try_later(words: str) -> Response:
    return PlainTextResponse(words, 503, headers={"Retry-After": "5"})


routes = [
    Route("/twilio/sms", signed(sms), methods=["POST"]),
    Route("/twilio/voice/{token}", signed(voice), methods=["POST"]),
    Route("/twilio/status/{token}", signed(status), methods=["POST"]),
]
