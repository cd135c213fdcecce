"""`tocsin server`: the HTTP server, until it is told to stop."""

import sys

import uvicorn

from server.app import create_app
from settings import Settings, SettingsError
from settings.temporal import connection

GRACE_SECONDS = 2
"""What open requests get after SIGTERM."""


def server() -> int:
    """Serves on TOCSIN_HOST:TOCSIN_PORT until SIGTERM or Ctrl-C; returns the exit code."""
    try:
        settings = Settings.load()
        settings.require_database_url()
        connection(settings)
    except SettingsError as error:
        print(f"tocsin server: {error}", file=sys.stderr)
        return 1
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        timeout_graceful_shutdown=GRACE_SECONDS,
        access_log=False,
        server_header=False,
    )
    try:
        uvicorn.Server(config).run()
    except KeyboardInterrupt:  # uvicorn stopped cleanly and passes Ctrl-C on
        return 0
    return 0
