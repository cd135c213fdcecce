"""Links in pages: GET shows a page, POST answers.

Programs that look through mail open every link in it, so nothing but a POST changes anything. A POST needs no guard
against other sites' forms: nothing but the token in its address, which they do not know, gives it authority.
"""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from client import Tocsin
from client.answers import AnswerKind
from client.errors import ConflictError, InvalidInputError, NotFoundError, TocsinError, UnavailableError
from records.signing import ExpiredLinkError, ForgedLinkError, PageLink
from server.bodies import TooLargeError, read_form
from server.link_page import CHOICES, already, is_closed, plain_page, state_page, who_has_it

OUTCOMES = {
    AnswerKind.ACKNOWLEDGE: "You have it. You are not paged for it any more.",
    AnswerKind.DECLINE: "You cannot. Whoever comes next is paged.",
    AnswerKind.SNOOZE: "You have it for 30 minutes; then you are paged anew.",
}


async def show(request: Request) -> Response:
    """How what the page is about stands, with the buttons that answer it."""
    tocsin: Tocsin = request.app.state.tocsin
    try:
        link = await tocsin.read_link(request.path_params["token"])
    except (ForgedLinkError, UnavailableError) as error:
        return _refused(error)
    return await _state(tocsin, link)


async def answer(request: Request) -> Response:
    """Acknowledge, decline or snooze, once."""
    tocsin: Tocsin = request.app.state.tocsin
    token = request.path_params["token"]
    try:
        link = await tocsin.read_link(token)
        kind = _kind(await read_form(request))
        await tocsin.answer_link(token, kind)
    except (ForgedLinkError, TooLargeError) as error:
        return _refused(error)
    except ConflictError as error:
        return await _conflict(tocsin, link, error)
    except TocsinError as error:
        return _refused(error)
    return await _state(tocsin, link, words=OUTCOMES[kind])


def _kind(form: list[tuple[str, str]]) -> AnswerKind:
    given = dict(form).get("action", "")
    if given not in OUTCOMES:
        raise InvalidInputError(f"action: one of {', '.join(OUTCOMES)}")
    return AnswerKind(given)


async def _state(tocsin: Tocsin, link: PageLink, *, words: str = "", status: int = 200) -> Response:
    try:
        state = await tocsin.page_of_link(link)
    except UnavailableError:
        told = words or "How it stands cannot be read just now. You can answer all the same."
        return plain_page("You are being paged", told, status=status, choices=() if words else CHOICES)
    except NotFoundError as error:
        return _refused(error)
    if words and is_closed(state):  # it counts, but promises nothing that does not happen any more
        words = "It was resolved; your answer is noted. Nobody is paged for it any more."
    return state_page(state, link, words=words, status=status)


async def _conflict(tocsin: Tocsin, link: PageLink, error: ConflictError) -> Response:
    """Refused: the link has done its work, or nobody asks any more. Who has it is what they need to know."""
    words = f"{_sentence(error)} Nothing was changed."
    try:
        state = await tocsin.page_of_link(link)
    except (UnavailableError, NotFoundError):
        return plain_page("This link does nothing any more", words, status=409)
    if state.incident is not None and is_closed(state):
        words = "It was resolved: nobody is paged for it any more. Nothing was changed."
    words = " ".join(filter(None, (already(state, link), words, who_has_it(state, datetime.now(UTC)))))
    return state_page(state, link, words=words, status=409)


def _refused(error: Exception) -> Response:
    words = _sentence(error)
    match error:
        case ExpiredLinkError():
            return plain_page("This link is too old", words, status=410)
        case ForgedLinkError():
            return plain_page("This link cannot be read", words, status=403)
        case TooLargeError():
            return plain_page("That was too much", words, status=413)
        case InvalidInputError():
            return plain_page("That is no answer", words, status=400)
        case NotFoundError():
            return plain_page("There is nothing here any more", words, status=404)
        case UnavailableError():
            words = "Your answer could not be taken just now. Please press again in some seconds."
            return plain_page("One moment", words, status=503, choices=CHOICES)
    return plain_page("That did not work", words, status=500)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:] + "."


routes = [
    Route("/a/{token}", show, methods=["GET"]),
    Route("/a/{token}", answer, methods=["POST"]),
]
