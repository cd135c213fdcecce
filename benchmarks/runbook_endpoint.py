"""The far end of runbooks, a process of its own: `python -m benchmarks.runbook_endpoint PORT`.

Answers as fast as it can: AWS's SQS (any call finds no queues), STS (who am I), and a plain GET.
"""

import asyncio
import sys

from worker.stack.ports import HOST

_QUEUES = b'{"QueueUrls": []}'
_IDENTITY = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Arn>arn:aws:iam::111122223333:user/bench</Arn><UserId>bench</UserId><Account>111122223333</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, request after request."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(_length(head))
            is_sts = b"getcalleridentity" in body.lower()
            content, kind = (_IDENTITY, b"text/xml") if is_sts else (_QUEUES, b"application/json")
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b"
                % (kind, len(content), content)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def host(port: int) -> None:
    """Answer until ended."""
    server = await asyncio.start_server(_serve, HOST, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(host(int(sys.argv[1])))
