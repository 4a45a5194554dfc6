"""The process of the honest clients: small queries every 50 ms, a small write every second, all timed.

Requests leave at their time, whether those before have been answered or not: a server that stops for a second
is seen by twenty of them.
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
    """One request: by whom, when it left, how long its answer took, what it was."""

    who: str
    at: float
    took_s: float
    answer: str
    key: str = ""


class Honest:
    """Clients of several organisations."""

    def __init__(self, port: int, world: dict[str, Any]) -> None:
        self.port = port
        self.world = world
        self.samples: list[Sample] = []
        self.idle: list[Connection] = []
        self.under_way: set[asyncio.Task[None]] = set()

    async def run(self, until: asyncio.Event) -> None:
        """Ask until the event, then wait for what is under way."""
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
        """A small query about another objective each time."""
        known = self.world[name]
        requests = [
            request(dumped({"query": QUERY, "variables": {"id": id}}), known["tokens"]["honest"])
            for id in known["objectives"][:100]
        ]
        return lambda number: (requests[number % len(requests)], "")

    def writes(self, name: str) -> Any:
        """A check-in each time, with a key of its own."""
        known, run = self.world[name], f"{time.time_ns()}"

        def write(number: int) -> tuple[bytes, str]:
            key = f"honest-{run}-{number}"
            key_result = known["key_results"][number % len(known["key_results"])]
            given = {"keyResultId": key_result, "value": 10 + number % 7, "idempotencyKey": key}
            return request(
                dumped({"query": WRITE, "variables": {"input": given}}), known["tokens"]["honest"]
            ), key

        return write

    async def every(self, seconds: float, who: str, what: Any, until: asyncio.Event) -> None:
        """Send a request each so many seconds."""
        begun = time.monotonic()
        number = 0
        while not until.is_set():
            task = asyncio.create_task(self.ask(who, *what(number)))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
            number += 1
            await asyncio.sleep(max(0.0, begun + number * seconds - time.monotonic()))

    async def ask(self, who: str, data: bytes, key: str) -> None:
        """Send one request over a connection that is free, and note how long it took."""
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
        """What is answered; a kept connection that the server has just closed is replaced by a new one."""
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
    """Ask until the standard input is closed, then say everything."""
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
