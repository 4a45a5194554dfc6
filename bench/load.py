"""Load generation: the same generator for every competitor of a run.

`wrk` if installed: it uses almost no CPU beside PostgreSQL on the same core. Otherwise a small generator
in Python, which uses more of that core, equally for all competitors.
"""

import asyncio
import json
import math
import random
import secrets
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import uvloop

from bench.processes import run_pinned

SCRIPT = Path(__file__).parent / "wrk.lua"
GRACE_S = 60.0
KEY = "@KEY@"


@dataclass(frozen=True, slots=True)
class Driven:
    """Results of a period of load."""

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p99_ms: float
    failed: int

    @property
    def rps(self) -> float:
        """Return the requests per second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Load:
    """Load to send: the bodies of a file, one per line, in turn, over `connections` for `seconds`."""

    url: str
    bodies: Path
    authorization: str
    connections: int
    seconds: float


def generator(*, wrk: bool = True) -> str:
    """Return which generator drives this run."""
    return "wrk" if wrk and shutil.which("wrk") else "python"


def drive(load: Load, *, by: str, core: int | None) -> Driven:
    """Drive a server and return the results."""
    arguments = _of_wrk(load) if by == "wrk" else _of_ours(load)
    said = run_pinned(arguments, core=core, limit_s=load.seconds + GRACE_S)
    return Driven(**json.loads(said.rpartition("\n@")[2]))


def _of_wrk(load: Load) -> list[str]:
    # One thread: PostgreSQL and wrk share one core.
    begin = random.randrange(10_000)
    wrk = [
        "wrk",
        "-t1",
        f"-c{load.connections}",
        f"-d{math.ceil(load.seconds)}s",
        "--timeout=60s",
        "--latency",
    ]
    said = [str(load.bodies), load.authorization, secrets.token_hex(8), str(begin)]
    return [*wrk, "-s", str(SCRIPT), load.url, "--", *said]


def _of_ours(load: Load) -> list[str]:
    said = {**asdict(load), "bodies": str(load.bodies)}
    return [sys.executable, "-m", "bench.load", json.dumps(said)]


# ── Generator in Python ─────────────────────────────────────────────────────────────────────────────────────


class Caller(asyncio.Protocol):
    """A connection that sends a request, waits for the whole response, and repeats."""

    def __init__(self, driving: "Driving") -> None:
        self.driving = driving
        self.head = b""
        self.size = self.awaited = 0
        self.asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass
        self._ask()

    def _ask(self) -> None:
        self.head, self.size, self.awaited = b"", 0, 0
        self.asked_at = perf_counter()
        self.transport.write(self.driving.next_request())

    def data_received(self, data: bytes) -> None:
        """Collect data and send the next request when the response is complete."""
        self.size += len(data)
        if not self.awaited:
            self.head += data
            head, found, _ = self.head.partition(b"\r\n\r\n")
            if not found:
                return
            self.head = head
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self.awaited = len(head) + 4 + int(length)
        if self.size < self.awaited:
            return
        self.driving.answered(perf_counter() - self.asked_at, self.head, self.size)
        if self.driving.done.is_set():
            self.transport.close()
        else:
            self._ask()

    def connection_lost(self, reason: Exception | None) -> None:
        """Count a connection that ends early as a failure."""
        if not self.driving.done.is_set():
            self.driving.failed += 1


class Driving:
    """Load over all connections until the time is up."""

    def __init__(self, load: Load) -> None:
        self.load = load
        parts = urlsplit(load.url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        authorization = f"Authorization: {load.authorization}\r\n" if load.authorization else ""
        self.head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
            f"{authorization}Content-Length: "
        )
        self.bodies: Sequence[str] = load.bodies.read_text().splitlines()
        self.place = random.randrange(len(self.bodies))
        self.key, self.number = secrets.token_hex(8), 0
        self.latencies: list[float] = []
        self.received = self.failed = 0
        self.done = asyncio.Event()

    def next_request(self) -> bytes:
        """Return the next body as a request, with a new idempotency key."""
        self.place = (self.place + 1) % len(self.bodies)
        self.number += 1
        body = self.bodies[self.place].replace(KEY, f"{self.key}{self.number}").encode()
        return f"{self.head}{len(body)}\r\n\r\n".encode() + body

    def answered(self, seconds: float, head: bytes, size: int) -> None:
        """Count a response."""
        self.latencies.append(seconds)
        self.received += size
        self.failed += not head.startswith(b"HTTP/1.1 200")

    async def run(self) -> Driven:
        """Run the load for the configured time."""
        loop, began = asyncio.get_running_loop(), perf_counter()
        for _ in range(self.load.connections):
            await loop.create_connection(lambda: Caller(self), self.host, self.port)
        await asyncio.sleep(self.load.seconds)
        self.done.set()
        took = perf_counter() - began
        ordered = sorted(self.latencies) or [0.0]
        return Driven(
            requests=len(self.latencies),
            seconds=took,
            bytes=self.received,
            p50_ms=ordered[len(ordered) // 2] * 1e3,
            p99_ms=ordered[len(ordered) * 99 // 100] * 1e3,
            failed=self.failed,
        )


def main() -> None:
    """Run the load given as argument, in a separate process."""
    said = json.loads(sys.argv[1])
    load = Load(**{**said, "bodies": Path(said["bodies"])})
    print("\n@" + json.dumps(asdict(uvloop.run(Driving(load).run()))))


if __name__ == "__main__":
    main()
