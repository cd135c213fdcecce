"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from client import Tocsin
from client.errors import UnavailableError
from records.database import open_pool
from records.timeline import SYSTEM
from server import api, calendars, links, twilio
from server.health import check_health
from settings import Settings
from settings.temporal import connect_temporal

FRONT_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tocsin</title></head>
<body><p>Tocsin is running. Its <a href="/health">health</a>.</p></body></html>
"""


def create_app(settings: Settings) -> Starlette:
    """The application; it starts, and says 503 on /health, while PostgreSQL or Temporal is down."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool = await open_pool(settings.require_database_url())
        temporal = await connect_temporal(settings, lazy=True)
        tocsin = Tocsin(pool=pool, temporal=temporal, author=SYSTEM, task_queue=settings.task_queue)
        app.state.settings = settings
        app.state.pool = pool
        app.state.temporal = temporal
        app.state.tocsin = tocsin
        with suppress(UnavailableError):  # links then work once PostgreSQL has been seen
            await tocsin.signer()
        try:
            yield
        finally:
            pool.terminate()

    routes = [Route("/", front_page), Route("/health", health)]
    for part in (links, twilio, api, calendars):
        routes += part.routes
    return Starlette(routes=routes, lifespan=lifespan)


async def front_page(request: Request) -> Response:
    """Says that the server runs."""
    return HTMLResponse(FRONT_PAGE)


async def health(request: Request) -> Response:
    """200 when database and Temporal answer, else 503; the body says which, and how long they took."""
    healthy, report = await check_health(request.app.state.pool, request.app.state.temporal)
    return JSONResponse(report, status_code=200 if healthy else 503, headers={"Cache-Control": "no-store"})
