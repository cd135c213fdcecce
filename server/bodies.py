"""Reading what is posted here, and no more of it than anything sent here needs."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from client.errors import InvalidInputError

LARGEST = 64 * 1024
"""Bytes of a body; Twilio's largest and the API's largest are a fraction of it."""

MOST_FIELDS = 200


class TooLargeError(Exception):
    """The body is larger than anything that is taken here."""

    def __init__(self) -> None:
        super().__init__(f"the body is larger than {LARGEST} bytes")


async def read_body(request: Request) -> bytes:
    """The body; raises TooLargeError before it has been read."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > LARGEST:
        raise TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise TooLargeError
    return bytes(body)


async def read_form(request: Request) -> list[tuple[str, str]]:
    """The fields of an HTML form or of a webhook, in order; raises TooLargeError, InvalidInputError."""
    body = await read_body(request)
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidInputError("the body is not a form (application/x-www-form-urlencoded)") from error


async def read_json(request: Request) -> Any:
    """The JSON in the body; raises TooLargeError, InvalidInputError."""
    body = await read_body(request)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("the body is not JSON") from error
