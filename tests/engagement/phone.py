"""A real HTTP server that takes webhook pages, or answers as it is told."""

import asyncio
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Behaviour(Enum):
    """What a phone may do instead of answering."""

    HANG = "takes the request and says nothing"
    DROP = "takes the request and breaks the connection"


@dataclass
class Ring:
    """One request as it was received."""

    headers: dict[str, str]
    payload: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


@dataclass
class Phone:
    """Answers with `answer`, or with the status in the path (`/status/503`); keeps what it received."""

    answer: int | Behaviour = 200
    retry_after: int = 0
    rings: list[Ring] = field(default_factory=list)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            lines = [line.split(": ", 1) for line in head[1:] if line]
            headers = {name.lower(): value for name, value in lines}
            payload = await reader.readexactly(int(headers.get("content-length", "0")))
            self.rings.append(Ring(headers, payload))
            path = head[0].split()[1]
            answer = int(path.removeprefix("/status/")) if path.startswith("/status/") else self.answer
            if answer is Behaviour.HANG:
                await reader.read()
            elif isinstance(answer, int):
                patience = f"retry-after: {self.retry_after}\r\n" if self.retry_after else ""
                head_line = f"HTTP/1.1 {answer} .\r\n{patience}"
                writer.write(f"{head_line}content-length: 0\r\nconnection: close\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
