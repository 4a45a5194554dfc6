"""Limits on open connections per process and address, and on sockets and operations per token."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import pytest
import websockets

from okr_api.auth.actor import Scope
from okr_api.transport import connection_limits
from okr_api.transport.connection_limits import MAX_OPERATION_BYTES_PER_TOKEN, ConnectionLimiter, network_of
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving

SUBSCRIPTION = "subscription { changes { seq } }"


async def connected(served: Server, source: str) -> sockets.socket:
    """Connect from a local address."""
    host, port = served.address.removeprefix("http://").split(":")
    made = sockets.socket()
    made.bind((source, 0))
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, (host, int(port)))
    return made


async def answered(made: sockets.socket) -> bytes:
    """Request the liveness endpoint and return the status line."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE_S):
        await loop.sock_sendall(made, b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        return (await loop.sock_recv(made, 65_536)).partition(b"\r\n")[0]


async def test_a_process_has_so_many_connections(acme_url: str):
    async with serving(acme_url, connections=4, connections_per_address=0) as served:
        made = [await connected(served, f"127.0.0.{10 + number}") for number in range(4)]
        assert [await answered(one) for one in made] == [b"HTTP/1.1 200 OK"] * 4
        more = await connected(served, "127.0.0.9")
        assert await answered(more) == b"HTTP/1.1 503 Service Unavailable"
        for one in made:
            one.close()
        async with asyncio.timeout(PATIENCE_S):
            while served.connections:  # noqa: ASYNC110  there is no event to wait for
                await asyncio.sleep(0)
        again = await connected(served, "127.0.0.9")
        assert await answered(again) == b"HTTP/1.1 200 OK"
        again.close()
        more.close()


async def test_an_address_has_so_many_connections_and_others_are_served(acme_url: str, acme: Acme):
    async with serving(acme_url, connections=100, connections_per_address=3) as served:
        made = [await connected(served, "127.0.0.8") for _ in range(3)]
        assert [await answered(one) for one in made] == [b"HTTP/1.1 200 OK"] * 3
        more = await connected(served, "127.0.0.8")
        assert await answered(more) == b"HTTP/1.1 503 Service Unavailable"
        assert "seq" in await served.client(acme.token).ask("{ seq }")
        for one in (*made, more):
            one.close()


async def test_a_socket_counts_as_the_connection_that_it_was(acme_url: str, acme: Acme):
    async with serving(acme_url, connections=100, connections_per_address=2) as served:
        for _ in range(5):
            async with served.socket(acme.token) as socket, served.socket(acme.token):
                await socket.ping()
                with pytest.raises((websockets.InvalidMessage, websockets.InvalidStatus)):
                    async with served.connect():
                        pass
            async with asyncio.timeout(PATIENCE_S):
                while served.connections:  # noqa: ASYNC110  there is no event to wait for
                    await asyncio.sleep(0)


def test_a_process_leaves_descriptors_and_an_address_leaves_room():
    limiter = ConnectionLimiter(1_000_000_000, 1_000_000_000)
    assert limiter.most < 1_000_000_000
    limiter = ConnectionLimiter(4, 4)
    assert [limiter.acquire("1.2.3.4") for _ in range(4)] == [True, True, True, False]
    assert limiter.acquire("5.6.7.8")


def test_addresses_of_one_network_are_one():
    assert network_of("2001:db8::1") == network_of("2001:db8::2") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") != network_of("10.0.0.2")


@pytest.fixture
async def api(acme_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    assert connection_limits.MAX_SOCKETS_PER_TOKEN == connection_limits.MAX_OPERATIONS_PER_TOKEN == 1_000
    monkeypatch.setattr(connection_limits, "MAX_SOCKETS_PER_TOKEN", 3)
    monkeypatch.setattr(connection_limits, "MAX_OPERATIONS_PER_TOKEN", 4)
    async with serving(acme_url) as running:
        yield running


async def test_a_token_has_so_many_sockets(api: Server, acme: Acme):
    other = await acme.tokens.create(acme.organization.id, name="other", scopes=[Scope.READ])
    for _ in range(2):
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(api.socket(acme.token))
            async with api.connect() as connection, asyncio.timeout(PATIENCE_S):
                init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {acme.token}"}}
                await connection.send(json.dumps(init))
                await connection.wait_closed()
                assert (connection.close_code, connection.close_reason) == (
                    1013,
                    "A token has at most 3 sockets",
                )
            async with api.socket(other) as honest:
                await honest.ping()
        assert api.sockets
        async with asyncio.timeout(PATIENCE_S):
            while api.sockets.conversations:  # noqa: ASYNC110  there is no event to wait for
                await asyncio.sleep(0)


async def test_a_token_has_so_many_subscriptions_over_sockets_and_event_streams(api: Server, acme: Acme):
    other = await acme.tokens.create(acme.organization.id, name="other", scopes=[Scope.READ])
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {acme.token}"}
    async with api.socket(acme.token) as first, api.socket(acme.token) as second:
        held = [await one.follow(SUBSCRIPTION) for one in (first, second, first, second)]
        assert (await (await second.subscribe("{ seq }")).problem())["code"] == "TOO_MANY"
        async with httpx2.AsyncClient(base_url=api.address, headers=headers) as http:
            response = await http.post("/graphql", json={"query": SUBSCRIPTION})
            assert '"TOO_MANY"' in response.text
            assert "at most 4 operations at a time" in response.text
            async with api.socket(other) as honest:
                assert "seq" in str(await (await honest.subscribe("{ seq }")).message())
            await first.complete(held[0])
            await first.ping()
            async with http.stream("POST", "/graphql", json={"query": SUBSCRIPTION}) as stream:
                assert (await (await second.subscribe("{ seq }")).problem())["code"] == "TOO_MANY"
                del stream
        async with asyncio.timeout(PATIENCE_S):
            while "problem" in (said := await tried(second)):  # noqa: ASYNC110  until the stream has ended
                await asyncio.sleep(0)
        assert "seq" in str(said)


async def tried(socket: object) -> str:
    message = await (await socket.subscribe("{ seq }")).message()  # type: ignore[attr-defined]
    return "problem" if message["type"] == "error" else str(message)


async def test_a_token_follows_so_many_different_documents(acme_url: str, acme: Acme):
    async with serving(acme_url) as api, api.socket(acme.token) as first, api.socket(acme.token) as second:
        texts = [f"subscription {{ changes {{ a{number}: seq }} }}" for number in range(101)]
        held = [await first.subscribe(text) for text in texts[:99]]
        held.append(await second.subscribe(texts[99]))
        await first.ping()
        problem = await (await second.subscribe(texts[100])).problem()
        assert (problem["code"], problem["message"]) == (
            "TOO_MANY",
            "A token has at most 100 different documents at a time on sockets and event streams: use variables",
        )
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {acme.token}"}
        async with httpx2.AsyncClient(base_url=api.address, headers=headers) as http:
            assert '"TOO_MANY"' in (await http.post("/graphql", json={"query": texts[100]})).text
        again = await second.subscribe(texts[0])
        await first.complete(held[1])
        await first.ping()
        another = await second.subscribe(texts[100])
        await second.ping()
        await acme.check_in("macros", 1)
        seq = await acme.seq()
        assert await again.next() == {"a0": seq}
        assert await another.next() == {"a100": seq}


async def test_a_token_holds_so_many_bytes_of_operations(acme_url: str, acme: Acme):
    other = await acme.tokens.create(acme.organization.id, name="other", scopes=[Scope.READ])
    text = "subscription ($f: ChangeFilter, $x: Seq) { changes(filter: $f, after: $x) { seq } }"
    async with serving(acme_url) as api, api.socket(acme.token) as first, api.socket(other) as honest:
        assert api.sockets
        held = api.sockets.executors.limiters.bytes
        large = {"f": {"nodeId": "obj_" + "0" * 1_000_000}}
        following = [await first.subscribe(text, **large) for _ in range(33)]
        await first.ping()
        assert MAX_OPERATION_BYTES_PER_TOKEN - 1_100_000 < held.held.total() <= MAX_OPERATION_BYTES_PER_TOKEN
        problem = await (await first.subscribe(text, **large)).problem()
        assert (problem["code"], problem["message"].startswith("A token has at most 33554432 bytes")) == (
            "TOO_MANY",
            True,
        )
        await honest.follow("subscription { changes { seq } }")
        for events in following:
            await first.complete(events)
        await first.ping()
        assert held.held.total() < 5_000
        await first.follow(text)
    async with asyncio.timeout(PATIENCE_S):
        while held.held:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0)


async def test_the_id_of_an_operation_has_at_most_200_characters(acme_url: str, acme: Acme):
    async with serving(acme_url) as api, api.socket(acme.token) as socket:
        for length in (200, 201):
            message = {"id": "x" * length, "type": "subscribe", "payload": {"query": SUBSCRIPTION}}
            await socket.connection.send(json.dumps(message))
        async with asyncio.timeout(PATIENCE_S):
            await socket.connection.wait_closed()
        assert (socket.connection.close_code, socket.connection.close_reason) == (
            4400,
            "The id of an operation has at most 200 characters",
        )
