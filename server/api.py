"""Answering by program: JSON in, JSON out, with an API token."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from client import Tocsin
from client.answers import SNOOZE, AnswerKind
from client.connection import DATABASE_PATIENCE, plain_words
from client.errors import ConflictError, InvalidInputError, NotFoundError, TocsinError, UnavailableError
from client.pages import AcceptType, CodeValidation
from definitions.durations import Duration
from records import tokens
from records.bounded import acquire_within
from records.database import DatabaseUnavailable
from server.bodies import TooLargeError, read_json

_STATUSES: dict[type[Exception], tuple[int, str]] = {
    TooLargeError: (413, "TooLarge"),
    InvalidInputError: (400, "InvalidInput"),
    NotFoundError: (404, "NotFound"),
    ConflictError: (409, "Conflict"),
    UnavailableError: (503, "Unavailable"),
    TocsinError: (500, "Failed"),
}

B = TypeVar("B", bound=BaseModel)

Text = Annotated[str, Field(max_length=2048)]


class Body(BaseModel):
    """What may be said; anything else is a mistake."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class AnswerBody(Body):
    """`id` is an incident's or an engagement's."""

    id: str
    contact: str
    note: Text = ""


class SnoozeBody(AnswerBody):
    """`duration` like 30m."""

    duration: Duration = SNOOZE


class HandOverBody(AnswerBody):
    """`to` is the contact who is paged instead."""

    to: str


class AcceptBody(Body):
    """AWS's AcceptPage."""

    accept_code: str
    accept_code_validation: CodeValidation = CodeValidation.ENFORCE
    accept_type: AcceptType = AcceptType.READ
    note: Text = ""


_BODIES: dict[AnswerKind, type[AnswerBody]] = {
    AnswerKind.SNOOZE: SnoozeBody,
    AnswerKind.HAND_OVER: HandOverBody,
}


def authorised(
    endpoint: Callable[[Request, Tocsin], Awaitable[Any]],
) -> Callable[[Request], Awaitable[Response]]:
    """Calls the endpoint in the name of the token's owner; what goes wrong becomes a status and words."""

    async def guarded(request: Request) -> Response:
        tocsin: Tocsin = request.app.state.tocsin
        try:
            name = await _owner(request)
            if name is None:
                return _unauthorized()
            answer = await endpoint(request, tocsin.as_author(name))
        except (TocsinError, TooLargeError) as error:
            return _failed(error)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return guarded


def answering(kind: AnswerKind) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of an answer: the incident, or the stand-alone engagement, as it stands after it."""

    @authorised
    async def endpoint(request: Request, tocsin: Tocsin) -> Any:
        body = await _read(request, _BODIES.get(kind, AnswerBody))
        duration = body.duration if isinstance(body, SnoozeBody) else SNOOZE
        to = body.to if isinstance(body, HandOverBody) else None
        answered = await tocsin.answer(body.id, kind, body.contact, note=body.note, duration=duration, to=to)
        return answered.model_dump(mode="json")

    return endpoint


@authorised
async def accept(request: Request, tocsin: Tocsin) -> Any:
    """AWS's AcceptPage: nothing is answered but that it was taken."""
    body = await _read(request, AcceptBody)
    await tocsin.accept_page(
        request.path_params["page_id"],
        body.accept_code,
        accept_type=body.accept_type,
        validation=body.accept_code_validation,
        note=body.note,
    )
    return {}


async def _read(request: Request, model: type[B]) -> B:
    given = await read_json(request)
    with plain_words():
        return model.model_validate(given)


async def _owner(request: Request) -> str | None:
    """The name of the token that the request shows; None if it shows none that is known."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        async with acquire_within(request.app.state.pool, DATABASE_PATIENCE) as database:
            return await tokens.verify(database, token.strip())
    except DatabaseUnavailable as error:
        raise UnavailableError(str(error)) from error


def _unauthorized() -> Response:
    words = "show a token that is known here: Authorization: Bearer TOKEN"
    return JSONResponse(
        {"error": "Unauthorized", "message": words}, 401, headers={"WWW-Authenticate": "Bearer"}
    )


def _failed(error: Exception) -> Response:
    status, name = next(found for kind, found in _STATUSES.items() if isinstance(error, kind))
    headers = {"Retry-After": "5"} if status == 503 else {}
    return JSONResponse({"error": name, "message": str(error)}, status, headers=headers)


routes = [
    *(Route(f"/api/{kind.replace('_', '-')}", answering(kind), methods=["POST"]) for kind in AnswerKind),
    Route("/api/pages/{page_id}/accept", accept, methods=["POST"]),
]
