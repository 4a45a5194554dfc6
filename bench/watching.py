"""S1: measure the delay from a mutation to its last delivery, to subscribers with a WebSocket each.

Runs in a separate process, on the core of the load generator. The client does as little as possible: it
counts `next` messages and answers pings, so that the server is what is measured.
"""

import asyncio
import base64
import json
import os
import secrets
import statistics
import sys
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, cast

import uvloop

from bench.load import KEY
from bench.processes import cpu_seconds

AT_ONCE = 50  # sockets opened at a time
PAUSE_S = 0.05
READY_S = 60.0
DELIVERED_S = 30.0
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass(frozen=True, slots=True)
class Watch:
    """Parameters of a run: the subscribers, their subscription, and the mutations they receive."""

    port: int
    authorization: str
    subscribers: int
    times: int
    subscription: dict[str, Any]
    mutations: list[dict[str, Any]]
    pids: list[int]  # of the server and of PostgreSQL


@dataclass(frozen=True, slots=True)
class Watched:
    """Delivery delays in ms: `last_ms` from the start of the mutation to the last subscriber."""

    last_ms: list[float]
    first_ms: list[float]
    answered_ms: list[float]
    bytes: int
    cpu_ms: float  # per delivery

    @property
    def p50_ms(self) -> float:
        """Return the median delay to the last subscriber."""
        return statistics.median(self.last_ms)


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a masked client frame."""
    mask, size = os.urandom(4), len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    else:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Subscriber(asyncio.Protocol):
    """A WebSocket client that subscribes and counts events."""

    def __init__(self, watching: "Watching") -> None:
        self.watching = watching
        self.buffer = b""
        self.shaken = False
        self.acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the upgrade request."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            (
                f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.watching.watch.port}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        """Process the complete frames of the buffer."""
        self.buffer += data
        if not self.shaken:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0] + b" ":
                self.watching.fail(head.decode())
                return
            self.shaken, self.buffer = True, rest
            self.say(
                {"type": "connection_init", "payload": {"Authorization": self.watching.watch.authorization}}
            )
        while (taken := self._next_frame()) is not None:
            self._heard(*taken)

    def _next_frame(self) -> tuple[int, bytes] | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        size, begin = buffer[1] & 0x7F, 2
        if size == 126:
            size, begin = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            size, begin = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < begin + size:
            return None
        self.buffer = buffer[begin + size :]
        return buffer[0] & 0x0F, buffer[begin : begin + size]

    def _heard(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.transport.write(frame(PONG, payload))
        elif opcode == CLOSE:
            self.watching.fail(f"closed: {payload!r}")
        elif b'"next"' in payload[:80] or b'"next"' in payload[-80:]:
            self.watching.delivered(payload)
        elif b'"connection_ack"' in payload:
            self.say({"id": "1", "type": "subscribe", "payload": self.watching.watch.subscription})
            self.acknowledged.set_result(None)
        elif b'"ping"' in payload:
            self.say({"type": "pong"})
        else:
            self.watching.fail(payload.decode())

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self.transport.write(frame(TEXT, json.dumps(message).encode()))

    def connection_lost(self, reason: Exception | None) -> None:
        """Fail if a socket ends before the run does."""
        self.watching.fail(f"lost: {reason}")


class Watching:
    """A run: all subscribers, and the client that sends the mutations."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.count = self.awaited = self.bytes = 0
        self.first_at = self.last_at = 0.0
        self.all: asyncio.Future[None] | None = None
        self.over = False
        self.key, self.number = secrets.token_hex(8), 0

    def fail(self, why: str) -> None:
        """Abort the run: it measures nothing if a subscriber misses an event."""
        if not self.over and self.all is not None and not self.all.done():
            self.all.set_exception(RuntimeError(f"A subscriber was refused or lost: {why}"))

    def delivered(self, payload: bytes) -> None:
        """Count a delivery."""
        if b'"errors"' in payload:
            self.fail(payload.decode())
        self.count += 1
        if self.count == 1:
            self.first_at, self.bytes = perf_counter(), len(payload)
        if self.count == self.awaited:
            self.last_at = perf_counter()
            if self.all is not None and not self.all.done():
                self.all.set_result(None)

    async def run(self) -> Watched:
        """Open all sockets, warm up until all subscribers receive events, then measure."""
        loop = asyncio.get_running_loop()
        self.all = loop.create_future()
        opened: list[Subscriber] = []
        while len(opened) < self.watch.subscribers:
            some = [
                (await loop.create_connection(lambda: Subscriber(self), "127.0.0.1", self.watch.port))[1]
                for _ in range(min(AT_ONCE, self.watch.subscribers - len(opened)))
            ]
            for one in some:
                await asyncio.wait(
                    {one.acknowledged, self.all}, timeout=READY_S, return_when="FIRST_COMPLETED"
                )
                if self.all.done():
                    self.all.result()
            opened += some
        await self._until_everybody_is_told()
        before = self._cpu_seconds()
        told = [await self._tell() for _ in range(self.watch.times)]
        cpu = (self._cpu_seconds() - before) / (self.watch.times * self.watch.subscribers)
        self.over = True
        last, first, answered = zip(*told, strict=True)
        return Watched(list(last), list(first), list(answered), self.bytes, cpu * 1e3)

    def _cpu_seconds(self) -> float:
        return sum(map(cpu_seconds, self.watch.pids))

    async def _until_everybody_is_told(self) -> None:
        """Send mutations until one reaches all: an accepted socket may not have subscribed yet."""
        until = perf_counter() + READY_S
        while True:
            self.count, self.awaited = 0, self.watch.subscribers
            self.all = asyncio.get_running_loop().create_future()
            await self._mutate()
            try:
                await asyncio.wait_for(self.all, 5)
            except TimeoutError:
                if perf_counter() > until:
                    raise RuntimeError(f"Only {self.count} of {self.awaited} subscribers were told") from None
                continue
            await asyncio.sleep(0.5)
            return

    async def _tell(self) -> tuple[float, float, float]:
        await asyncio.sleep(PAUSE_S)
        self.count, self.awaited = 0, self.watch.subscribers
        self.all = asyncio.get_running_loop().create_future()
        began = perf_counter()
        await self._mutate()
        answered = perf_counter() - began
        await asyncio.wait_for(self.all, DELIVERED_S)
        return (self.last_at - began) * 1e3, (self.first_at - began) * 1e3, answered * 1e3

    async def _mutate(self) -> None:
        """Send one mutation with a value that differs from the previous one."""
        self.number += 1
        chosen = self.watch.mutations[self.number % len(self.watch.mutations)]
        body = json.dumps(chosen).replace(KEY, f"{self.key}{self.number}").encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.watch.port)
        writer.write(
            (
                "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Authorization: {self.watch.authorization}\r\nConnection: close\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            + body
        )
        said = await reader.read()
        writer.close()
        if b" 200 " not in said[:20] or b'"errors":[{' in said:
            raise RuntimeError(f"The mutation was refused: {said.decode()[:1000]}")


def main() -> None:
    """Run with the parameters of the argument file."""
    with open(sys.argv[1]) as said:  # noqa: PTH123  plain reading
        watch = Watch(**json.load(said))
    print("\n@" + json.dumps(asdict(uvloop.run(Watching(watch).run()))))


if __name__ == "__main__":
    main()
