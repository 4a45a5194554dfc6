"""The service as its users meet it: a real uvicorn, GraphQL over real HTTP, and real websockets.

async with serving(acme_url) as server:                     # in this process; `server.app_services` is its own
    client = server.client(token)
    data = await client.ask("{ seq }")
    payload = await client.do("checkInRecord", "checkIn { id }", keyResultId=id, value=5)
    async with server.socket(token) as socket:
        events = await socket.subscribe("subscription { changes(after: 0) { seq } }")
        event = await events.next()

async with serving_apart(acme_url) as server: …             # a process of its own, by `okr-api serve`

With OKR_TEST_COMPILED=off the same tests meet the service without its compiled reader.
"""

import asyncio
import itertools
import json
import os
import re
import socket as sockets
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx2
import uvicorn
import websockets
from graphql import GraphQLObjectType

from okr_api.app import create_app
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.schema import schema
from okr_api.settings import Settings
from okr_api.transport.http_protocol import PROTOCOLS
from okr_api.transport.websocket_route import WebSocketRoute
from tests.error_paths import check_paths

PATIENCE_S = 60.0  # an upper bound: nothing takes as long, unless the machine is very busy
COMPILED = os.environ.get("OKR_TEST_COMPILED", "on") == "on"  # off: everything by graphql-core
PROTOCOL = "graphql-transport-ws"
TOKEN_MUTATIONS = ("tokenCreate", "tokenRevoke")
USER_ERROR = "errors { code message path currentVersion }"


def input_type(mutation: str) -> str:
    """The name of a mutation's input type."""
    return f"{mutation[0].upper()}{mutation[1:]}Input"


@cache
def mutations() -> list[str]:
    """The names of all mutations of the schema but those of tokens, which are no change in the feed."""
    kind = schema._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    return [name for name in kind.fields if name not in TOKEN_MUTATIONS]


class Client:
    """A GraphQL client over HTTP, for one token."""

    def __init__(self, address: str, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.http = httpx2.AsyncClient(
            base_url=address,
            headers=headers,
            timeout=PATIENCE_S,
            limits=httpx2.Limits(max_connections=50),
            verify=False,  # nothing is encrypted; reading the certificates of the machine takes 200 ms
            trust_env=False,
        )

    async def answer(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The whole answer: `data`, `errors`."""
        response = await self.http.post("/graphql", json={"query": query, "variables": variables})
        body: dict[str, Any] = response.json()
        check_paths(query, body, variables)
        return body

    async def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def one(self, query: str, /, **variables: Any) -> Any:
        """The value of the only root field."""
        [value] = (await self.ask(query, **variables)).values()
        return value

    async def problem(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The only error: its message with its extensions."""
        [error] = (await self.answer(query, **variables))["errors"]
        return {"message": error["message"], **error["extensions"]}

    async def try_(self, mutation: str, payload: str = "", /, **input: Any) -> dict[str, Any]:
        """A mutation's payload, whatever became of it."""
        done: dict[str, Any] = await self.one(
            f"mutation($input: {input_type(mutation)}!) {{ {mutation}(input: $input) "
            f"{{ seq replayed {USER_ERROR} {payload} }} }}",
            input=input,
        )
        return done

    async def do(self, mutation: str, payload: str = "", /, **input: Any) -> dict[str, Any]:
        """A mutation's payload, without errors."""
        done = await self.try_(mutation, payload, **input)
        assert done["errors"] == [], done["errors"]
        return done

    async def make(self, mutation: str, /, **input: Any) -> str:
        """The id of what a mutation made or changed."""
        field = node_field(mutation)
        done = await self.do(mutation, f"{field} {{ id }}", **input)
        id: str = done[field]["id"]
        return id

    async def refused(self, mutation: str, /, **input: Any) -> list[tuple[str, list[str]]]:
        """The codes and paths of a mutation that is refused."""
        field = node_field(mutation)
        inside = "checkIn { id }" if field == "results" else "__typename"
        done = await self.try_(mutation, f"{field} {{ {inside} }}", **input)
        assert not done[field] or (field == "results" and not any(one["checkIn"] for one in done[field]))
        assert done["errors"]
        assert all(error["message"] for error in done["errors"])
        return [(error["code"], error["path"]) for error in done["errors"]]


@cache
def node_field(mutation: str) -> str:
    """The field of a mutation's payload that holds what it changed."""
    kind = schema._schema.mutation_type
    assert kind is not None
    payload: Any = kind.fields[mutation].type
    [name] = set(payload.fields) - {"seq", "deltas", "replayed", "errors", "notices", "secret"}
    return str(name)


class Closed(Exception):
    """The server closed the socket, or ended the subscription."""


@dataclass
class Events:
    """One subscription on a socket."""

    id: str
    query: Any = None
    queue: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue)

    async def message(self) -> dict[str, Any]:
        """The next message of the protocol: `next`, `error` or `complete`."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self.queue.get()
        if isinstance(message, Exception):
            raise message
        payload = message.get("payload")
        check_paths(self.query, {"errors": payload} if isinstance(payload, list) else payload)
        return dict(message)

    async def next(self) -> Any:
        """The value of the next event's only field."""
        message = await self.message()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message["payload"]["errors"]
        [value] = message["payload"]["data"].values()
        return value

    async def take(self, count: int) -> list[Any]:
        """So many events."""
        return [await self.next() for _ in range(count)]

    async def problem(self) -> dict[str, Any]:
        """The extensions of the error with which it ends."""
        message = await self.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        [error] = errors
        return {"message": error["message"], **error["extensions"]}

    def waiting(self) -> int:
        """How many messages have come and not been looked at."""
        return self.queue.qsize()


@asynccontextmanager
async def one_begins(house: AppServices | None) -> AsyncIterator[None]:
    """Whoever subscribes in here follows at its end: whatever changes from then on is told."""
    assert house, "Only a server in this process can be asked who follows"
    begun = house.feed.begun
    yield
    async with asyncio.timeout(PATIENCE_S):
        while house.feed.begun == begun:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0)


class Socket:
    """A client of `graphql-transport-ws`."""

    def __init__(self, connection: websockets.ClientConnection, house: AppServices | None) -> None:
        self.connection = connection
        self.app_services = house
        self._ids = itertools.count(1)
        self._subscriptions: dict[str, Events] = {}
        self._pongs: asyncio.Queue[None] = asyncio.Queue()

    async def begin(self, payload: Mapping[str, Any] | None) -> None:
        """Says who asks, and waits to be let in."""
        await self._send({"type": "connection_init", "payload": payload})
        async with asyncio.timeout(PATIENCE_S):
            acknowledged = json.loads(await self.connection.recv())
        assert acknowledged["type"] == "connection_ack", acknowledged

    async def read(self) -> None:
        """Hands what comes to the subscriptions, until the socket is closed."""
        try:
            async for text in self.connection:
                message = json.loads(text)
                if message["type"] == "pong":
                    self._pongs.put_nowait(None)
                elif message["type"] != "ping":
                    self._subscriptions[message["id"]].queue.put_nowait(message)
        finally:
            for events in self._subscriptions.values():
                events.queue.put_nowait(Closed())

    async def subscribe(self, query: str, /, **variables: Any) -> Events:
        """The events of a subscription, or of any operation."""
        return await self.ask({"query": query, "variables": variables})

    async def ask(self, payload: Mapping[str, Any]) -> Events:
        """The events of whatever is asked."""
        events = self._subscriptions.setdefault(id := str(next(self._ids)), Events(id, payload.get("query")))
        await self._send({"id": id, "type": "subscribe", "payload": payload})
        return events

    async def follow(self, query: str, /, **variables: Any) -> Events:
        """The events of a subscription that has begun: whatever changes from now on is told."""
        async with one_begins(self.app_services):
            return await self.subscribe(query, **variables)

    async def complete(self, events: Events) -> None:
        """Ends a subscription from here."""
        await self._send({"id": events.id, "type": "complete"})

    async def ping(self) -> None:
        """Waits until the server has answered: what it was sent before has been read, if not yet done."""
        await self._send({"type": "ping"})
        async with asyncio.timeout(PATIENCE_S):
            await self._pongs.get()

    def kill(self) -> None:
        """Cuts the connection without a word."""
        self.connection.transport.abort()

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self.connection.send(json.dumps(message))


@dataclass
class Server:
    """A running server, in this process or another."""

    address: str
    app_services: AppServices | None = None
    sockets: WebSocketRoute | None = None
    connections: Collection[Any] = ()
    process: asyncio.subprocess.Process | None = None
    log: list[str] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    def client(self, token: str | None) -> Client:
        """A client; it is closed with the server."""
        self.clients.append(made := Client(self.address, token))
        return made

    @asynccontextmanager
    async def socket(self, token: str | None, **payload: Any) -> AsyncIterator[Socket]:
        """A socket that has been let in."""
        if token is not None:
            payload["Authorization"] = f"Bearer {token}"
        async with self.connect() as connection:
            socket = Socket(connection, self.app_services)
            await socket.begin(payload)
            reading = asyncio.create_task(socket.read())
            try:
                yield socket
            finally:
                reading.cancel()
                with suppress(asyncio.CancelledError, websockets.ConnectionClosed):
                    await reading

    def connect(self, *protocols: str, **more: Any) -> websockets.connect:
        """A bare connection."""
        return websockets.connect(
            self.address.replace("http", "ws") + "/graphql",
            subprotocols=[websockets.Subprotocol(name) for name in protocols or (PROTOCOL,)],
            proxy=None,
            max_size=2**24,
            open_timeout=PATIENCE_S,
            close_timeout=1,
            **more,
        )


class _Uvicorn(uvicorn.Server):
    """A server that leaves signals alone and says when it has begun."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = asyncio.Event()
        self.told_to_stop = asyncio.Event()

    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """None are captured: those of the tests are theirs."""
        yield

    async def startup(self, sockets: list[sockets.socket] | None = None) -> None:
        """Begins."""
        await super().startup(sockets)
        self.begun.set()

    async def main_loop(self) -> None:
        """Waits to be told to stop, without looking ten times a second."""
        await self.on_tick(0)
        await self.told_to_stop.wait()


@asynccontextmanager
async def serving(
    database_url: str, *, send_buffer: int | None = None, **settings: Any
) -> AsyncIterator[Server]:
    """A server in this process, on this event loop; the system buffers so much of what it sends."""
    app = create_app(Settings(database_url=database_url, **{"compiled": COMPILED, **settings}))
    door = sockets.create_server(("127.0.0.1", 0), backlog=100)
    door.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)  # as uvloop does; asyncio forgets it here
    if send_buffer is not None:  # those who are let in inherit it
        door.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, send_buffer)
    config = uvicorn.Config(
        app,
        **PROTOCOLS,
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    inside = _Uvicorn(config)
    running = asyncio.create_task(inside.serve([door]))
    begun = asyncio.create_task(inside.begun.wait())
    await asyncio.wait([running, begun], return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    assert not running.done(), running.exception() or "The server could not start"
    address = f"http://127.0.0.1:{door.getsockname()[1]}"
    server = Server(
        address,
        app_services=app.state.app_services,
        sockets=app.state.sockets,
        connections=inside.server_state.connections,
    )
    try:
        yield server
    finally:
        for client in server.clients:
            await client.http.aclose()
        inside.told_to_stop.set()
        await running


@asynccontextmanager
async def serving_apart(database_url: str, **environment: str) -> AsyncIterator[Server]:
    """A server in a process of its own: `okr-api serve`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "okr_api.cli",
        "serve",
        "--port",
        "0",
        env={
            **os.environ,
            "OKR_DATABASE_URL": database_url,
            "OKR_COMPILED": "on" if COMPILED else "off",
            **environment,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    server = Server("", process=process)
    begun = asyncio.Event()

    async def read() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            server.log.append(line.decode())
            if found := re.search(r"Serving (\S+)/graphql", server.log[-1]):
                server.address = found[1]
                begun.set()
        begun.set()

    reading = asyncio.create_task(read())
    try:
        async with asyncio.timeout(60):
            await begun.wait()
        assert server.address, "".join(server.log)
        yield server
    finally:
        for client in server.clients:
            await client.http.aclose()
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await reading
