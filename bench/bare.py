"""The `json_agg` competitor: one statement builds the whole response as JSON, behind a bare ASGI application.

It takes `{"operationName": …, "arguments": […]}`, runs the statement of that name with those arguments,
and returns its result. No GraphQL parsing, validation or permissions: an upper bound, not a service.
"""

import gc
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

SQL = Path(__file__).parent / "sql"
STATEMENTS = {path.stem: path.read_text() for path in SQL.glob("[QM]?.sql")}
HEADERS = [(b"content-type", b"application/json")]
Message = dict[str, Any]


class Bare:
    """ASGI application that runs one statement per request."""

    pool: asyncpg.Pool

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Handle a request or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, answer = 400, b""
        if body:
            asked = orjson.loads(body)
            status, answer = 200, await self._answer(STATEMENTS[asked["operationName"]], asked["arguments"])
        headers = [*HEADERS, (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, statement: str, arguments: list[Any]) -> bytes:
        async with self.pool.acquire() as connection:
            answer: str = await connection.fetchval(statement, *map(_argument, arguments))
        return answer.encode()

    async def _live(
        self, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        await receive()
        async with asyncpg.create_pool(
            os.environ["BENCH_DATABASE_URL"],
            min_size=1,
            max_size=int(os.environ["BENCH_CONNECTIONS"]),
            reset=_nothing,
            server_settings={"jit": "off"},
        ) as self.pool:
            gc.freeze()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


async def _nothing(connection: asyncpg.Connection) -> None:
    """Reset nothing: only statements run here."""


def _argument(value: Any) -> Any:
    """Parse strings as UUIDs, also in lists."""
    if isinstance(value, list):
        return [_argument(one) for one in value]
    return UUID(value) if isinstance(value, str) else value


app = Bare()
