"""Honest clients process: small queries every 50 ms and a small write every second, all timed.

Requests are sent on schedule, whether or not earlier ones have completed: a server that stops for a second
delays twenty of them.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from typing import Any

from attack.wire import Connection, Lost, dumped, label, request

QUERY_EVERY_S = 0.05
WRITE_EVERY_S = 1.0
READY_EVERY_S = 0.5
ANSWER_LIMIT_S = 30.0
QUERY = "query Honest($id: ID!) { objective(id: $id) { id title progress status } }"
WRITE = (
    "mutation Honest($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq errors { code } } }"
)
READY = b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
GOOD = frozenset({"200"})


@dataclass(frozen=True)
class Sample:
    """One request: its sender, send time, duration and outcome."""

    who: str
    at: float
    took_s: float
    answer: str
    key: str = ""


class Honest:
    """Honest clients of two organisations."""

    def __init__(self, port: int, world: dict[str, Any]) -> None:
        self.port = port
        self.world = world
        self.samples: list[Sample] = []
        self.idle: list[Connection] = []
        self.under_way: set[asyncio.Task[None]] = set()

    async def run(self, until: asyncio.Event) -> None:
        """Send requests until the event is set, then wait for those in flight."""
        ready = READY
        async with asyncio.TaskGroup() as group:
            for name in ("big", "neighbor"):
                query = self.queries(name)
                group.create_task(self.every(QUERY_EVERY_S, f"query {name}", query, until))
            writes = self.writes("neighbor")
            group.create_task(self.every(WRITE_EVERY_S, "write neighbor", writes, until))
            group.create_task(self.every(READY_EVERY_S, "ready", lambda _: (ready, ""), until))
        if self.under_way:
            await asyncio.wait(self.under_way)

    def queries(self, name: str) -> Any:
        """Return a factory of small queries about changing objectives."""
        known = self.world[name]
        requests = [
            request(dumped({"query": QUERY, "variables": {"id": id}}), known["tokens"]["honest"])
            for id in known["objectives"][:100]
        ]
        return lambda number: (requests[number % len(requests)], "")

    def writes(self, name: str) -> Any:
        """Return a factory of check-ins, each with its own idempotency key."""
        known, run = self.world[name], f"{time.time_ns()}"

        def write(number: int) -> tuple[bytes, str]:
            key = f"honest-{run}-{number}"
            key_result = known["key_results"][number % len(known["key_results"])]
            given = {"keyResult": {"id": key_result}, "value": 10 + number % 7, "idempotencyKey": key}
            return request(
                dumped({"query": WRITE, "variables": {"input": given}}), known["tokens"]["honest"]
            ), key

        return write

    async def every(self, seconds: float, who: str, what: Any, until: asyncio.Event) -> None:
        """Send a request every so many seconds."""
        begun = time.monotonic()
        number = 0
        while not until.is_set():
            task = asyncio.create_task(self.ask(who, *what(number)))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
            number += 1
            await asyncio.sleep(max(0.0, begun + number * seconds - time.monotonic()))

    async def ask(self, who: str, data: bytes, key: str) -> None:
        """Send one request over a free connection and record how long it took."""
        at = time.monotonic()
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                answer = await self.answer(data)
        except Lost as end:
            answer = f"lost {end}"
        except TimeoutError:
            answer = "no answer"
        self.samples.append(Sample(who, at, time.monotonic() - at, answer, key))

    async def answer(self, data: bytes) -> str:
        """Return the outcome; replace a kept-alive connection that the server has just closed."""
        if self.idle:
            connection = self.idle.pop()
            try:
                answer = label(*await connection.ask(data))
            except Lost:
                pass
            else:
                self.idle.append(connection)
                return answer
        connection = Connection(self.port)
        answer = label(*await connection.ask(data))
        self.idle.append(connection)
        return answer


async def main() -> None:
    """Send requests until stdin is closed, then print all samples."""
    given = json.loads(sys.stdin.readline())
    honest, over = Honest(given["port"], given["world"]), asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(sys.stdin.fileno())
        over.set()

    loop.add_reader(sys.stdin.fileno(), end)
    await honest.run(over)
    print("\n@" + json.dumps([[s.who, s.at, s.took_s, s.answer, s.key] for s in honest.samples]))


if __name__ == "__main__":
    asyncio.run(main())
