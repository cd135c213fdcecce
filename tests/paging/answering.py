"""A real HTTP server that keeps what it is sent and answers as it is told, body and headers too."""

import asyncio
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Behaviour(Enum):
    """What it does with a request."""

    ANSWER = "answers"
    HANG = "takes it and says nothing"
    DROP = "takes it and breaks the connection"


@dataclass
class Request:
    """One request as it was received."""

    path: str
    headers: dict[str, str]
    payload: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


@dataclass
class AnsweringServer:
    """Answers 200 without a body until told otherwise."""

    behaviour: Behaviour = Behaviour.ANSWER
    requests: list[Request] = field(default_factory=list)
    rang: asyncio.Event = field(default_factory=asyncio.Event)
    _answer: bytes = b"HTTP/1.1 200 .\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    _server: asyncio.Server | None = None
    _port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def answer_with(self, status: int, body: object, *, retry_after: str | None = None) -> None:
        """Answer so from now on; a body of None is empty."""
        payload = b"" if body is None else json.dumps(body).encode()
        head = f"HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {len(payload)}\r\n"
        if retry_after is not None:
            head += f"retry-after: {retry_after}\r\n"
        self._answer = (head + "connection: close\r\n\r\n").encode() + payload

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)
            }
            payload = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests.append(Request(head[0].split()[1], headers, payload))
            self.rang.set()
            if self.behaviour is Behaviour.HANG:
                await reader.read()
            elif self.behaviour is Behaviour.ANSWER:
                writer.write(self._answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
