"""Calendar feeds: shifts for people's own calendars, at addresses that nobody can guess."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from client import Tocsin
from client.errors import NotFoundError, UnavailableError


async def calendar(request: Request) -> Response:
    """The feed as text/calendar with an ETag; 304 if the asker has it, 404 for an address we did not make."""
    tocsin: Tocsin = request.app.state.tocsin
    try:
        feed = await tocsin.calendar_feed(request.path_params["token"], known=_known(request))
    except NotFoundError as error:
        return PlainTextResponse(f"{error}\n", status_code=404)
    except UnavailableError as error:
        return PlainTextResponse(f"{error}\n", status_code=503, headers={"Retry-After": "60"})
    headers = {"ETag": f'"{feed.etag}"', "Cache-Control": "private, max-age=300"}
    if not feed.content:
        return Response(status_code=304, headers=headers)
    return Response(feed.content, media_type="text/calendar; charset=utf-8", headers=headers)


def _known(request: Request) -> str | None:
    """The etag the asker has; a proxy may have made it a weak one."""
    given = request.headers.get("if-none-match")
    return given.removeprefix("W/").strip('"') if given else None


routes = [Route("/calendars/{token}.ics", calendar)]
