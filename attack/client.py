"""Attack client: prepare, send and count requests over every transport, with concurrent workers."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from attack.table import HTTP, SOCKET, STREAM
from attack.wire import Body, Connection, Lost, Socket, dumped, frame, label, request

ANSWER_LIMIT_S = 60.0
SOURCE = "127.0.0.2" if sys.platform == "linux" else None  # on other systems loopback has one address
AFTER_A_LOSS_S = 0.02  # reconnect delay, to avoid a thousand attempts per second


@dataclass
class Target:
    """The server under attack, and the data that clients know."""

    port: int
    pid: int
    dsn: str
    folder: str
    source: str  # the code that the server runs
    world: dict[str, Any]
    seconds: float
    is_small: bool


@dataclass
class Attacker:
    """One attack in progress: its end time, its transport, and the responses so far."""

    target: Target
    transport: str = HTTP
    answers: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    until: float = 0.0

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start the clock of the attack; earlier preparation does not count."""
        self.begun = time.monotonic()
        self.until = self.begun + self.target.seconds

    @property
    def is_over(self) -> bool:
        """Return whether the time is up."""
        return time.monotonic() >= self.until

    def organization(self, name: str = "big") -> dict[str, Any]:
        """Return the data that clients know of an organisation."""
        known: dict[str, Any] = self.target.world[name]
        return known

    def token(self, name: str = "big", who: str = "attacker") -> str:
        """Return a token of an organisation."""
        token: str = self.organization(name)["tokens"][who]
        return token

    def connection(self, **more: Any) -> Connection:
        """Return a connection that is not open yet."""
        return Connection(self.target.port, source=SOURCE, **more)

    def socket(self, token: str | None, **more: Any) -> Socket:
        """Return a WebSocket that is not open yet."""
        return Socket(self.target.port, token, source=SOURCE, **more)

    def count(self, answer: str, times: int = 1) -> None:
        """Count the outcome of a request."""
        self.answers[answer] += times

    async def flood(self, body: Body | list[Body], *, workers: int = 1, org: str = "big") -> None:
        """Send the requests in turn over this row's transport, with so many workers, until the time is up."""
        bodies = body if isinstance(body, list) else [body]
        requests = [self.prepared(one, self.token(org)) for one in bodies]
        turns = iter(range(10**9))
        self.begin()

        async def work() -> None:
            connection = self._connection(org)
            while not self.is_over:
                await self.ask(connection, requests[next(turns) % len(requests)])
            connection.close()

        await self.run_workers(work, workers)

    async def once(self, body: Body, *, org: str = "big", transport: str | None = None) -> bytes:
        """Send one request, over HTTP by default; return the response."""
        connection = self.connection()
        answer = await self.ask(connection, self.prepared(body, self.token(org), transport or HTTP))
        connection.close()
        return answer

    def _connection(self, org: str) -> Connection:
        return self.socket(self.token(org)) if self.transport == SOCKET else self.connection()

    def prepared(self, body: Body, token: str, transport: str | None = None) -> bytes:
        """Serialize an operation as a request of the transport."""
        match transport or self.transport:
            case "socket":
                return frame(dumped({"id": "1", "type": "subscribe", "payload": body}))
            case "stream":
                return request(dumped(body), token, accept="text/event-stream")
        return request(dumped(body), token)

    async def ask(self, connection: Connection, data: bytes) -> bytes:
        """Send a prepared request and count the response."""
        begun = time.monotonic()
        answer = b""
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                if isinstance(connection, Socket):
                    status, answer = await connection.operation(data)
                else:
                    status, answer = await connection.ask(data)
            self.count(label(status, answer))
        except Lost as end:
            self.count(f"closed {end}")
            await asyncio.sleep(AFTER_A_LOSS_S)
        except TimeoutError:
            self.count(f"nothing in {ANSWER_LIMIT_S:g} s")
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        return answer

    async def run_workers(self, work: Callable[[], Awaitable[None]], workers: int) -> None:
        """Run so many workers concurrently."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(_awaited(work))

    async def rest(self) -> None:
        """Wait until the time is up."""
        await asyncio.sleep(max(0.0, self.until - time.monotonic()))


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


__all__ = ["HTTP", "SOCKET", "STREAM", "Attacker", "Target"]
