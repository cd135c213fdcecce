"""AWS's answers as JSON, which is what histories hold and selectors read."""

import base64
from datetime import datetime
from typing import Any

from botocore.response import StreamingBody

from activities.automation.steps import LARGEST_RESPONSE, step_failed

METADATA = "ResponseMetadata"
"""What botocore adds to an answer: its HTTP status, its headers, its id."""


def plain(value: Any, *, metadata: bool = False) -> Any:
    """An answer as JSON: times as ISO 8601, bytes as text (base64 if they are none), bodies read.

    `metadata` keeps what botocore adds, which hardly anybody reads. Reads from the network, so it belongs into the
    call's thread. Fails the step for what is no JSON or too large.
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if metadata or key != METADATA}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StreamingBody):
        return _text(_whole(value))
    if isinstance(value, bytes):
        return _text(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise step_failed(f"the answer holds a {type(value).__name__}, which a step's output cannot hold")


def _whole(body: StreamingBody) -> bytes:
    with body:
        content: bytes = body.read(LARGEST_RESPONSE + 1)
    if len(content) > LARGEST_RESPONSE:
        raise step_failed(f"the answer's body is longer than the {LARGEST_RESPONSE} bytes that can be kept")
    return content


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()
