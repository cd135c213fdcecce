"""A service that answers over HTTP what it is told to, and remembers what it was asked."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Service:
    """Gives its answers in order, and the last one again and again: (status, body, headers)."""

    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=lambda: [(200, {}, {})])
    asked: list[Asked] = field(default_factory=list)

    async def start(self) -> None:
        """On a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """No more answers."""
        self._server.close()
        await self._server.wait_closed()

    def answer(self, *answers: tuple[int, Any] | tuple[int, Any, dict[str, str]]) -> None:
        """From now on these."""
        self.answers = [(given[0], given[1], given[2] if len(given) > 2 else {}) for given in answers]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        self.asked.append(Asked(method, path, headers, body))
        status, answer, extra = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        kind = "application/octet-stream" if isinstance(answer, bytes) else "application/json"
        sent = {"content-type": kind, "content-length": str(len(raw)), "connection": "close", **extra}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        writer.write(f"HTTP/1.1 {status} Told\r\n{lines}\r\n".encode() + raw)
        await writer.drain()
        writer.close()
