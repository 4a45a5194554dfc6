"""What attackers have in hand: requests over every transport, repeated by many at once, and counted."""

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
SOURCE = "127.0.0.2" if sys.platform == "linux" else None  # elsewhere loopback has one address
AFTER_A_LOSS_S = 0.02  # a client that is cut off connects again, but not a thousand times a second


@dataclass
class Target:
    """The server that is attacked, and what clients know of it."""

    port: int
    pid: int
    dsn: str
    folder: str
    source: str  # the code that it runs
    world: dict[str, Any]
    seconds: float
    is_small: bool


@dataclass
class Attacker:
    """One attack under way: until when, over which transport, and what was answered."""

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
        """Begin now: what was done before is no part of the attack."""
        self.begun = time.monotonic()
        self.until = self.begun + self.target.seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.until

    def organization(self, name: str = "big") -> dict[str, Any]:
        """What clients know of an organisation."""
        known: dict[str, Any] = self.target.world[name]
        return known

    def token(self, name: str = "big", who: str = "attacker") -> str:
        """A token of an organisation."""
        token: str = self.organization(name)["tokens"][who]
        return token

    def connection(self, **more: Any) -> Connection:
        """A connection that is not open yet."""
        return Connection(self.target.port, source=SOURCE, **more)

    def socket(self, token: str | None, **more: Any) -> Socket:
        """A websocket that is not open yet."""
        return Socket(self.target.port, token, source=SOURCE, **more)

    def count(self, answer: str, times: int = 1) -> None:
        """Note what became of a request."""
        self.answers[answer] += times

    async def flood(self, body: Body | list[Body], *, workers: int = 1, org: str = "big") -> None:
        """Ask the same again and again, or each in turn, over this row's transport, until the time is up."""
        bodies = body if isinstance(body, list) else [body]
        requests = [self.prepared(one, self.token(org)) for one in bodies]
        turns = iter(range(10**9))
        self.begin()

        async def work() -> None:
            connection = self._connection(org)
            while not self.is_over:
                await self.ask(connection, requests[next(turns) % len(requests)])
            connection.close()

        await self.group_commit(work, workers)

    async def once(self, body: Body, *, org: str = "big", transport: str | None = None) -> bytes:
        """Ask once, over HTTP where nothing else is said; return what was answered."""
        connection = self.connection()
        answer = await self.ask(connection, self.prepared(body, self.token(org), transport or HTTP))
        connection.close()
        return answer

    def _connection(self, org: str) -> Connection:
        return self.socket(self.token(org)) if self.transport == SOCKET else self.connection()

    def prepared(self, body: Body, token: str, transport: str | None = None) -> bytes:
        """Write a request of an operation, as that transport takes it."""
        match transport or self.transport:
            case "socket":
                return frame(dumped({"id": "1", "type": "subscribe", "payload": body}))
            case "stream":
                return request(dumped(body), token, accept="text/event-stream")
        return request(dumped(body), token)

    async def ask(self, connection: Connection, data: bytes) -> bytes:
        """Send what is prepared, and count the answer."""
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

    async def group_commit(self, work: Callable[[], Awaitable[None]], workers: int) -> None:
        """Do the same by so many at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(_awaited(work))

    async def rest(self) -> None:
        """Wait until the time is up."""
        await asyncio.sleep(max(0.0, self.until - time.monotonic()))


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


__all__ = ["HTTP", "SOCKET", "STREAM", "Attacker", "Target"]
