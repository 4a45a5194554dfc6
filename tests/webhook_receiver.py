"""A receiver of webhooks on a real socket, which verifies what it gets and answers as a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

from tests.serving import PATIENCE_S

Answer = int | bytes | None  # a status, a whole response, or none: the connection is closed


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> Any:
        return json.loads(self.body)

    @property
    def seq(self) -> int:
        return self.payload["extensions"]["seq"]

    def verify(self, secret: str) -> Any:
        """Return the payload; raise if it is not signed with the secret."""
        return Webhook(secret).verify(self.body, self.headers)


async def accept(_: Received) -> Answer:
    return 204


@dataclass
class Receiver:
    """A receiver; `behave` answers each request, by default with 204."""

    behave: Callable[[Received], Awaitable[Answer]] = accept
    port: int = 0
    received: list[Received] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    connections: set[asyncio.StreamWriter] = field(default_factory=set)
    connected: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and all connections."""
        assert self.server is not None
        self.server.close()
        for writer in list(self.connections):
            writer.transport.abort()
        await self.server.wait_closed()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, which is looked at after each request and answer."""
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(condition)

    async def until_accepted(self, seq: int) -> None:
        await self.until(lambda: bool(self.accepted) and self.accepted[-1] >= seq)

    async def _note(self, where: list[Any], what: Received | int) -> None:
        async with self.changed:
            where.append(what)
            self.changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        self.connections.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().strip().split("\r\n")
                headers = dict(map(_header, lines))
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                request = Received(first.split()[1], headers, body)
                await self._note(self.received, request)
                answer = await self.behave(request)
                if answer is None:
                    return
                is_accepted = isinstance(answer, int) and 200 <= answer < 300
                text = (
                    b"HTTP/1.1 %d -\r\ncontent-length: 0\r\n\r\n" % answer
                    if isinstance(answer, int)
                    else answer
                )
                writer.write(text)
                await writer.drain()
                if is_accepted:
                    await self._note(self.accepted, request.seq)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


@asynccontextmanager
async def receiving(
    behave: Callable[[Received], Awaitable[Answer]] = accept,
) -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver(behave)
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()
