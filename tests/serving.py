"""Run the service as its clients meet it: a real uvicorn, GraphQL over real HTTP, and real websockets.

async with serving(acme_url) as server:                     # in this process; `server.app_services` is its own
    client = server.client(token)
    data = await client.ask("{ seq }")
    payload = await client.do("checkInRecord", "checkIn { id }", keyResult={"id": id}, value=5)
    async with server.socket(token) as socket:
        events = await socket.subscribe("subscription { changes(after: 0) { seq } }")
        event = await events.next()

    async with serving_apart(acme_url) as server: …             # a process of its own, by `okr-api serve`

With OKR_TEST_COMPILED=off the same tests run without the compiled executor.
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
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.schema import schema
from okr_api.settings import Settings
from okr_api.transport.http_protocol import PROTOCOLS
from okr_api.transport.websocket_route import WebSocketRoute
from tests.error_paths import check_paths

STOPPED_POLL_S = 0.001  # while a server stops
PATIENCE_S = 60.0  # an upper bound: nothing takes as long, unless the machine is very busy
COMPILED = os.environ.get("OKR_TEST_COMPILED", "on") == "on"  # off: graphql-core executes everything
PROTOCOL = "graphql-transport-ws"
TOKEN_MUTATIONS = ("tokenCreate", "tokenRevoke")
WEBHOOK_MUTATIONS = (
    "webhookCreate",
    "webhookUpdate",
    "webhookDelete",
    "webhookRotateSecret",
    "webhookReplay",
    "webhookEnable",
)
UNRECORDED = (*TOKEN_MUTATIONS, *WEBHOOK_MUTATIONS, "notificationsRead", "pulseAnswer")
USER_ERROR = "errors { code message path currentVersion }"


def input_type(mutation: str) -> str:
    return f"{mutation[0].upper()}{mutation[1:]}Input"


@cache
def mutations() -> list[str]:
    """Return the names of all mutations, except those of `UNRECORDED`, which append no change to the feed."""
    kind = schema._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    return [name for name in kind.fields if name not in UNRECORDED]


def check_response(body: Any) -> None:
    """Assert what holds for every response: its codes are in the schema, and its position is what `seq` tells."""
    if not isinstance(body, dict):
        return
    for error in body.get("errors") or ():
        assert error["extensions"]["code"] in set(ErrorCode), error
    data = body.get("data") or {}
    if type(data.get("seq")) is int:
        assert body["extensions"]["seq"] == data["seq"], body


class Client:
    """A GraphQL client over HTTP, with one token."""

    def __init__(self, address: str, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.http = httpx2.AsyncClient(
            base_url=address,
            headers=headers,
            timeout=PATIENCE_S,
            limits=httpx2.Limits(max_connections=50),
            verify=False,  # there is no TLS; reading the machine's certificates takes 200 ms
            trust_env=False,
        )

    async def answer(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Return the whole response: `data`, `errors`."""
        response = await self.http.post("/graphql", json={"query": query, "variables": variables})
        body: dict[str, Any] = response.json()
        check_paths(query, body, variables)
        check_response(body)
        return body

    async def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Return the data of a response without errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def one(self, query: str, /, **variables: Any) -> Any:
        """Return the value of the only root field."""
        [value] = (await self.ask(query, **variables)).values()
        return value

    async def problem(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Return the only error: its message and its extensions."""
        [error] = (await self.answer(query, **variables))["errors"]
        return {"message": error["message"], **error["extensions"]}

    async def try_(self, mutation: str, payload: str = "", /, **input: Any) -> dict[str, Any]:
        """Run a mutation; return its payload, with or without errors."""
        done: dict[str, Any] = await self.one(
            f"mutation($input: {input_type(mutation)}!) {{ {mutation}(input: $input) "
            f"{{ seq replayed {USER_ERROR} {payload} }} }}",
            input=input,
        )
        return done

    async def do(self, mutation: str, payload: str = "", /, **input: Any) -> dict[str, Any]:
        """Run a mutation that must succeed; return its payload."""
        done = await self.try_(mutation, payload, **input)
        assert done["errors"] == [], done["errors"]
        return done

    async def make(self, mutation: str, /, **input: Any) -> str:
        """Run a mutation that must succeed; return the id of the node that it made or changed."""
        field = node_field(mutation)
        done = await self.do(mutation, f"{field} {{ id }}", **input)
        id: str = done[field]["id"]
        return id

    async def refused(self, mutation: str, /, **input: Any) -> list[tuple[str, list[str]]]:
        """Run a mutation that must be rejected; return the codes and paths of its errors."""
        field = node_field(mutation)
        item = item_field(mutation)
        inside = f"{item} {{ id }}" if field == "results" else "__typename"
        done = await self.try_(mutation, f"{field} {{ {inside} }}", **input)
        assert not done[field] or (field == "results" and not any(one[item] for one in done[field]))
        assert done["errors"]
        assert all(error["message"] for error in done["errors"])
        return [(error["code"], error["path"]) for error in done["errors"]]


def item_field(mutation: str) -> str:
    """Return the field of a bulk mutation's results that holds what it made."""
    return mutation.removesuffix("RecordMany")


@cache
def node_field(mutation: str) -> str:
    """Return the field of a mutation's payload that holds what it changed."""
    kind = schema._schema.mutation_type
    assert kind is not None
    payload: Any = kind.fields[mutation].type
    [name] = set(payload.fields) - {
        "seq",
        "deltas",
        "replayed",
        "errors",
        "notices",
        "secret",
        "cycles",
        "objectives",
        "viewer",
    }
    return str(name)


class Closed(Exception):
    """Raised by `Events` when the socket was closed."""


@dataclass
class Events:
    """A subscription on a socket, with its messages."""

    id: str
    query: Any = None
    queue: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue)

    async def message(self) -> dict[str, Any]:
        """Return the next message of the protocol: `next`, `error` or `complete`."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self.queue.get()
        if isinstance(message, Exception):
            raise message
        payload = message.get("payload")
        body = {"errors": payload} if isinstance(payload, list) else payload
        check_paths(self.query, body)
        check_response(body)
        return dict(message)

    async def next(self) -> Any:
        """Return the value of the next event's only field."""
        message = await self.message()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message["payload"]["errors"]
        [value] = message["payload"]["data"].values()
        return value

    async def take(self, count: int) -> list[Any]:
        """Return the next events."""
        return [await self.next() for _ in range(count)]

    async def problem(self) -> dict[str, Any]:
        """Return the error with which the subscription ends: its message and its extensions."""
        message = await self.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        [error] = errors
        return {"message": error["message"], **error["extensions"]}

    def waiting(self) -> int:
        """Return how many messages have arrived and not been read."""
        return self.queue.qsize()


@asynccontextmanager
async def subscription_started(app_services: AppServices | None) -> AsyncIterator[None]:
    """Wait at exit until the subscription that was requested inside receives all further changes."""
    assert app_services, "Only a server in this process can be asked who follows"
    begun = app_services.feed.begun
    yield
    async with asyncio.timeout(PATIENCE_S):
        while app_services.feed.begun == begun:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0)


class Socket:
    """A `graphql-transport-ws` client."""

    def __init__(self, connection: websockets.ClientConnection, app_services: AppServices | None) -> None:
        self.connection = connection
        self.app_services = app_services
        self._ids = itertools.count(1)
        self._subscriptions: dict[str, Events] = {}
        self._pongs: asyncio.Queue[None] = asyncio.Queue()

    async def begin(self, payload: Mapping[str, Any] | None) -> None:
        """Send `connection_init` and wait for its acknowledgement."""
        await self._send({"type": "connection_init", "payload": payload})
        async with asyncio.timeout(PATIENCE_S):
            acknowledged = json.loads(await self.connection.recv())
        assert acknowledged["type"] == "connection_ack", acknowledged

    async def read(self) -> None:
        """Distribute messages to the subscriptions until the socket is closed."""
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
        """Start a subscription, or any operation; return its events."""
        return await self.ask({"query": query, "variables": variables})

    async def ask(self, payload: Mapping[str, Any]) -> Events:
        """Send a `subscribe` message with this payload; return its events."""
        events = self._subscriptions.setdefault(id := str(next(self._ids)), Events(id, payload.get("query")))
        await self._send({"id": id, "type": "subscribe", "payload": payload})
        return events

    async def follow(self, query: str, /, **variables: Any) -> Events:
        """Start a subscription and wait until it receives all further changes."""
        async with subscription_started(self.app_services):
            return await self.subscribe(query, **variables)

    async def complete(self, events: Events) -> None:
        """Complete a subscription from the client."""
        await self._send({"id": events.id, "type": "complete"})

    async def ping(self) -> None:
        """Wait for a pong: the server has then read all earlier messages, but may not have processed them."""
        await self._send({"type": "ping"})
        async with asyncio.timeout(PATIENCE_S):
            await self._pongs.get()

    def kill(self) -> None:
        """Abort the connection without a close handshake."""
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
        """Return a client, which is closed with the server."""
        self.clients.append(made := Client(self.address, token))
        return made

    @asynccontextmanager
    async def socket(self, token: str | None, **payload: Any) -> AsyncIterator[Socket]:
        """Open a socket and wait until its connection is acknowledged."""
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
        """Open a bare websocket connection."""
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
    """A uvicorn server that ignores signals and sets an event once it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = asyncio.Event()
        self.stop_requested = asyncio.Event()

    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Capture no signals, as they are for the tests."""
        yield

    async def startup(self, sockets: list[sockets.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()

    async def main_loop(self) -> None:
        """Wait for the stop event, instead of polling ten times a second."""
        await self.on_tick(0)
        await self.stop_requested.wait()

    async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
        """Stop as uvicorn does, but without its fixed pause of 100 ms, which every test would wait for."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  as uvicorn does
                    await asyncio.sleep(STOPPED_POLL_S)
                for server in self.servers:
                    await server.wait_closed()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
        await self.lifespan.shutdown()


@asynccontextmanager
async def serving(
    database_url: str, *, send_buffer: int | None = None, traces: Any = None, **settings: Any
) -> AsyncIterator[Server]:
    """Run a server in this process, on this event loop, with a system send buffer of `send_buffer` bytes.

    Its clock stands still unless `clock_interval_s` says otherwise: what it tells would be among what a test
    that outlasts a tick compares. Webhooks are delivered with `webhooks=True`.
    """
    usual = {"compiled": COMPILED, "clock_interval_s": 0, "webhooks": False}
    app = create_app(Settings(database_url=database_url, **{**usual, **settings}), traces)
    listener = sockets.create_server(("127.0.0.1", 0), backlog=100)
    listener.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)  # as uvloop does; asyncio does not here
    if send_buffer is not None:  # accepted connections inherit it
        listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, send_buffer)
    config = uvicorn.Config(
        app,
        **PROTOCOLS,
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    inside = _Uvicorn(config)
    running = asyncio.create_task(inside.serve([listener]))
    begun = asyncio.create_task(inside.begun.wait())
    await asyncio.wait([running, begun], return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    assert not running.done(), running.exception() or "The server could not start"
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
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
        inside.stop_requested.set()
        await running


@asynccontextmanager
async def serving_apart(database_url: str, *, port: str = "0", **environment: str) -> AsyncIterator[Server]:
    """Run a server in a process of its own: `okr-api serve`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "okr_api.cli",
        "serve",
        "--port",
        port,
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
