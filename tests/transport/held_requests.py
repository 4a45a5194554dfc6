"""Requests over raw connections: the last byte can be held back, and responses can be left unread."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from tests.serving import PATIENCE_S, Server

TREE = "query ($of: ID!) { objectiveTree(cycleId: $of) { rows { depth objective { id title state } } } }"

# Costs more than 1,000, even if there are few rows to read.
HEAVY = (
    "query ($of: ID!) { objectives(first: 100, filter: { cycle: { id: { eq: $of } } }) "
    "{ nodes { id title state keyResults { checkIns(first: 3) { nodes { id } } } } } }"
)


@dataclass
class Request:
    """A request sent except for its last byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    last: bytes

    def release(self) -> "Request":
        """Send the last byte and return the request."""
        self.writer.write(self.last)
        return self

    async def answer(self) -> tuple[int, bytes]:
        """Wait for the response and return its status and body."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            lines = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:] if line)
            body = await self.reader.readexactly(int(lines["content-length"]))
        self.close()
        return int(head.split()[1]), body

    def close(self) -> None:
        """Abort the connection."""
        self.writer.transport.abort()


async def held_back(server: Server, token: str, query: str, **variables: Any) -> Request:
    """Send a request except for its last byte."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    return await sent(server, token, body[:-1], body[-1:])


async def sent(server: Server, token: str, body: bytes, last: bytes = b"") -> Request:
    """Send the head of a request and part of its body; `last` is sent on release."""
    host, port = server.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**16)
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body) + len(last)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    return Request(reader, writer, last)


def code_of(body: bytes) -> str | None:
    """Return the code of the first error of a response without data, else None."""
    if not body.startswith(b'{"errors"'):
        return None
    code: str = json.loads(body)["errors"][0]["extensions"]["code"]
    return code
